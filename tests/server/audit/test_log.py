"""The audit log: every service that must write does, in the same transaction, without secrets; and its page.

`DEEDS` has one deed for each kind of entry, done the way people do it: on a page. A kind without a deed fails.
"""

import csv
import io
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

from server.accounts.models import User
from server.administration import backups
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.audit.models import AppendOnly, AuditAction, AuditArea, AuditEntry, Origin
from server.audit.origin import acting
from server.audit.sentences import SENTENCES, sentence
from server.audit.services import public_part, record
from server.comments.services import comment
from server.courses.models import Enrollment
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.services import decide
from server.invitations.services import invite
from server.lti.models import LineItem, LmsCourse, Platform, PlatformInvitation
from server.lti.platform import registration
from server.merging.plan import plan
from server.packages import services as packages
from server.regrade_requests.services import ask
from server.regrades import services as regrades
from server.submissions.models import State
from server.webhooks.models import Endpoint
from server.webhooks.services import add_endpoint
from tests.support.lms.builders import make_lms, make_platform
from tests.support.packages import make_package, make_published
from tests.support.people import (
    graded,
    make_assignment,
    make_course,
    make_member,
    make_report,
    make_student,
    make_user,
)

pytestmark = pytest.mark.django_db

SECRET = "only-for-the-log-test-7141"
HOOK = f"https://user:{SECRET}@lms.example.org/hook/{SECRET}?key={SECRET}"


class Campus:
    """A course with an instructor at a browser, a student with a grade, and an administrator."""

    def __init__(self, client, assignment, instructor, student):
        self.client, self.assignment, self.instructor, self.student = client, assignment, instructor, student
        self.course = assignment.course
        graded(student, assignment, 5.0)
        client.force_login(instructor)

    def post(self, view, /, *args, **data):
        answer = self.client.post(reverse(view, args=[self.course.slug, *args]), data)
        assert answer.status_code < 400, (view, answer.status_code, answer.content.decode()[:2000])
        return answer

    def decide(self, what, **data):
        return self.post("dashboard:decide", self.assignment.pk, self.student.pk, what, why="Ill", **data)

    def section(self, name="Monday"):
        return self.course.sections.create(name=name)

    def endpoint(self):
        return add_endpoint(self.course, url="https://lms.example.org/hook", events=["grade.changed"])

    def token(self, **fields):
        return make_token("LMS", courses=[self.course], scopes=[TokenScope.GRADES_READ], **fields)[0]

    def platform(self):
        return make_platform(self.course)

    def regrade(self):
        start = regrades.start(self.course, [self.assignment], by=self.instructor, why="A check was wrong")
        for rerun in start.reruns.filter(state=State.QUEUED):
            assert regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(10.0))
        return start

    def applied(self):
        row = self.regrade()
        regrades.apply(row, by=self.instructor)
        return row

    def as_admin(self):
        self.instructor.is_staff = self.instructor.is_superuser = True
        self.instructor.save()
        return self.client


@pytest.fixture
def campus(client, assignment, instructor, student):
    return Campus(client, assignment, instructor, student)


def undo(campus):
    change = decide(
        campus.assignment, campus.student, action=Action.OVERRIDDEN, by=campus.instructor, why="x", override=1
    )
    campus.post("dashboard:undo", change.pk)


def terms(campus):
    page = campus.client.get(reverse("dashboard:assignment", args=[campus.course.slug, campus.assignment.pk]))
    values = {name: page.context["form"].initial.get(name) for name in page.context["form"].fields}
    values = {name: "" if value is None else value for name, value in values.items()}
    campus.post("dashboard:assignment", campus.assignment.pk, **values | {"points": 50})


def add_assignment(campus):
    assignment = make_assignment(campus.course, slug="gradients/other")
    campus.post("dashboard:withdraw", assignment.pk)


def new_assignment(campus):
    page = campus.client.get(reverse("dashboard:new-assignment", args=[campus.course.slug]))
    values = {name: field.initial for name, field in page.context["form"].fields.items()}
    values = {name: "" if value is None else value for name, value in values.items()}
    campus.post(
        "dashboard:new-assignment", **values | {"exercise": "gradients/square", "slug": "gradients/two", "points": 9}
    )


