"""Lists: pages without gaps or repeats, filters, and a bounded number of queries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from server.submissions.models import Submission
from tests.server.api.conftest import problem
from tests.support.people import graded, make_assignment, make_student, make_submission

pytestmark = pytest.mark.django_db


def walk(call, path):
    """Return the items of every page, following `next` to the end."""
    items = []
    while path:
        response = call.get(path.removeprefix("http://testserver/api/v1"))
        data = response.json()
        assert ("Link" in response) == bool(data["next"])
        assert not data["next"] or response["Link"] == f'<{data["next"]}>; rel="next"'
        items += data["items"]
        path = data["next"]
    return items


def test_pages_show_each_submission_once_in_order_with_filter(call, student, assignment):
    submissions = [make_submission(student, assignment, state="cancelled") for _ in range(7)]
    make_submission(make_student(assignment.course), assignment)

    items = walk(call, f"/submissions?limit=2&user={student.pk}")

    assert [item["id"] for item in items] == sorted(str(one.pk) for one in submissions)


def test_a_new_submission_appears_on_a_later_page(call, student, assignment):
    make_submission(student, assignment)
    make_submission(student, assignment)
    first = call.get("/submissions?limit=1").json()
    new = make_submission(student, assignment)

    assert [item["id"] for item in walk(call, first["next"])][-1] == str(new.pk)


@pytest.mark.parametrize("path", ["/courses", "/assignments", "/exercises", "/grades", "/webhook-endpoints"])
def test_every_list_links_its_next_page(call, path, student, assignment):
    graded(student, assignment, 5.0)

    assert len(walk(call, f"{path}?limit=1")) >= (path != "/webhook-endpoints")


def test_enrollments_and_grades_are_paged(call, student, assignment):
    for _ in range(3):
        graded(make_student(assignment.course), assignment, 5.0)

    assert len(walk(call, "/grades?limit=2")) == 3
    assert len(walk(call, f"/courses/{assignment.course.slug}/enrollments?limit=2")) == 5  # and the owner


def test_updated_since_leaves_out_older_submissions(call, student, assignment):
    old, new = make_submission(student, assignment), make_submission(student, assignment)
    Submission.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=1))
    since = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert [item["id"] for item in call.get(f"/submissions?updated_since={since}").json()["items"]] == [str(new.pk)]


def test_an_assignment_is_found_by_its_exercise(call, assignment):
    make_assignment(assignment.course, slug="other/one", exercise="gradients/other")

    items = call.get("/assignments?exercise=gradients/square").json()["items"]

    assert [item["id"] for item in items] == [assignment.pk]


def test_exercises_have_statement_and_version(call, assignment):
    listed = call.get("/exercises").json()["items"][0]
    data = call.get(f"/exercises/{listed['slug']}").json()

    assert data["version"] == listed["version"]
    assert "<math" in data["statement"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "cursor=x", "updated_since=yesterday", "updated_since=7", "state=lost"],
)
def test_a_problem_points_at_an_invalid_filter(call, query):
    data = problem(call.get(f"/submissions?{query}"))

    assert data["errors"][0]["pointer"] == f"/query/{query.partition('=')[0]}"


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00%2B23:59"]
)
def test_dates_at_the_ends_of_the_range_work(call, moment):
    assert call.get(f"/submissions?updated_since={moment}").status_code == 200


@pytest.mark.parametrize("path", ["/submissions", "/grades", "/webhook-deliveries"])
def test_a_longer_list_needs_no_more_queries(call, path, assignment, django_assert_max_num_queries):
    for _ in range(6):
        graded(make_student(assignment.course), assignment, 5.0)

    call.get(path)
    with django_assert_max_num_queries(6):
        call.get(path)
