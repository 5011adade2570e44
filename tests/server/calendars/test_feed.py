"""A person's calendar at its secret address: what is in it, who opens it, and how often."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from server.calendars.models import CalendarFeed
from server.calendars.services import renew, stop
from server.courses.models import Course, Enrollment
from server.gradebook.models import Action
from server.gradebook.services import decide
from tests.support.people import make_assignment, make_course, make_member, write_exercise

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


def feed_of(client, person):
    feed = CalendarFeed.objects.filter(user=person).first() or renew(person)
    return client.get(reverse("calendars:feed", args=[feed.key]))


def due(assignment, **later):
    assignment.due_at = NOW + timedelta(**later)
    assignment.save()
    return f"{assignment.due_at:%Y%m%dT%H%M%SZ}"


def test_due_dates_are_in_it_for_anybody_with_the_address(client, assignment, student):
    at = due(assignment, days=3)
    answer = feed_of(client, student)

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    assert answer["Cache-Control"].startswith("private")
    assert f"DTSTART:{at}" in answer.text
    assert "SUMMARY:The square is due" in answer.text


def test_an_extension_moves_the_date_of_one_person(client, assignment, student, instructor):
    common, own = due(assignment, days=3), NOW + timedelta(days=5)
    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="Ill", due_at=own)

    assert f"DTSTART:{own:%Y%m%dT%H%M%SZ}" in feed_of(client, student).text
    assert f"DTSTART:{common}" in feed_of(client, make_member(assignment.course, "student")).text


@pytest.mark.parametrize(
    "hidden",
    [{"is_draft": True}, {"opens_at": NOW + timedelta(days=1)}, {"due_at": None}],
    ids=["a draft", "not open yet", "no date"],
)
def test_what_a_learner_cannot_see_is_not_in_it(client, exercises, course, student, hidden):
    write_exercise(exercises, "gradients/hidden", title="Hidden words")
    fields = {"slug": "gradients/hidden", "exercise": "gradients/hidden", "due_at": NOW + timedelta(days=3)} | hidden
    make_assignment(course, **fields)

    text = feed_of(client, student).text
    assert "Hidden words" not in text
    assert "gradients/hidden" not in text


def test_only_courses_that_go_on_and_that_one_is_in(client, assignment, student):
    due(assignment, days=3)
    elsewhere = make_assignment(make_course(title="Elsewhere"))
    due(elsewhere, days=3)
    assert "BEGIN:VEVENT" in feed_of(client, student).text
    assert "Elsewhere" not in feed_of(client, student).text

    Course.objects.filter(pk=assignment.course_id).update(archived_at=NOW)
    assert "BEGIN:VEVENT" not in feed_of(client, student).text
    Course.objects.update(archived_at=None)
    Enrollment.objects.filter(user=student).delete()
    assert "BEGIN:VEVENT" not in feed_of(client, student).text


def test_an_exempt_assignment_is_not_due(client, assignment, student, instructor):
    due(assignment, days=3)
    decide(assignment, student, action=Action.EXEMPTED, by=instructor, why="Moved here", exempt=True)

    assert "BEGIN:VEVENT" not in feed_of(client, student).text


def test_an_address_ends_when_it_is_replaced_closed_or_nobodys(client, student):
    address = reverse("calendars:feed", args=[renew(student).key])
    assert client.get(address).status_code == 200
    renew(student)
    assert client.get(address).status_code == 404

    address = reverse("calendars:feed", args=[CalendarFeed.objects.get().key])
    student.is_active = False
    student.save()
    assert client.get(address).status_code == 404
    student.is_active = True
    student.save()
    assert client.get(address).status_code == 200
    stop(student)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("change", ["0-{sign}", "{pk}-", "{pk}-{wrong}", "{pk}", "x-{sign}", "²-{sign}", "9" * 40])
def test_a_guessed_address_opens_nothing(client, student, change):
    pk, _, sign = renew(student).key.partition("-")
    wrong = ("0" if sign[0] != "0" else "1") + sign[1:]

    key = change.format(pk=pk, sign=sign, wrong=wrong)
    assert client.get(f"/calendar/{key}.ics").status_code == 404


def test_nothing_new_is_not_sent_again(client, assignment, student):
    due(assignment, days=3)
    first = feed_of(client, student)
    address = reverse("calendars:feed", args=[CalendarFeed.objects.get().key])

    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    due(assignment, days=4)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_event_keeps_its_id_when_the_date_changes(client, assignment, student):
    due(assignment, days=3)
    first = feed_of(client, student).text
    due(assignment, days=9)

    ids = [
        [line for line in text.splitlines() if line.startswith("UID")]
        for text in (first, feed_of(client, student).text)
    ]
    assert ids[0] == ids[1] != []


def test_requests_of_one_feed_are_limited(client, student, settings):
    settings.CALENDAR_REQUESTS_PER_MINUTE = 2
    statuses = [feed_of(client, student).status_code for _ in range(5)]

    # A minute can end meanwhile, and then the count starts again.
    assert 429 in statuses
    assert statuses[:2] == [200, 200]


def test_the_page_shows_the_address_and_replaces_it(client, student):
    client.force_login(student)
    page = reverse("calendars:address")
    assert ".ics" not in client.get(page).text
    client.post(reverse("calendars:renew"))
    key = CalendarFeed.objects.get().key
    assert key in client.get(page).text
    client.post(reverse("calendars:renew"))

    assert key not in client.get(page).text
    assert CalendarFeed.objects.get().key in client.get(page).text