def platform_form(campus):
    row = campus.platform()
    names = ("name", "family", "issuer", "client_id", "auth_url", "token_url", "jwks_url", "token_audience")
    values = {name: getattr(row, name) for name in names}
    campus.post("lms:platform", row.pk, **values | {"token_url": "https://lms.example.org/new"})


def new_platform(campus):
    address = "https://other.example.org"
    urls = {name: f"{address}/{name}" for name in ("auth_url", "token_url", "jwks_url")}
    campus.post("lms:new", name="Moodle", family="moodle", issuer=address, client_id="z", deployment_id="1", **urls)


def switch_platform(campus, *, enabled):
    row = campus.platform()
    Platform.objects.filter(pk=row.pk).update(enabled=enabled)
    campus.post("lms:switch", row.pk)


def link_course(campus):
    row = LmsCourse.objects.create(deployment=campus.platform().deployments.get(), context_id="c", title="Calculus")
    campus.post("lms:link", row.pk, course=campus.course.pk)


def share(campus):
    one, other = campus.platform(), make_platform(campus.course, client_id="again")
    campus.as_admin()
    campus.post("lms:share", one.pk, other=other.pk)
    return one


def dismiss(campus):
    row = LineItem.objects.get(pk=make_lms(campus.assignment, campus.instructor)["column"])
    campus.post("lms:dismiss", row.pk)
    return row


def uninvite(campus):
    registration.invite(campus.course, by=campus.instructor)
    campus.post("lms:withdraw", PlatformInvitation.objects.get().pk)


def switch_endpoint(campus, *, enabled):
    row = campus.endpoint()
    Endpoint.objects.filter(pk=row.pk).update(enabled=enabled)
    campus.post("integrations:switch", row.pk)


def edit_in_admin(campus):
    kept = {"slug": campus.course.slug, "hint_rule": campus.course.hint_rule, "slip_days": 0}
    fields = kept | {"title": "A new title"}
    campus.as_admin().post(f"/admin/courses/course/{campus.course.pk}/change/", fields)


def of_account(campus, view, *words, **data):
    """Post to an administrator's page about the student."""
    address = reverse(f"administration:{view}", args=[campus.student.pk, *words])
    assert campus.as_admin().post(address, data).status_code == 302


def reactivate(campus):
    User.objects.filter(pk=campus.student.pk).update(is_active=False)
    of_account(campus, "change", "reactivate")


def unmake_administrator(campus):
    User.objects.filter(pk=campus.student.pk).update(is_superuser=True, is_staff=True)
    of_account(campus, "rights", "take", username=campus.student.username)


def send_password_link(campus):
    User.objects.filter(pk=campus.student.pk).update(email="ada@example.org")
    of_account(campus, "change", "password-link")


def remove_factor(campus):
    totp.TOTP.activate(campus.student, totp.generate_totp_secret())
    of_account(campus, "change", "remove-factor")


def restore_elsewhere(campus):
    backups.note_made(1000)
    campus.as_admin().post(reverse("administration:backup-tested"))


def take_over(campus):
    campus.post("integrations:take-over", campus.token(owner=make_member(campus.course, "instructor")).pk)


def import_roster(campus, text):
    address = reverse("roster:import", args=[campus.course.slug])
    preview = campus.client.post(address, {"text": text})
    campus.post("roster:confirm", text=text, digest=preview.context["digest"])


def change_section(c):
    c.course.enrollments.filter(user=c.student).update(section=c.section("Monday"))
    c.post("roster:set-section", c.student.pk, section=c.section("Tuesday").pk)


def limit_an_assistant(c):
    assistant = make_member(c.course, "ta")
    c.post("roster:limit", assistant.pk, sees="sections", sections=[c.section().pk])


def merge_accounts(c):
    gone = make_student(c.course, password=None)
    shown = plan(gone, c.student, course=c.course, by=c.instructor)
    c.post("merging:confirm", c.student.pk, gone.pk, fingerprint=shown.fingerprint)


def erase(c, mode):
    address, name = reverse("privacy:erase", args=[c.student.pk, mode]), c.student.username
    digest = c.as_admin().get(address).context["plan"].digest
    assert c.client.post(address, {"username": name, "digest": digest}).status_code == 302


