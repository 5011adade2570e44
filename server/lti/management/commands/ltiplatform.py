"""`manage.py ltiplatform`: register learning platforms, approve deployments, link courses, look after scores."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from server.audit.models import Origin
from server.audit.origin import acting
from server.courses.models import Course, Role
from server.lti.errors import ServiceError
from server.lti.grades import passback, reconciliation
from server.lti.members import course_links, rosters
from server.lti.models import Deployment, LineItem, LmsCourse, Passback, PassbackState, Platform
from server.lti.platform import registration


class Command(BaseCommand):
    """Registers and looks after platforms, for operators and scripts."""

    help = "Register a learning platform with a course (add, invite), approve, link, and look after rosters and scores."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add a subcommand for each action."""
        what = parser.add_subparsers(dest="what", required=True)
        add = what.add_parser("add", help="register a platform and approve its deployment for a course")
        for name in ("issuer", "client-id", "deployment-id", "auth-url", "token-url", "jwks-url", "course"):
            add.add_argument(f"--{name}", required=True)
        add.add_argument("--name", default="")
        add.add_argument("--token-audience", default="", help="only if the platform names one")
        add.add_argument(
            "--frame-origin", action="append", default=[], help="a further origin that can frame our pages"
        )
        add.add_argument(
            "--ask", action="store_true", help="do not link all its courses; link each by hand (see `link`)"
        )
        invite = what.add_parser("invite", help="print an address with which a platform can register itself, once")
        invite.add_argument("--course", required=True)
        what.add_parser("list", help="print what is registered, and what waits for approval")
        approve = what.add_parser("approve", help="approve a deployment")
        approve.add_argument("deployment", type=int, help="its number in `list`")
        approve.add_argument(
            "--every-course", action="store_true", help="link all its courses to the platform's course"
        )
        link = what.add_parser("link", help="link a course of the LMS to a course here")
        link.add_argument("lms_course", type=int, help="its number in `list`")
        link.add_argument("--course", required=True)
        what.add_parser("rosters", help="synchronize every roster now")
        what.add_parser("scores", help="print every score that has not arrived, with the platform's explanation")
        what.add_parser("reconcile", help="compare every column with our grades; changes nothing in the LMS")
        resend = what.add_parser("resend", help="send a score again; a grade that was overridden there can stay")
        resend.add_argument("score", type=int, help="its number in `scores` or `reconcile`")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the subcommand."""
        with acting(Origin.COMMAND):
            getattr(self, f"_run_{options['what']}")(options)

    def _run_add(self, options: dict[str, Any]) -> None:
        platform = Platform(
            course=_course(options["course"]),
            token_audience=options["token_audience"],
            origins=options["frame_origin"],
            **{name: options[name] for name in ("name", "issuer", "client_id", "auth_url", "token_url", "jwks_url")},
        )
        try:
            platform.clean_fields(exclude=["auth_url", "token_url", "jwks_url"])  # these can be a local host name
            platform.validate_constraints()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        registration.add(platform, deployment_id=options["deployment_id"], every_course=not options["ask"])
        self.stdout.write(f"registered {platform} with {platform.course}")

    def _run_invite(self, options: dict[str, Any]) -> None:
        course = _course(options["course"])
        first = course.enrollments.filter(role=Role.INSTRUCTOR).select_related("user").order_by("pk").first()
        if first is None:
            raise CommandError(f"{course} has no instructor who is responsible for the platform.")
        self.stdout.write(registration.invite(course, by=first.user))

    def _run_list(self, _: dict[str, Any]) -> None:
        for deployment in Deployment.objects.select_related("platform__course"):
            state = "approved" if deployment.approved else "WAITS FOR APPROVAL"
            self.stdout.write(f"deployment {deployment.pk}: {deployment} for {deployment.platform.course}, {state}")
        for one in LmsCourse.objects.select_related("course", "deployment__platform"):
            linked = f"is {one.course}" if one.course else "IS NOT LINKED"
            self.stdout.write(f"course {one.pk}: {one} at {one.platform} {linked} {one.roster_error}".rstrip())

    def _run_approve(self, options: dict[str, Any]) -> None:
        row = Deployment.objects.select_related("platform").filter(pk=options["deployment"]).first()
        if row is None:
            raise CommandError("There is no such deployment.")
        course_links.approve(row.platform, row.deployment_id, every_course=options["every_course"])
        self.stdout.write(f"approved {row}")

    def _run_link(self, options: dict[str, Any]) -> None:
        row = LmsCourse.objects.filter(pk=options["lms_course"]).first()
        if row is None:
            raise CommandError("There is no such LMS course.")
        course_links.link_course(row, _course(options["course"]))
        self.stdout.write("linked")

    def _run_rosters(self, _: dict[str, Any]) -> None:
        rows = LmsCourse.objects.exclude(course=None).exclude(memberships_url="")
        for row in rows.select_related("course", "deployment__platform"):
            try:
                self.stdout.write(f"{row}: {rosters.sync(row)}")
            except ServiceError as error:
                self.stderr.write(f"{row}: {error.words}")

    def _run_scores(self, _: dict[str, Any]) -> None:
        rows = Passback.objects.exclude(state=PassbackState.SENT)
        for row in rows.select_related("identity__user", "line_item__assignment"):
            self.stdout.write(
                f"score {row.pk}: {row.identity.user}, {row.line_item.assignment}, {row.state} {row.words}"
            )

    def _run_reconcile(self, _: dict[str, Any]) -> None:
        for line_item in LineItem.objects.select_related("assignment", "lms_course__deployment__platform"):
            try:
                for one in reconciliation.reconcile(line_item):
                    number = one.row.pk if one.row else "none of ours"
                    self.stdout.write(
                        f"{line_item.assignment}, {one.who}: {one.ours} here, {one.theirs} there ({number})"
                    )
            except ServiceError as error:
                self.stderr.write(f"{line_item.assignment}: {error.words}")

    def _run_resend(self, options: dict[str, Any]) -> None:
        row = Passback.objects.filter(pk=options["score"]).first()
        if row is None:
            raise CommandError("There is no such score.")
        queued = passback.resend([row])
        self.stdout.write("queued" if queued else "there is nothing to send")


def _course(slug: str) -> Course:
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        raise CommandError(f"There is no course {slug}.")
    return course
