"""How many statements the database gets for one submission (`docs/operator/capacity.md`)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grader.protocol.reports import Report
from server.analytics.models import FailedCheck
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.hints.models import HintUse
from server.submissions import services
from server.submissions.models import State, Submission
from server.submissions.tasks import record
from tests.support.people import graded, make_member, make_report, make_student

# Each statement between BEGIN and COMMIT counts, and those after the commit. Savepoints count, too.
MOST_OF_A_RECORD = 10
MOST_OF_A_SUBMIT = 8
MOST_OF_AN_API_SUBMIT = 12
# A report with hints adds one statement, an endpoint of a course three, and its two events two each.
HINTS = 1

pytestmark = pytest.mark.django_db(transaction=True)


def statements_of(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return [query["sql"][:150] for query in queries if not query["sql"].startswith(("BEGIN", "COMMIT"))]


def hand_in(learner, assignment, source="x = 1"):
    return services.submit(learner=learner, assignment=assignment, source=source)


def reported(submission, report):
    return statements_of(
        lambda: record({"submission": str(submission.pk), "token": submission.token, "report": report})
    )


@pytest.mark.parametrize("earlier", [None, 0.0, 8.0], ids=["first", "better", "same"])
def test_a_report_costs_few_statements(student, assignment, earlier):
    if earlier is not None:
        graded(student, assignment, given=earlier)
    submission = hand_in(student, assignment)

    statements = reported(submission, make_report(8))

    assert len(statements) <= MOST_OF_A_RECORD, "\n".join(statements)
    assert not [one for one in statements if "SAVEPOINT" in one]
    assert student.grades.get().final == 80


def test_a_report_with_a_hint_costs_one_more(student, assignment):
    submission = hand_in(student, assignment)

    statements = reported(submission, make_report(0, hint="square.hint"))

    assert HintUse.objects.filter(submission=submission).exists()
    assert len(statements) <= MOST_OF_A_RECORD + HINTS, "\n".join(statements)


def test_a_regrade_replaces_what_an_earlier_report_left(student, assignment):
    row = graded(student, assignment, given=0)
    assert FailedCheck.objects.filter(submission=row).exists()

    services.rescore(row, Report.from_dict(make_report()))

    assert not FailedCheck.objects.filter(submission=row).exists()


def test_a_submit_costs_few_statements(client, student, assignment):
    for _ in range(4):
        graded(student, assignment, given=5)
    client.force_login(student)
    address = reverse("submissions:submit", args=[assignment.course.slug, assignment.slug])

    def press(source):
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{assignment.get_absolute_url()}"}
        assert client.post(address, {"source": source}, headers=headers).status_code == 200

    press("x = 1")  # looks up the speed of the graders, which is used for some seconds
    student.submissions.open().update(state=State.CANCELLED)
    statements = statements_of(lambda: press("x = 2"))

    assert len(statements) <= MOST_OF_A_SUBMIT, "\n".join(statements)


def test_a_submit_through_the_api_costs_few_statements(client, assignment):
    owner = make_member(assignment.course, "instructor")
    student = make_student(assignment.course, external_id="s1")
    _, token = make_token("LMS", courses=[assignment.course], scopes=list(TokenScope), owner=owner)

    def post(key):
        body = {"assignment": assignment.pk, "user": {"external_id": "s1"}, "source": f"x = {key}"}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"key-{key}"}
        answer = client.post("/api/v1/submissions", body, content_type="application/json", headers=headers)
        assert answer.status_code == 202, answer.content

    post(1)  # notes when the token was last used, once a minute
    Submission.objects.filter(learner=student).update(state=State.CANCELLED)
    statements = statements_of(lambda: post(2))

    assert len(statements) <= MOST_OF_AN_API_SUBMIT, "\n".join(statements)
    assert not [one for one in statements if "SAVEPOINT" in one]
