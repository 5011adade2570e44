"""Every page that shows or reads learners' text, with every bomb, under a limit of processor time and memory."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from server.similarity.models import Comparison, Pair
from tests.server.api.conftest import Caller, call, call_with, problem  # noqa: F401 two are fixtures
from tests.support.bombs import MIB, NOTEBOOKS, PAIRS, ROSTERS, SOURCES
from tests.support.bounded import assert_cheap
from tests.support.people import make_report, make_submission, record

# The tests' requests run in forks, which see only what is committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.walk]


@pytest.fixture
def page(client):
    """Request a page in a fork: (its status, its text)."""

    def request(person, address, data=None):
        client.force_login(person)
        return assert_cheap(answer, client, address, data).result

    return request


def answer(client, address, data):
    response = client.get(address) if data is None else client.post(address, data)
    return response.status_code, response.content.decode()


def stored(student, assignment, source):
    """A graded submission whose output and messages are hostile as well."""
    submission = make_submission(student, assignment, source=source)
    report = make_report(3, message="raised", data={"error": source[:20_000], "line": 1, "traceback": source[:20_000]})
    record(submission, report | {"output": source[:20_000]})
    return submission


@pytest.mark.parametrize("bomb", SOURCES)
def test_pages_of_a_submission_show_any_source(page, course, assignment, student, instructor, bomb):
    submission = stored(student, assignment, SOURCES[bomb])

    assert page(instructor, reverse("dashboard:submission", args=[course.slug, submission.pk]))[0] == 200
    assert page(student, submission.get_absolute_url())[0] == 200


@pytest.mark.parametrize("pair", PAIRS)
def test_two_submissions_are_shown_side_by_side(page, assignment, student, pair):
    left, right = (make_submission(student, assignment, source=source) for source in PAIRS[pair])
    address = reverse("submissions:compare", args=[assignment.course.slug, assignment.slug])

    assert page(student, f"{address}?left={left.pk}&right={right.pk}")[0] == 200


@pytest.mark.parametrize("bomb", ["empty lines", "other line ends", "one name", "markup"])
def test_similar_submissions_are_shown_side_by_side(page, course, assignment, student, instructor, bomb):
    source = SOURCES[bomb]
    one = make_submission(student, assignment, source=source)
    lines = [[1, source.count("\n") + 1]]
    pair = Pair.objects.create(
        comparison=Comparison.objects.create(course=course, by=instructor),
        assignment=assignment,
        left=one,
        right=one,
        share=1,
        shared=1,
        left_lines=lines,
        right_lines=lines,
    )

    assert page(instructor, reverse("similarity:pair", args=[course.slug, pair.pk]))[0] == 200


@pytest.mark.parametrize("bomb", NOTEBOOKS)
def test_an_uploaded_notebook_is_answered(page, assignment, student, bomb):
    file = SimpleUploadedFile("bomb.ipynb", NOTEBOOKS[bomb](8 * MIB - 1000).encode())
    address = reverse("submissions:file", args=[assignment.course.slug, assignment.slug])

    status, text = page(student, address, {"file": file})

    assert status in {200, 422}
    assert json.loads(text)["source" if status == 200 else "complaint"]


@pytest.mark.parametrize("bomb", ROSTERS)
def test_an_uploaded_roster_is_answered(page, course, instructor, bomb):
    file = SimpleUploadedFile("roster.csv", ROSTERS[bomb].encode())

    assert page(instructor, reverse("roster:import", args=[course.slug]), {"file": file})[0] in {200, 422}


@pytest.mark.parametrize("bomb", NOTEBOOKS)
def test_a_notebook_in_the_api_is_answered(call_with, assignment, student, bomb):  # noqa: F811
    caller: Caller = call_with()
    text = NOTEBOOKS[bomb](3 * MIB - 1000)
    body = f'{{"assignment": {assignment.pk}, "user": {{"id": {student.pk}}}, "notebook": {text or "0"}}}'

    spent = assert_cheap(answer_of_api, caller, body)

    assert spent.error == ""
    status, problem = spent.result
    assert status in {202, 400, 413, 422}, spent
    assert len(json.dumps(problem)) < 100_000


def answer_of_api(caller, body):
    response = caller.post("/submissions", body)
    return response.status_code, response.json()


def test_a_notebook_with_too_many_values_is_refused_in_words(call):  # noqa: F811
    text = NOTEBOOKS["empty lists"](MIB)

    data = problem(call.post("/submissions", f'{{"assignment": 1, "notebook": {text}}}'))

    assert data["status"] == 413
    assert "without its outputs" in data["detail"]


def test_brackets_in_strings_are_not_counted(call, assignment, student):  # noqa: F811
    source = "# " + "[" * 200_000
    body = {"assignment": assignment.pk, "user": {"id": student.pk}, "source": source}

    assert call.post("/submissions", body).status_code == 202