def publish(c):
    make_assignment(c.course, slug="gradients/other", is_draft=True)
    c.post("course_setup:publish")


def make_draft(c):
    row = make_assignment(c.course, slug="gradients/other")
    c.post(
        "course_setup:edit", step="save", pick=row.pk, **{f"{row.pk}-points": row.points, f"{row.pk}-is_draft": "on"}
    )


def reopen(c):
    c.post("course_setup:archive")
    c.post("course_setup:reopen")


def ask_regrade(c):
    mine = graded(c.instructor, c.assignment, 5.0)
    c.client.post(reverse("regrade_requests:ask", args=[mine.pk]), {"reason": "It is right"})


def answer_request(c):
    asked = ask(c.student.submissions.get(), by=c.student, reason="It is right")
    c.post("regrade_requests:detail", asked.pk, decision="kept", text="It is not")


def delete_comment(c):
    made = comment(c.student.submissions.get(), author=c.student, text="Hm")
    c.client.post(reverse("comments:delete", args=[made.pk]))


def of_package(c, *deeds, make=make_package):
    """Do something with a package, as the studio's pages do: `tests/server/studio` has the pages."""
    with acting(Origin.PAGE, person=lambda: c.instructor):
        made = make(c.course, by=c.instructor)
        for deed in deeds:
            deed(made, by=c.instructor)


def share_package(c, *, undo=False):
    other = make_course()
    deeds = [lambda made, by: packages.share(made, other, by=by)]
    if undo:
        deeds.append(lambda made, by: packages.unshare(made, other, by=by))
    of_package(c, *deeds)


def add_source(c):
    c.post("sources:sources", address="https://git.example.org/prof/course.git", branch="main")
    return c.course.git_sources.get()


