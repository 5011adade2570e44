"""A copy of a course: what comes along, what never does, and that each table and column was decided about."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.urls import reverse

from server.api.models import ApiToken, TokenScope
from server.api.tokens import make_token
from server.course_setup.copying import FIELDS, MODELS, CopyPlan, CopyRule, copy_course
from server.courses.models import AssistantLimit, Course, Enrollment, HintRule
from server.gradebook.models import Assignment, Grade, UnitTerms
from server.invitations.models import Invitation
from server.invitations.services import invite
from server.lti.models import LmsCourse
from server.submissions.models import Submission
from server.webhooks.models import Endpoint
from server.webhooks.services import add_endpoint
from tests.support.lms.builders import make_lms
from tests.support.people import graded, make_assignment, make_course, make_member

pytestmark = pytest.mark.django_db
DUE = datetime(2026, 10, 20, 21, 59, 59, tzinfo=UTC)
NEW = {"title": "Autograd", "slug": "autograd-next", "term": "Next", "time_zone": "Europe/Berlin"}


@pytest.fixture
def source(course, assignment):
    Course.objects.filter(pk=course.pk).update(time_zone="Europe/Berlin", slip_days=3, hint_rule="first")
    Assignment.objects.filter(pk=assignment.pk).update(due_at=DUE, points=7, attempts=2, own_title="Squares")
    course.refresh_from_db()
    return course


def test_every_table_of_a_course_has_a_decision():
    copied = {name for name, fate in MODELS.items() if fate is not CopyRule.LEFT}
    leads = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model
        if field.related_model._meta.label in copied
    }
    assert leads | copied == set(MODELS)


@pytest.mark.parametrize("label", [name for name, fate in MODELS.items() if fate is not CopyRule.LEFT])
def test_every_column_that_can_be_copied_has_a_decision(label):
    columns = {field.name for field in apps.get_model(label)._meta.concrete_fields}

    assert columns == set(FIELDS[label])


def test_saved_comments_come_along(source, instructor):
    source.saved_comments.create(by=instructor, text="Look at the shape.")

    made = copy_course(source, CopyPlan(course=NEW), by=instructor)

    assert [one.text for one in made.saved_comments.all()] == ["Look at the shape."]


# A value that is not the default, for each column that is copied: a new one must be added here.
ODD = {
    "hint_rule": HintRule.FIRST,
    "show_edit": True,
    "slip_days": 5,
    "regrade_request_days": 21,
    "practice": True,
    "slug": "gradients/odd",
    "exercise": "gradients/square",
    "own_title": "Odd",
    "position": 9,
    "points": 3.5,
    "attempts": 4,
    "cooldown_seconds": 11,
    "keeps": "last",
    "late_percent_per_day": 12.5,
    "late_percent_cap": 60,
    "grace_minutes": 13,
    "takes_slip_days": False,
    "results_held": True,
    "bonus_points": 2.5,
    "is_draft": True,
}


@pytest.mark.parametrize("model", [Course, Assignment])
def test_each_copied_column_arrives(course, assignment, instructor, model):
    names = [name for name, fate in FIELDS[model._meta.label].items() if fate is CopyRule.COPIED]
    values = {name: ODD[name] for name in names} | ({"practice": "no"} if model is Assignment else {})
    row = course if model is Course else assignment
    model.objects.filter(pk=row.pk).update(**values)
    course.refresh_from_db()
    made = copy_course(course, CopyPlan(course=NEW), by=instructor)

    copied = made if model is Course else made.assignments.get()
    assert {name: getattr(copied, name) for name in names} == values
    assert all(getattr(model(), name) != value for name, value in values.items() if name != "exercise")


def test_the_rules_of_units_come_along(course, instructor):
    UnitTerms.objects.create(course=course, unit="gradients", weight=30, drop_lowest=2)

    made = copy_course(course, CopyPlan(course=NEW), by=instructor)

    assert [(one.unit, one.weight, one.drop_lowest) for one in made.unit_terms.all()] == [("gradients", 30, 2)]


def test_nothing_of_learners_and_no_key_comes_along(source, assignment, student, instructor):
    graded(student, assignment, 5.0)
    make_token("LMS", courses=[source], scopes=[TokenScope.GRADES_READ], owner=instructor)
    add_endpoint(source, url="https://lms.example.org/hook", events=["grade.changed"])
    invite(course=source, by=instructor)
    make_lms(assignment, instructor)
    counted = [ApiToken, Endpoint, Invitation, LmsCourse, Submission, Grade]
    before = [model.objects.count() for model in counted]
    made = copy_course(source, CopyPlan(course=NEW, sections=True, staff=True), by=instructor)

    assert [model.objects.count() for model in counted] == before
    assert all(before)
    assert list(made.enrollments.values_list("user", "role")) == [(instructor.pk, "instructor")]


def test_staff_and_sections_come_along_only_if_wanted(source, instructor):
    assistant, other = make_member(source, "ta"), make_member(source, "instructor")
    source.enrollments.filter(user=assistant).update(section=source.sections.create(name="Monday"))
    bare = copy_course(source, CopyPlan(course=NEW), by=instructor)
    full = copy_course(source, CopyPlan(course=NEW | {"slug": "full"}, sections=True, staff=True), by=instructor)

    assert (bare.sections.count(), bare.enrollments.count()) == (0, 1)
    assert set(full.enrollments.values_list("user", flat=True)) == {instructor.pk, assistant.pk, other.pk}
    assert full.enrollments.get(user=assistant).section == full.sections.get()


@pytest.mark.parametrize("sections", [True, False])
def test_a_limited_assistant_never_sees_more_in_the_copy(source, instructor, sections):
    assistant, section = make_member(source, "ta"), source.sections.create(name="Monday")
    AssistantLimit.objects.create(course=source, user=assistant, section=section)
    made = copy_course(source, CopyPlan(course=NEW, sections=sections, staff=True), by=instructor)

    limits = [limit.section.name for limit in made.assistant_limits.filter(user=assistant)]
    present = made.enrollments.filter(user=assistant).exists()
    assert (present, limits) == ((True, ["Monday"]) if sections else (False, []))


def test_a_refused_copy_makes_nothing(source, instructor):
    before = Course.objects.count()
    make_course(slug="taken")
    with pytest.raises(Exception, match="address taken"):
        copy_course(source, CopyPlan(course=NEW | {"slug": "taken"}), by=instructor)

    assert Course.objects.count() == before + 1


def copy_page(client, source, step, **data):
    return client.post(reverse("course_setup:copy", args=[source.slug]), NEW | {"step": step} | data)


def test_the_preview_moves_dates_and_keeps_edits(client, source, assignment, instructor):
    late = make_assignment(source, slug="gradients/late", position=1, due_at=DUE + timedelta(days=14))
    client.force_login(instructor)
    form = client.get(reverse("course_setup:copy", args=[source.slug])).context["form"]
    assert str(form["starts_on"].value()) == "2027-10-19"
    preview = copy_page(client, source, "preview", starts_on="2027-10-19")

    # Two weeks later, the old course has winter time.
    assert "2027-10-19T23:59" in preview.text
    assert "2027-11-02T22:59" in preview.text
    dates = {f"{assignment.pk}-due_at": "2027-10-19T23:59", f"{late.pk}-due_at": "2027-12-24T18:00"}
    answer = copy_page(client, source, "save", starts_on="2027-10-19", **dates)

    made = Course.objects.get(slug=NEW["slug"])
    assert answer.url == reverse("dashboard:assignments", args=[made.slug])
    # The seconds, which the form does not show, are those of the old course.
    assert [f"{one.due_at:%Y-%m-%d %H:%M:%S}" for one in made.assignments.all()] == [
        "2027-10-19 21:59:59",
        "2027-12-24 17:00:00",
    ]
    assert (made.term, made.made_by, made.assignments.first().title) == ("Next", instructor, "Squares")


def test_dates_in_the_wrong_order_are_refused(client, source, assignment, instructor):
    client.force_login(instructor)
    dates = {f"{assignment.pk}-due_at": "2027-10-19T23:59", f"{assignment.pk}-closes_at": "2027-10-18T23:59"}
    answer = copy_page(client, source, "save", **dates)

    assert answer.status_code == 422
    assert "opens first" in answer.text
    assert not Course.objects.filter(slug=NEW["slug"]).exists()


def test_an_archived_course_can_be_copied(client, source, instructor):
    Course.objects.filter(pk=source.pk).update(archived_at=DUE)
    client.force_login(instructor)
    copy_page(client, source, "save")

    made = Course.objects.get(slug=NEW["slug"])
    assert not made.is_archived
    assert Enrollment.objects.get(course=made).user == instructor
