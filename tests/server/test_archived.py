"""An archived course: every address of the website is tried, and none changes anything or lets anybody hand in.

The addresses are those of `test_addresses`, made from Django's own resolver: a new one is tried without a change here.
"""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from server.course_setup.services import archive
from server.courses.models import Course, Enrollment
from tests.server.test_addresses import ADDRESSES, address_of, people, things  # noqa: F401 fixtures
from tests.support.people import make_course, make_student

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

# What is left: opening the course again, archiving it again, revoking a token, and copying the course.
ALLOWED = {"course_setup:reopen", "course_setup:archive", "course_setup:copy", "integrations:revoke"}
# About a person or the installation, not about a course.
PERSONAL = ("account_", "mfa_", "calendars:", "lti:", "privacy:", "notifications:", "administration:")
ELSEWHERE = {
    "courses:index",
    "course_setup:new",
    "invitations:join",
    "invitations:password",
    "profile",
    "session",
    "sign-out-everywhere",
    "healthz",
    "readyz",
    "metrics",
}
# A download is noted in the log; a session keeps a message; a comment that was shown is no longer new to its reader.
NOTED = ("audit_auditentry", "django_session", "comments_commentread")
OF_COURSE = [name for name in ADDRESSES if not name.startswith(PERSONAL) and name not in ELSEWHERE | ALLOWED]


class Writes:
    """Notes the statements that write, other than those to tables that only note what was read."""

    def __init__(self):
        self.found = []

    def __call__(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) and not any(table in sql for table in NOTED):
            self.found.append(sql[:120])
        return execute(sql, params, many, context)


def tried(client, names, named, method, data=None):
    """Request each address; return {name: (status, what it wrote, text)}, and undo what it wrote."""
    found = {}
    for name in names:
        writes = Writes()
        with transaction.atomic():
            with connection.execute_wrapper(writes):
                answer = getattr(client, method)(address_of(name, named), data or {})
            transaction.set_rollback(True)
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        found[name] = (answer.status_code, writes.found, text)
    return found


# Something that fits many forms at once.
DATA = {
    "source": "x = 1", "block": "1", "run": "1", "text": "x", "why": "x", "name": "x", "title": "x", "slug": "x",
    "points": "1", "step": "save", "role": "ta", "level": "1", "hint_rule": "all", "subject": "x", "body": "x",
}  # fmt: skip


@pytest.mark.parametrize("who", ["owner", "teacher", "administrator"])
def test_no_address_changes_anything(client, course, people, things, who):  # noqa: F811 fixtures
    archive(course, by=people["teacher"])
    if who == "administrator":
        people["teacher"].is_superuser = True
        people["teacher"].save()
    client.force_login(people["teacher" if who == "administrator" else who])
    found = tried(client, OF_COURSE, things, "post", DATA)

    # A push of a Git server needs its signature (401); packages refuse it in an archived course as well.
    assert {name: one[0] for name, one in found.items() if one[0] not in {401, 403, 404, 405}} == {}
    assert {name: one[1] for name, one in found.items() if one[1]} == {}
    told = [name for name, one in found.items() if one[0] == 403]
    assert {name for name in told if "archived" not in found[name][2]} == set()
    # The walk reached the forms: in a course that goes on, none of these is refused.
    assert len(told) >= {"owner": 7, "teacher": 50, "administrator": 50}[who], sorted(told)


@pytest.mark.parametrize("who", ["owner", "teacher"])
def test_what_could_be_read_still_can(client, course, people, things, who):  # noqa: F811
    client.force_login(people[who])
    before = {name: one[0] for name, one in tried(client, OF_COURSE, things, "get").items()}
    archive(course, by=people["teacher"])
    after = tried(client, OF_COURSE, things, "get")

    # Pages that are nothing but a form say why they are closed.
    forms = {name for name, one in after.items() if one[0] == 403 and "archived" in one[2]}
    assert {name: one[0] for name, one in after.items() if name not in forms and one[0] != before[name]} == {}
    assert forms & {"dashboard:gradebook", "dashboard:export", "dashboard:sources", "courses:grades"} == set()
    assert {name: one[1] for name, one in after.items() if one[1]} == {}


def test_a_course_code_lets_nobody_in(client, course, people, things):  # noqa: F811
    archive(course, by=people["teacher"])
    newcomer = make_student(make_course())
    client.force_login(newcomer)
    answer = client.post(address_of("invitations:invited", things))

    assert (answer.status_code, "is archived" in answer.text) == (403, True)
    assert not Enrollment.objects.filter(user=newcomer, course=course).exists()


def test_opened_again_it_takes_work_again(client, course, people, things):  # noqa: F811
    archive(course, by=people["teacher"])
    client.force_login(people["teacher"])
    client.post(address_of("course_setup:reopen", things))
    client.force_login(people["owner"])

    assert not Course.objects.get(pk=course.pk).is_archived
    assert client.post(address_of("submissions:submit", things), {"source": "x = 1"}).status_code == 302


def test_reports_of_work_from_before_still_arrive(course, assignment, student, instructor):
    from tests.support.people import make_submission, record

    submission = make_submission(student, assignment, submitted_at=timezone.now())
    archive(course, by=instructor)
    record(submission)

    assert assignment.grades.get().final == 100