DEEDS = {
    AuditAction.PACKAGE_MADE: of_package,
    AuditAction.PACKAGE_DELETED: lambda c: of_package(c, packages.delete_package),
    AuditAction.PACKAGE_WITHDRAWN: lambda c: of_package(c, packages.withdraw),
    AuditAction.PACKAGE_RESTORED: lambda c: of_package(c, packages.withdraw, packages.restore),
    AuditAction.PACKAGE_SHARED: share_package,
    AuditAction.PACKAGE_UNSHARED: lambda c: share_package(c, undo=True),
    AuditAction.PACKAGE_PUBLISHED: lambda c: of_package(c, make=make_published),
    AuditAction.VERSION_MADE: of_package,
    AuditAction.OVERRIDDEN: lambda c: c.decide("override", override=61.25),
    AuditAction.EXEMPTED: lambda c: c.decide("exempt", exempt="on"),
    AuditAction.EXTENDED: lambda c: c.decide("extend", extra_attempts=2),
    AuditAction.UNDONE: undo,
    AuditAction.ACCOMMODATED: lambda c: c.post(
        "dashboard:more-time", people=[c.student.pk], which="every", days=2, why="Ill"
    ),
    AuditAction.REGRADE_REQUESTED: ask_regrade,
    AuditAction.REQUEST_ANSWERED: answer_request,
    AuditAction.COMMENT_DELETED: delete_comment,
    AuditAction.SOURCES_DOWNLOADED: lambda c: c.client.get(
        reverse("dashboard:source-file", args=[c.course.slug]), {"assignment": c.assignment.pk, "which": "latest"}
    ),
    AuditAction.REGRADE_STARTED: lambda c: c.post(
        "regrades:new", assignments=[c.assignment.pk], scope="all", why="A check was wrong"
    ),
    AuditAction.REGRADE_APPLIED: lambda c: c.post("regrades:end", c.regrade().pk, "apply"),
    AuditAction.REGRADE_REVERTED: lambda c: c.post("regrades:end", c.applied().pk, "revert"),
    AuditAction.REGRADE_DISCARDED: lambda c: c.post("regrades:end", c.regrade().pk, "discard"),
    AuditAction.REGRADE_UNDONE: lambda c: c.post("dashboard:undo", c.applied().changes.get().pk),
    AuditAction.ENROLLED: lambda c: import_roster(c, "email,name,role\nnew@example.org,Bo Chen,ta"),
    AuditAction.ROLE_CHANGED: lambda c: import_roster(c, f"username,role\n{c.student.username},ta"),
    AuditAction.REMOVED: lambda c: c.post("roster:remove", c.student.pk),
    AuditAction.SECTION_ADDED: lambda c: c.post("roster:sections", name="Monday"),
    AuditAction.SECTION_RENAMED: lambda c: c.post("roster:change-section", c.section().pk, "rename", name="Tuesday"),
    AuditAction.SECTION_DELETED: lambda c: c.post("roster:change-section", c.section().pk, "delete"),
    AuditAction.SECTION_CHANGED: change_section,
    AuditAction.LIMITED: limit_an_assistant,
    AuditAction.MERGED: merge_accounts,
    AuditAction.DATA_EXPORTED: lambda c: c.as_admin().post(reverse("privacy:download", args=[c.student.pk])),
    AuditAction.ERASED: lambda c: erase(c, "erase"),
    AuditAction.MADE_ANONYMOUS: lambda c: erase(c, "anonymous"),
    AuditAction.CODE_MADE: lambda c: c.post("invitations:codes", places=3),
    AuditAction.CODE_WITHDRAWN: lambda c: c.post("invitations:withdraw", invite(course=c.course, by=c.instructor).pk),
    AuditAction.ANNOUNCED: lambda c: c.post(
        "announcements:new", form=str(uuid4()), subject="Room", body="Room 2", step="send"
    ),
    AuditAction.ASSIGNMENT_ADDED: new_assignment,
    AuditAction.ASSIGNMENT_REMOVED: add_assignment,
    AuditAction.TERMS_CHANGED: terms,
    AuditAction.PUBLISHED: publish,
    AuditAction.MADE_DRAFT: make_draft,
    AuditAction.TOKEN_MADE: lambda c: c.post("integrations:tokens", name="LMS", scopes=["grades:read"], days="30"),
    AuditAction.TOKEN_REVOKED: lambda c: c.post("integrations:revoke", c.token().pk),
    AuditAction.TOKEN_TAKEN_OVER: take_over,
    AuditAction.WEBHOOK_ADDED: lambda c: c.post(
        "integrations:webhooks", url="https://lms.example.org/hook", events=["grade.changed"]
    ),
    AuditAction.WEBHOOK_SECRET: lambda c: c.post("integrations:rotate", c.endpoint().pk),
    AuditAction.WEBHOOK_ENABLED: lambda c: switch_endpoint(c, enabled=False),
    AuditAction.WEBHOOK_DISABLED: lambda c: switch_endpoint(c, enabled=True),
    AuditAction.WEBHOOK_DELETED: lambda c: c.post("integrations:delete", c.endpoint().pk),
    AuditAction.SOURCE_ADDED: add_source,
    AuditAction.SOURCE_CHANGED: lambda c: c.post("sources:publishing", add_source(c).pk, publishes="on"),
    AuditAction.SOURCE_REMOVED: lambda c: c.post("sources:remove", add_source(c).pk),
    AuditAction.PLATFORM_INVITED: lambda c: c.post("lms:invite"),
    AuditAction.PLATFORM_UNINVITED: uninvite,
    AuditAction.PLATFORM_ADDED: new_platform,
    AuditAction.PLATFORM_CHANGED: platform_form,
    AuditAction.PLATFORM_ENABLED: lambda c: switch_platform(c, enabled=False),
    AuditAction.PLATFORM_DISABLED: lambda c: switch_platform(c, enabled=True),
    AuditAction.PLATFORM_DELETED: lambda c: c.post("lms:delete", c.platform().pk),
    AuditAction.DEPLOYMENT_APPROVED: lambda c: c.post("lms:approve", c.platform().deployments.get().pk),
    AuditAction.DEPLOYMENT_CLOSED: lambda c: c.post("lms:close", c.platform().deployments.get().pk),
    AuditAction.LMS_COURSE_LINKED: link_course,
    AuditAction.PLATFORM_SHARED: share,
    AuditAction.PLATFORM_UNSHARED: lambda c: c.post("lms:stop-sharing", share(c).pk),
    AuditAction.COLUMN_DISMISSED: dismiss,
    AuditAction.COLUMN_RESTORED: lambda c: c.post("lms:restore", dismiss(c).pk),
    AuditAction.COURSE_MADE: lambda c: c.client.post(reverse("course_setup:new"), {"title": "Autograd"}),
    AuditAction.COURSE_COPIED: lambda c: c.client.post(
        reverse("course_setup:copy", args=[c.course.slug]), {"title": "Autograd", "slug": "autograd", "step": "save"}
    ),
    AuditAction.COURSE_CHANGED: lambda c: c.post(
        "course_setup:settings", title="Autograd", slug=c.course.slug, hint_rule="all"
    ),
    AuditAction.COURSE_ARCHIVED: lambda c: c.post("course_setup:archive"),
    AuditAction.COURSE_REOPENED: reopen,
    AuditAction.DETAILS_CHANGED: lambda c: of_account(c, "person", first_name="Ada", last_name="", email=""),
    AuditAction.DEACTIVATED: lambda c: of_account(c, "change", "deactivate"),
    AuditAction.REACTIVATED: reactivate,
    AuditAction.ADMINISTRATOR_MADE: lambda c: of_account(c, "rights", "give", username=c.student.username),
    AuditAction.ADMINISTRATOR_UNMADE: unmake_administrator,
    AuditAction.PASSWORD_LINK_SENT: send_password_link,
    AuditAction.FACTOR_REMOVED: remove_factor,
    AuditAction.SIGNED_OUT: lambda c: of_account(c, "change", "sign-out"),
    AuditAction.BACKUP_TESTED: restore_elsewhere,
    AuditAction.ADMIN_CHANGED: edit_in_admin,
    AuditAction.ADMIN_ADDED: lambda c: c.as_admin().post(
        "/admin/accounts/user/add/",
        {"username": "made", "password1": SECRET, "password2": SECRET, "usable_password": "true"},
    ),
    AuditAction.ADMIN_DELETED: lambda c: c.as_admin().post(
        f"/admin/courses/course/{make_course().pk}/delete/", {"post": "yes"}
    ),
}
# Nobody can say afterwards which course an object of these belonged to, or they are about a person in all courses.
WITHOUT_COURSE = {
    AuditAction.ADMIN_ADDED,
    AuditAction.ADMIN_DELETED,
    AuditAction.DATA_EXPORTED,
    AuditAction.ERASED,
    AuditAction.MADE_ANONYMOUS,
    AuditAction.DETAILS_CHANGED,
    AuditAction.DEACTIVATED,
    AuditAction.REACTIVATED,
    AuditAction.ADMINISTRATOR_MADE,
    AuditAction.ADMINISTRATOR_UNMADE,
    AuditAction.PASSWORD_LINK_SENT,
    AuditAction.FACTOR_REMOVED,
    AuditAction.SIGNED_OUT,
    AuditAction.BACKUP_TESTED,
}
OF_A_NEW_COURSE = {AuditAction.COURSE_MADE, AuditAction.COURSE_COPIED}


