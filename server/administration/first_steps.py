"""The way from an empty installation to the first course. Each step knows if it is done."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from server.accounts.models import User
from server.administration import backups
from server.administration.selectors import has_factor
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
from server.lti.models import Platform
from server.mail.models import Mail, MailState
from server.submissions.models import State, Submission

# A backup that is older does not count as set up.
FRESH = timedelta(days=7)
GUIDE = "deploy/README.md"


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstStep:
    """Something to do once: its title, how to do it, and the address of its page (empty: there is none yet)."""

    title: str
    how: str
    done: bool
    url: str = ""
    optional: bool = False


def first_steps(user: User) -> list[FirstStep]:
    """Return the steps in the order in which they are best done."""
    course = Course.objects.order_by("pk").first()
    return [*_of_server(user), *_of_course(course)]


def _of_server(user: User) -> list[FirstStep]:
    newest = backups.newest()
    fresh = newest is not None and newest.made_at > timezone.now() - FRESH
    return [
        FirstStep(
            title="Protect your own account",
            how="Set up a second factor: this account can do everything here.",
            url=reverse("mfa_index"),
            done=has_factor(user),
        ),
        FirstStep(
            title="Send mail",
            how="Set EMAIL_HOST and its password (docs/operator/mail.md), then send a test from the page Health.",
            url=reverse("administration:health"),
            done=settings.SENDS_MAIL and Mail.objects.filter(state=MailState.SENT).exists(),
        ),
        FirstStep(
            title="Make backups every night",
            how=f"Let a timer run the backup command ({GUIDE}, Backup), and try once to restore one.",
            url=reverse("administration:health"),
            done=fresh,
        ),
    ]


def _of_course(course: Course | None) -> list[FirstStep]:
    has_course = course is not None
    slug = course.slug if course else ""

    def page(name: str) -> str:
        return reverse(name, args=[slug]) if has_course else ""

    return [
        FirstStep(
            title="Make the first course",
            how="Give it a title, and say who teaches it.",
            url=new_course(),
            done=has_course,
        ),
        FirstStep(
            title="Invite people",
            how="Import a list, add people one by one, or give students a course code.",
            url=page("roster:people"),
            done=Enrollment.objects.filter(role=Role.STUDENT).exists(),
        ),
        FirstStep(
            title="Set exercises",
            how="Choose exercises from the catalogue, and say when they are due.",
            url=page("dashboard:assignments"),
            done=Assignment.objects.exists(),
        ),
        FirstStep(
            title="Try a submission",
            how="Open an exercise of the course as instructor and submit the starter: a score shows that graders work.",
            url=page("courses:home"),
            done=Submission.objects.filter(state=State.GRADED).exists(),
        ),
        FirstStep(
            title="Connect your learning platform",
            how="Moodle, Canvas and Open edX can open exercises and get grades (deploy/lms/README.md).",
            url=page("lms:links"),
            done=Platform.objects.exists(),
            optional=True,
        ),
    ]


def new_course() -> str:
    """Return the address of the page that makes a course."""
    return reverse("course_setup:new")
