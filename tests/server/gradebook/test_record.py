"""Every change of a grade is recorded, even if it is made in bulk or in the admin; the record cannot be changed."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import ProtectedError

from server.gradebook.models import Action, Grade, GradeChange, Unrecorded
from server.gradebook.services import decide
from tests.support.people import graded, make_member, make_user
from tests.support.records import unrecorded


@pytest.fixture
def change(student, assignment):
    graded(student, assignment, given=3)
    by = make_member(assignment.course, "instructor")
    return decide(assignment, student, action=Action.OVERRIDDEN, by=by, why="?", override=50)


@pytest.mark.parametrize("model", [Grade, GradeChange])
@pytest.mark.parametrize(
    "write",
    [
        lambda rows: rows.update(why="x"),
        lambda rows: rows.filter(pk=1).update(final=100),
        lambda rows: rows.delete(),
        lambda rows: rows.bulk_create([]),
        lambda rows: rows.bulk_update([], ["learner"]),
    ],
)
def test_neither_grades_nor_their_record_are_written_in_bulk(change, model, write):
    with pytest.raises(Unrecorded):
        write(model.objects.all())


def test_records_cannot_be_changed_or_deleted(change):
    change.why = "A better reason"
    with pytest.raises(Unrecorded):
        change.save()
    with pytest.raises(Unrecorded):
        change.delete()


def test_a_grade_without_a_record_is_found(change, assignment, student):
    assert unrecorded() == []

    row = Grade.objects.get()
    row.final = 100
    row.save()
    assert unrecorded() == [row]

    # The conftest checks for such grades when a test ends.
    row.final = 50
    row.save()


@pytest.mark.parametrize("thing", ["assignment", "course"])
def test_objects_with_grades_cannot_be_deleted(change, assignment, thing):
    with pytest.raises(ProtectedError):
        (assignment if thing == "assignment" else assignment.course).delete()

    assert Grade.objects.exists()


def test_the_admin_has_no_models_with_scores():
    scored = {
        "gradebook.Grade",
        "gradebook.GradeChange",
        "submissions.Submission",
        "regrades.Rerun",
        "regrades.Regrade",
    }

    assert not {model._meta.label for model in admin.site._registry} & scored
    assert scored <= {model._meta.label for model in apps.get_models()}


def test_terms_changed_in_the_admin_are_recorded(client, change, assignment):
    someone = make_user(is_staff=True, is_superuser=True)
    client.force_login(someone)
    address = f"/admin/gradebook/assignment/{assignment.pk}/change/"
    form = client.get(address).context["adminform"].form
    unchanged = {name: value for name, value in form.initial.items() if value is not None and value is not False}

    response = client.post(address, unchanged | {"points": 60})
    assert response.status_code == 302, response.context["errors"]

    latest = GradeChange.objects.order_by("-pk")[0]
    assert (latest.action, latest.by, latest.new["raw"]) == (Action.TERMS, someone, 18)