def test_every_kind_of_entry_has_a_deed_and_a_sentence():
    assert set(DEEDS) == set(AuditAction)
    assert set(SENTENCES) == set(AuditAction)


@pytest.mark.parametrize("action", AuditAction)
def test_each_deed_is_recorded_with_who_did_it(campus, action):
    before = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    DEEDS[action](campus)

    entry = AuditEntry.objects.filter(pk__gt=before, action=action).get()
    assert (entry.by, entry.origin, entry.area) == (campus.instructor, Origin.PAGE, action.area)
    if action in OF_A_NEW_COURSE:
        assert entry.course not in {None, campus.course}
    else:
        assert entry.course == (None if action in WITHOUT_COURSE else campus.course)
    assert campus.instructor.display_name in sentence(entry)
    if "{about}" in SENTENCES[action]:
        assert entry.about.display_name in sentence(entry)
    assert "nothing" not in sentence(entry)
    assert "something" not in sentence(entry)


def all_texts():
    fields = ("token", "what", "before", "after", "why")
    return " ".join(str(value) for row in AuditEntry.objects.values_list(*fields) for value in row)


def test_no_secret_and_no_code_gets_into_the_log(campus):
    shown = campus.post("integrations:tokens", name="LMS", scopes=["grades:read"], days="30").context["token"]
    add_endpoint(campus.course, url=f"https://lms.example.org/{SECRET}?key={SECRET}", events=["grade.changed"])
    secret = Endpoint.objects.get().secret
    campus.post("integrations:rotate", Endpoint.objects.get().pk)
    invitation = invite(course=campus.course, by=campus.instructor)
    DEEDS[AuditAction.ADMIN_ADDED](campus)

    texts = all_texts()
    for hidden in (SECRET, shown, secret, Endpoint.objects.get().secret, invitation.code, "return x * x"):
        assert hidden not in texts
    assert AuditEntry.objects.count() >= 5


