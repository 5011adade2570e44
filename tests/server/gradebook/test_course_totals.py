"""The total of a course, the same on the learner's page, in the gradebook, in exports and in the API."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.audit.models import AuditEntry
from server.courses.visibility import everybody
from server.dashboard.selectors.gradebook import Query, gradebook
from server.gradebook.errors import Invalid
from server.gradebook.exports import Format, export
from server.gradebook.models import Action, Assignment, UnitTerms
from server.gradebook.services import change_terms, decide
from tests.support.leaving import body
from tests.support.people import graded, make_assignment, make_member, make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(course, assignment):
    """Two units: gradients with three assignments, of which one is not due, and training with one."""
    now = timezone.now()
    Assignment.objects.filter(pk=assignment.pk).update(due_at=now - timedelta(days=2), points=10)
    others = [
        make_assignment(course, slug=slug, points=10, position=place, due_at=now + timedelta(days=days))
        for place, (slug, days) in enumerate(
            [("gradients/second", -1), ("gradients/later", 9), ("training/loop", -1)], start=1
        )
    ]
    assignment.refresh_from_db()
    return [assignment, *others]


@pytest.fixture
def teach(course, instructor):
    client = Client()
    client.force_login(instructor)

    def go(name, data=None, **options):
        address = reverse(f"dashboard:{name}", args=[course.slug])
        return client.get(address) if data is None else client.post(address, data, **options)

    return go


def weighted(teach):
    """Gradients counts three times as much as training, without its lowest result."""
    data = {"weight-0": 75, "drop-0": 1, "weight-1": 25, "drop-1": ""}
    assert "Saved. All totals follow these rules" in body(teach("total", data, follow=True))


def own_page(student, course):
    client = Client()
    client.force_login(student)
    return body(client.get(reverse("courses:grades", args=[course.slug])))


def api_totals(course, **whose):
    _, token = make_token("a test", courses=[course], scopes=[TokenScope.GRADES_READ], **whose)
    answer = Client().get(f"/api/v1/courses/{course.slug}/totals", headers={"authorization": f"Bearer {token}"})
    return answer.json()["items"]


def test_one_total_everywhere(work, student, course, teach, instructor):
    graded(student, work[0], 4)
    graded(student, work[1], 9)
    graded(student, work[3], 5)
    weighted(teach)

    # 9 of 10 without the lowest, three quarters; 5 of 10, one quarter.
    page = own_page(student, course)
    assert "<strong>80 %</strong>" in page
    assert "lowest, dropped" in page
    assert "not due yet" in page
    assert "75 %" in page
    assert "80 %" in body(teach("gradebook"))
    (row,) = csv.DictReader(io.StringIO(export(everybody(course), Format.CSV).content.decode("utf-8-sig")))
    assert row["Total (%)"] == "80.0"
    book = load_workbook(io.BytesIO(export(everybody(course), Format.XLSX).content))
    (head, cells) = book["Totals"].values
    explained = dict(zip(head, cells, strict=True))
    assert (explained["Total (%)"], explained["gradients: weight (%)"]) == (80, 75)
    assert "gradients/square (lowest, dropped)" in explained["gradients: does not count"]
    for whose in ({"learner": student}, {"owner": instructor}):
        (total,) = api_totals(course, **whose)
        assert (total["share"], total["weighted"]) == (pytest.approx(0.8), True)
        statuses = {one["assignment"]: one["status"] for unit in total["units"] for one in unit["items"]}
        assert statuses == {
            "gradients/square": "dropped",
            "gradients/second": "counts",
            "gradients/later": "not_due",
            "training/loop": "counts",
        }


def test_without_rules_everything_stays_as_it_was(work, student, course, teach):
    graded(student, work[0], 4)

    assert "<strong>4</strong>" in own_page(student, course)
    assert "of 30 points due so far" in own_page(student, course)
    assert "How this total is computed" not in own_page(student, course)
    assert "Total of 40" in body(teach("gradebook"))
    (row,) = csv.DictReader(io.StringIO(export(everybody(course), Format.CSV).content.decode("utf-8-sig")))
    assert row["Total"] == "4.0"
    assert load_workbook(io.BytesIO(export(everybody(course), Format.XLSX).content)).sheetnames == [
        "What counts",
        "Raw",
        "Penalties",
    ]


def test_a_held_result_is_no_part_of_the_learners_total(work, student, course, teach, instructor):
    graded(student, work[0], 4)
    graded(student, work[1], 9)
    graded(student, work[3], 5)
    weighted(teach)
    Assignment.objects.filter(pk=work[3].pk).update(results_held=True)

    assert "<strong>90 %</strong>" in own_page(student, course)
    assert "result held back" in own_page(student, course)
    assert api_totals(course, learner=student)[0]["share"] == pytest.approx(0.9)
    assert api_totals(course, owner=instructor)[0]["share"] == pytest.approx(0.8)


def test_an_exempt_assignment_changes_no_total(work, student, course, teach, instructor):
    graded(student, work[0], 4)
    graded(student, work[1], 9)
    weighted(teach)
    before = api_totals(course, learner=student)[0]["share"]
    decide(work[3], student, action=Action.EXEMPTED, by=instructor, why="ill", exempt=True)

    after = api_totals(course, learner=student)[0]["share"]

    # Missing, training counted as 0 with its quarter. Exempt, gradients has all of the weight.
    assert (before, after) == (pytest.approx(0.675), pytest.approx(0.9))


def test_an_extension_delays_what_is_missing(work, student, course, teach, instructor):
    graded(student, work[0], 10)
    later = timezone.now() + timedelta(days=3)
    for one in (work[1], work[3]):
        decide(one, student, action=Action.EXTENDED, by=instructor, why="ill", due_at=later)
    weighted(teach)

    assert api_totals(course, learner=student)[0]["share"] == 1
    assert "<strong>100 %</strong>" in own_page(student, course)


def test_the_gradebook_sorts_by_the_total(work, course, teach):
    best, worst, none = (make_student(course) for _ in range(3))
    graded(best, work[1], 10)
    graded(worst, work[0], 2)
    weighted(teach)

    table = gradebook(everybody(course), Query(sort="-total"))

    assert [row.student for row in table.rows] == [best, worst, none]


@pytest.mark.parametrize("data", [{"weight-0": -1}, {"weight-0": "nan"}, {"drop-0": -1}, {"weight-0": 0}])
def test_wrong_rules_are_refused(data, work, course, teach):
    assert teach("total", {"weight-1": "", "drop-1": ""} | data).status_code == 422
    assert not UnitTerms.objects.exists()


def test_rules_are_in_the_log_and_assistants_cannot_change_them(work, course, teach):
    weighted(teach)
    entry = AuditEntry.objects.latest("pk")
    assert entry.after == "gradients: weight 75, without the lowest 1; training: weight 25"
    helper = Client()
    helper.force_login(make_member(course, "ta"))
    address = reverse("dashboard:total", args=[course.slug])

    assert helper.get(address).status_code == 200
    assert helper.post(address, {"weight-0": 1}).status_code in {403, 404}


def test_bonus_points_need_to_be_allowed(assignment, student, instructor, course):
    with pytest.raises(Invalid, match="between 0 and 100"):
        decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="oral", override=110)
    assignment.bonus_points = 10
    change_terms(assignment, by=instructor)

    decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="oral", override=110)

    assert "<strong>110</strong> of 100" in own_page(student, course)
    with pytest.raises(Invalid, match="up to 110 with bonus points"):
        decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="oral", override=110.5)
    client = Client()
    client.force_login(student)
    page = body(client.get(reverse("submissions:exercise", args=[course.slug, assignment.slug])))
    assert "Grade 110 of 100 points" in page
