"""Many assignments at once: set, edited and published, all or none. Learners see no draft."""

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.audit.models import AuditAction, AuditEntry
from server.courses.models import Course
from server.gradebook.models import Assignment, GradeChange
from server.lti.forms import PickForm
from tests.support.people import graded, make_assignment, make_member, write_exercise

pytestmark = pytest.mark.django_db
NAMES = [f"limits/number-{number:02}" for number in range(15)]


@pytest.fixture
def page(client, exercises, course, instructor):
    for name in NAMES:
        write_exercise(exercises, name, title=f"Limit {name[-2:]}")
    Course.objects.filter(pk=course.pk).update(time_zone="Europe/Berlin")
    client.force_login(instructor)

    def post(view, **data):
        return client.post(reverse(f"course_setup:{view}", args=[course.slug]), data)

    return post


def terms(**fields):
    said = {"first_due": "2027-03-22T23:59", "every": "7", "rhythm": "days", "share": "exercise", "points": "10"}
    return said | {"as_drafts": "on"} | fields


def filled_in(answer):
    """Return what a browser would send back from a preview: every input with its value."""
    said = {}
    for tag in re.findall(r"<input[^>]*>", answer.text):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") != "checkbox" or "checked" in tag:
            said.setdefault(found.get("name"), []).append(
                found.get("value", "on" if found.get("type") == "checkbox" else "")
            )
    return {name: values for name, values in said.items() if name not in {None, "csrfmiddlewaretoken"}}


def test_fifteen_assignments_are_set_in_one_step(page, course):
    preview = page("set", step="preview", unit="limits", **terms())
    assert course.assignments.count() == 1
    answer = page("set", **filled_in(preview) | {"step": "save", f"{NAMES[3]}-own_title": "My own"})

    made = list(course.assignments.filter(slug__in=NAMES))
    assert answer.url == reverse("dashboard:assignments", args=[course.slug])
    assert [one.slug for one in made] == NAMES
    assert {(one.points, one.is_draft) for one in made} == {(10, True)}
    assert [one.title for one in made[2:5]] == ["Limit 02", "My own", "Limit 04"]
    local = [one.due_at.astimezone(Course.objects.get(pk=course.pk).zone) for one in made]
    # Every Monday at the same time on the clock, although summer time begins on 28 March.
    assert {(at.weekday(), at.hour, at.minute) for at in local} == {(0, 23, 59)}
    assert (local[14].date() - local[0].date()).days == 98
    assert AuditEntry.objects.filter(action=AuditAction.ASSIGNMENT_ADDED).count() == 15


def test_one_bad_row_saves_nothing(page, course):
    preview = page("set", step="preview", unit="limits", **terms())
    answer = page("set", **filled_in(preview) | {"step": "save", f"{NAMES[7]}-points": "-1"})

    assert answer.status_code == 422
    assert course.assignments.count() == 1


def test_an_exercise_that_was_set_meanwhile_is_not_set_twice(page, course):
    preview = page("set", step="preview", unit="limits", **terms())
    make_assignment(course, slug=NAMES[0], exercise=NAMES[0])
    page("set", **filled_in(preview) | {"step": "save"})

    assert course.assignments.filter(slug__in=NAMES).count() == 15


def test_a_search_keeps_what_is_picked(page):
    found = page("set", step="search", q="limit 07", pick=NAMES[2], points="33", every="3").text

    assert re.search(rf'value="{NAMES[2]}" checked', found)
    assert NAMES[7] in found
    assert NAMES[8] not in found
    assert 'value="33"' in found


def test_all_exercises_of_a_unit_can_share_a_date(page, exercises):
    write_exercise(exercises, "sums/one", title="Sum")
    preview = page("set", step="preview", pick=[*NAMES[:2], "sums/one"], **terms(share="unit"))

    dates = [filled_in(preview)[f"{name}-due_at"] for name in [*NAMES[:2], "sums/one"]]
    assert dates == [["2027-03-22T23:59"], ["2027-03-22T23:59"], ["2027-03-29T23:59"]]


@pytest.mark.parametrize("view", ["set", "edit"])
def test_nothing_picked_says_so(page, view):
    answer = page(view, step="preview", **terms())

    assert answer.status_code == 422
    assert "Pick at least one" in answer.text


def test_too_many_at_once_say_so(page, exercises, monkeypatch):
    monkeypatch.setattr("server.course_setup.views.assignments.MOST_ROWS", 14)

    assert page("set", step="preview", unit="limits", **terms()).status_code == 422