def test_of_an_address_only_the_server_is_recorded():
    assert public_part(HOOK) == "https://lms.example.org"
    assert public_part("http://127.0.0.1:8080/a") == "http://127.0.0.1:8080"


def test_what_is_rolled_back_is_not_recorded(campus):
    before = AuditEntry.objects.count()
    with transaction.atomic():
        campus.decide("override", override=1)
        written = AuditEntry.objects.count()
        transaction.set_rollback(True)

    assert (written, AuditEntry.objects.count()) == (before + 1, before)


def test_a_change_that_cannot_be_recorded_does_not_happen(campus, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the log is full")

    monkeypatch.setattr("server.gradebook.services.record", fail)
    with pytest.raises(RuntimeError):
        decide(campus.assignment, campus.student, action=Action.OVERRIDDEN, by=campus.instructor, why="x", override=1)

    assert Grade.objects.get().override is None
    assert not GradeChange.objects.filter(action=Action.OVERRIDDEN).exists()


def test_entries_are_neither_changed_nor_deleted(campus):
    entry = record(AuditAction.CODE_MADE, course=campus.course)
    rows = AuditEntry.objects.filter(pk=entry.pk)

    for write in (entry.save, entry.delete, rows.delete, lambda: rows.update(what="x"), lambda: rows.bulk_create([])):
        with pytest.raises(AppendOnly):
            write()


def test_entries_outlive_the_account_and_the_course():
    course, user = make_course(), make_user()
    Enrollment.objects.create(course=course, user=user, role="ta")
    user.delete()
    course.delete()

    entry = AuditEntry.objects.get()
    assert (entry.course, entry.about, entry.action) == (None, None, AuditAction.ENROLLED)
    assert "a deleted account" in sentence(entry)


def test_automatic_grading_writes_nothing(assignment, student):
    before = AuditEntry.objects.count()
    graded(student, assignment, 5.0)

    assert AuditEntry.objects.count() == before


def test_a_change_through_the_api_names_the_token(campus, client):
    row, token = make_token(
        "Campus sync", courses=[campus.course], scopes=[TokenScope.ROSTER_WRITE], owner=campus.instructor
    )
    path = f"/api/v1/courses/{campus.course.slug}/enrollments"
    headers = {"authorization": f"Bearer {token}"}
    client.post(path, {"external_id": "s7"}, content_type="application/json", headers=headers)

    entry = AuditEntry.objects.first()
    assert (entry.origin, entry.by, entry.token) == (Origin.API, campus.instructor, str(row))
    assert token not in all_texts()


def test_a_change_by_a_command_says_so(course):
    call_command("apitoken", "x", course=[course.slug], scope=["grades:read"], stdout=io.StringIO())

    entry = AuditEntry.objects.first()
    assert (entry.action, entry.origin, entry.by) == (AuditAction.TOKEN_MADE, Origin.COMMAND, None)
    assert sentence(entry).startswith("A command on the server created the API token x")


def test_who_joins_with_a_code_is_recorded_as_joining(client, course, instructor):
    code = invite(course=course, by=instructor).code
    newcomer = make_user(first_name="Bo")
    client.force_login(newcomer)
    client.post(reverse("invitations:invited", args=[code]))

    assert sentence(AuditEntry.objects.first()) == "Bo joined the course as student."


def test_each_request_has_its_own_actor(campus):
    campus.decide("override", override=1)
    decide(campus.assignment, campus.student, action=Action.OVERRIDDEN, by=campus.instructor, why="x", override=2)

    assert list(AuditEntry.objects.values_list("origin", flat=True)[:2]) == [Origin.SYSTEM, Origin.PAGE]


def log_of(client, course, **query):
    return client.get(reverse("dashboard:audit", args=[course.slug]), query)


def test_staff_read_the_log_of_their_course_only(client, campus):
    record(AuditAction.TOKEN_MADE, course=make_course(), what="elsewhere")
    campus.decide("override", override=61.25)
    client.force_login(make_member(campus.course, "ta"))
    page = log_of(client, campus.course)

    assert "points 50, set by hand – → points 61.25, set by hand 61.25" in page.text
    assert "Reason: Ill" in page.text
    assert "elsewhere" not in page.text


@pytest.mark.parametrize("name", ["dashboard:audit", "dashboard:audit-file"])
def test_students_and_strangers_do_not_find_the_log(client, campus, name):
    for person in (campus.student, make_member(make_course(), "instructor")):
        client.force_login(person)
        assert client.get(reverse(name, args=[campus.course.slug])).status_code == 404


def test_the_log_is_filtered_by_kind_and_person(client, campus):
    campus.decide("override", override=1)
    campus.post("integrations:tokens", name="Moodle", scopes=["grades:read"], days="30")
    other = make_student(campus.course, first_name="Zoe", last_name="Quill")

    def actions(**query):
        return {entry.action for entry, _ in log_of(client, campus.course, **query).context["entries"]}

    assert actions(area="tokens") == {AuditAction.TOKEN_MADE}
    assert actions(person="zoe quill") == {AuditAction.ENROLLED}
    assert actions(person=other.username) == {AuditAction.ENROLLED}
    assert actions(area="grades", person=campus.student.username) == {AuditAction.OVERRIDDEN}
    assert actions(area="tokens", person="zoe") == set()
    assert len(actions(area="nonsense", person="")) >= 3


def test_pages_of_the_log_show_each_entry_once(client, campus):
    for number in range(120):
        record(AuditAction.TOKEN_MADE, course=campus.course, what=f"token-{number}")
    seen, query = [], {"area": "tokens"}
    while True:
        page = log_of(client, campus.course, **query)
        seen += [entry.what for entry, _ in page.context["entries"]]
        if not page.context["older"]:
            break
        query = {"area": "tokens", "before": page.context["older"]}

    assert seen == [f"token-{number}" for number in reversed(range(120))]
    assert log_of(client, campus.course, before="9" * 30).status_code == 200
    assert log_of(client, campus.course, before="-1").status_code == 200


def test_a_longer_log_needs_no_more_queries(client, campus, django_assert_max_num_queries):
    for number in range(60):
        record(AuditAction.ROLE_CHANGED, course=campus.course, about=make_user(), by=make_user(), what=str(number))

    log_of(client, campus.course)
    with django_assert_max_num_queries(10):
        log_of(client, campus.course)


def test_the_file_has_the_same_entries_and_no_formula(client, campus):
    campus.student.first_name = "=HYPERLINK(1)"
    campus.student.save()
    campus.decide("override", override=1)
    answer = client.get(reverse("dashboard:audit-file", args=[campus.course.slug]), {"area": "grades"})
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))

    assert rows[0][:3] == ["when", "by", "through"]
    assert [row[3] for row in rows[1:]] == [AuditAction.OVERRIDDEN]
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_names_in_the_log_are_escaped(client, campus):
    campus.student.first_name = "<script>alert(1)</script>"
    campus.student.save()
    campus.decide("override", override=1)

    text = log_of(client, campus.course).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_administrators_read_everything_and_change_nothing(client, campus):
    campus.decide("override", override=1)
    entry = AuditEntry.objects.first()
    client.force_login(User.objects.create_superuser("root", password="x"))

    text = client.get("/admin/audit/auditentry/").text
    assert "set the grade of" in text
    assert client.get("/admin/audit/auditentry/add/").status_code == 403
    assert client.post(f"/admin/audit/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"/admin/audit/auditentry/{entry.pk}/change/", {"what": "changed"})
    entry.refresh_from_db()
    assert entry.what != "changed"


def test_each_change_on_the_administration_pages_is_in_the_log(campus):
    DEEDS[AuditAction.ADMIN_CHANGED](campus)

    assert LogEntry.objects.count() == AuditEntry.objects.filter(area=AuditArea.ADMIN).count() == 1
    assert "Changed Title" in sentence(AuditEntry.objects.filter(area=AuditArea.ADMIN).get())