def test_dates_move_by_days_and_keep_clock_and_seconds(page, course, assignment):
    zone = Course.objects.get(pk=course.pk).zone
    due = datetime(2027, 3, 22, 23, 59, 59, tzinfo=zone)
    Assignment.objects.filter(pk=assignment.pk).update(due_at=due, opens_at=due - timedelta(days=7))
    preview = page("edit", step="preview", pick=assignment.pk, days=7, points="")
    page("edit", **filled_in(preview) | {"step": "save"})

    assignment.refresh_from_db()
    assert f"{assignment.due_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" == "2027-03-29 23:59:59"
    assert f"{assignment.opens_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" == "2027-03-22 23:59:59"


def test_saving_a_preview_without_a_change_changes_nothing(page, course, assignment, student):
    Assignment.objects.filter(pk=assignment.pk).update(due_at=timezone.now() - timedelta(days=2), grace_minutes=5)
    graded(student, assignment, 5.0)
    entries, changes = AuditEntry.objects.count(), GradeChange.objects.count()
    preview = page("edit", step="preview", pick=assignment.pk)
    page("edit", **filled_in(preview) | {"step": "save"})

    assert (AuditEntry.objects.count(), GradeChange.objects.count()) == (entries, changes)


def test_new_points_count_in_every_grade(page, assignment, student):
    graded(student, assignment, 5.0)
    preview = page("edit", step="preview", pick=assignment.pk, points="40")
    page("edit", **filled_in(preview) | {"step": "save"})

    assert assignment.grades.get().final == 20


def test_one_refusal_changes_no_assignment(page, course, assignment, student):
    graded(student, assignment, 5.0)
    other = make_assignment(course, slug="gradients/other")
    preview = page("edit", step="preview", pick=[assignment.pk, other.pk], drafts="draft", points="7")
    answer = page("edit", **filled_in(preview) | {"step": "save"})

    assert answer.status_code == 422
    assert "Students have worked on it" in answer.text
    assert set(course.assignments.values_list("points", "is_draft")) == {(100, False)}


def test_assignments_of_another_course_cannot_be_picked(page):
    elsewhere = make_assignment()

    assert page("edit", step="preview", pick=elsewhere.pk).status_code == 422
    assert page("edit", step="save", pick=elsewhere.pk, **{f"{elsewhere.pk}-points": "1"}).status_code == 422


@pytest.fixture
def draft(exercises, course):
    write_exercise(exercises, "limits/hidden", title="Hidden words", statement="Hidden words")
    due_at = timezone.now() + timedelta(days=3)
    return make_assignment(course, slug="limits/hidden", exercise="limits/hidden", is_draft=True, due_at=due_at)


def test_learners_see_a_draft_nowhere_until_it_is_published(client, page, draft, course, student, instructor):
    pages = [course.get_absolute_url(), reverse("courses:grades", args=[course.slug]), draft.get_absolute_url()]
    client.force_login(student)
    assert [client.get(one).status_code for one in pages] == [200, 200, 404]
    assert not any("Hidden words" in client.get(one).text for one in pages)
    for view in ("submissions:submit", "drafts:save"):
        assert client.post(reverse(view, args=[course.slug, draft.slug]), {"source": "x"}).status_code == 404

    client.force_login(instructor)
    assert client.get(draft.get_absolute_url()).status_code == 200
    page("publish", key=draft.pk)
    client.force_login(student)
    assert all("Hidden words" in client.get(one).text for one in pages)


def test_a_draft_is_in_no_gradebook_export_token_or_lms(client, draft, course, assignment, student, instructor):
    graded(student, assignment, 5.0)
    client.force_login(instructor)
    token = make_token("t", courses=[course], scopes=[TokenScope.SUBMISSIONS_WRITE], owner=instructor)[1]
    headers = {"authorization": f"Bearer {token}"}
    export = client.get(reverse("dashboard:export", args=[course.slug, "csv"]))
    texts = [
        client.get(reverse("dashboard:gradebook", args=[course.slug])).text,
        export.getvalue().decode() if export.streaming else export.text,
        client.get("/api/v1/assignments", headers=headers).text,
        str(PickForm(course=course, multiple=True)),
    ]

    assert [("Hidden words" in text, "limits/hidden" in text) for text in texts] == [(False, False)] * 4
    # Each of them has the other assignment.
    assert all("The square" in text or "gradients/square" in text for text in texts)
    body = {"assignment": draft.pk, "user": {"id": student.pk}, "source": "x = 1"}
    assert client.post("/api/v1/submissions", body, "application/json", headers=headers).status_code == 404


def test_publish_all_publishes_every_draft(page, draft, course):
    make_assignment(course, slug="gradients/other", is_draft=True)
    page("publish")

    assert not course.assignments.filter(is_draft=True).exists()


def test_assistants_set_and_publish_nothing(client, page, draft, course):
    client.force_login(make_member(course, "ta"))

    assert {page(view, step="preview").status_code for view in ("set", "edit", "publish")} == {403}
    draft.refresh_from_db()
    assert draft.is_draft
