"""Terms on the instructor's pages: what happens if a form is not touched, if a time does not exist when clocks go
forward, if a value is impossible, and if many people get more time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from server.audit.models import AuditEntry
from server.gradebook.models import Accommodation, Assignment, Grade, GradeChange
from tests.support.people import graded, make_assignment, make_student

BERLIN = ZoneInfo("Europe/Berlin")
# To the microsecond, in the hour that exists twice.
STORED = datetime(2026, 10, 25, 0, 30, 17, 123, tzinfo=UTC)


@pytest.fixture
def berlin(course):
    course.time_zone = "Europe/Berlin"
    course.save()
    return course


def shown(page):
    """The fields of the first form, as a browser sends them back if nobody touches them."""
    fields = {field.html_name: field.value() for field in page.context["form"]}
    sent = {}
    for field in page.context["form"]:
        value = fields[field.html_name]
        if isinstance(value, datetime):
            value = value.strftime("%Y-%m-%dT%H:%M")
        if value is True:
            value = "on"
        if value is not None and value is not False:
            sent[field.html_name] = value
    return sent


def test_saving_an_unchanged_form_changes_nothing(teach, berlin, assignment, student):
    Assignment.objects.update(
        opens_at=STORED - timedelta(days=3), due_at=STORED, closes_at=STORED, late_percent_per_day=12.345, points=33.3
    )
    graded(student, assignment, 7, submitted_at=STORED + timedelta(days=2))
    # If nobody touched the form, grades are not computed again, even if an earlier version had other rules.
    before = Assignment.objects.values().get()
    changes = GradeChange.objects.count()
    page = teach("dashboard:assignment", assignment.pk)
    answer = teach("dashboard:assignment", assignment.pk, method="post", data=shown(page), follow=True)

    assert "Nothing was changed." in answer.text
    assert Assignment.objects.values().get() == before
    assert GradeChange.objects.count() == changes
    assert not AuditEntry.objects.filter(action="terms.changed").exists()


def test_another_field_leaves_the_times_to_the_microsecond(teach, berlin, assignment):
    Assignment.objects.update(due_at=STORED)
    sent = shown(teach("dashboard:assignment", assignment.pk)) | {"points": "50"}
    teach("dashboard:assignment", assignment.pk, method="post", data=sent)

    changed = Assignment.objects.get()
    assert (changed.points, changed.due_at) == (50, STORED)


def test_the_form_reads_and_names_the_zone_of_the_course(teach, berlin, assignment, instructor):
    instructor.time_zone = "Asia/Seoul"
    instructor.save()
    page = teach("dashboard:assignment", assignment.pk)
    assert "In Europe/Berlin." in page.text
    answer = teach(
        "dashboard:assignment", assignment.pk, method="post", data=shown(page) | {"due_at": "2027-01-10T23:59"}
    )

    assert answer.status_code == 302
    assert Assignment.objects.get().due_at == datetime(2027, 1, 10, 23, 59, tzinfo=BERLIN)
    # The list of assignments shows it in the reader's own zone.
    assert "11 Jan 2027, 07:59 KST" in teach("dashboard:assignments").text


def test_times_while_the_clocks_change_are_refused_or_explained(teach, berlin, assignment):
    sent = shown(teach("dashboard:assignment", assignment.pk))
    refused = teach("dashboard:assignment", assignment.pk, method="post", data=sent | {"due_at": "2027-03-28T02:30"})
    assert refused.status_code == 422
    assert "there is no 02:30 in Europe/Berlin" in refused.text

    saved = teach(
        "dashboard:assignment", assignment.pk, method="post", data=sent | {"due_at": "2026-10-25T02:30"}, follow=True
    )
    assert "02:30 exists twice on that day" in saved.text
    assert Assignment.objects.get().due_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": "0"},
        {"attempts": "99999999999999999999"},
        {"attempts": "-1"},
        {"grace_minutes": "99999999999"},
        {"grace_minutes": "-1"},
        {"cooldown_seconds": "9223372036854775807"},
        {"position": "9223372036854775808"},
        {"points": "1e308"},
        {"points": "inf"},
        {"late_percent_per_day": "nan"},
        {"late_percent_cap": "-0.1"},
        {"due_at": "0001-01-01T00:00"},
        {"due_at": "9999-12-31T23:59"},
        {"opens_at": "1970-01-01T00:00"},
        {"closes_at": "275760-09-13T00:00"},
        {"practice": "maybe"},
        {"own_title": "x" * 201},
        {"own_title": "a\x00b"},
    ],
)
def test_impossible_terms_are_form_errors(teach, assignment, wrong):
    before = Assignment.objects.values().get()
    sent = shown(teach("dashboard:assignment", assignment.pk)) | wrong
    answer = teach("dashboard:assignment", assignment.pk, method="post", data=sent)

    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert Assignment.objects.values().get() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_at": "2020-01-01T00:00"},
        {"closes_at": "2020-01-01T00:00"},
        {"due_at": "0001-01-01T00:00"},
        {"due_at": "9999-12-31T23:59"},
        {"due_at": "2027-03-28T02:30"},
        {"extra_attempts": "1001"},
        {"extra_attempts": "99999999999999999999"},
    ],
)
def test_impossible_extensions_are_form_errors(teach, berlin, assignment, student, wrong):
    sent = {"why": "Ill", "extra_attempts": "0"} | wrong
    answer = teach("dashboard:decide", assignment.pk, student.pk, "extend", method="post", data=sent)

    assert answer.status_code == 422
    assert not Grade.objects.filter(due_at__isnull=False).exists()


def test_one_exercise_twice_gets_a_number_or_its_own_title(teach, course, assignment):
    sent = {"exercise": assignment.exercise, "points": "10", "keeps": "best", "attempts": "", "cooldown_seconds": "0"}
    sent |= {"late_percent_per_day": "0", "late_percent_cap": "100", "grace_minutes": "0"}
    teach("dashboard:new-assignment", method="post", data=sent | {"slug": "exam/square"})
    teach("dashboard:new-assignment", method="post", data=sent | {"slug": "exam/own", "own_title": "The exam"})
    refused = teach("dashboard:new-assignment", method="post", data=sent | {"slug": "exam/no", "own_title": "the EXAM"})

    assert refused.status_code == 422
    assert "called “the EXAM” already" in refused.text
    assert {one.title for one in course.assignments.all()} == {"The square", "The square (2)", "The exam"}


def test_equal_titles_of_before_are_numbered_in_every_table(teach, client, course, assignment, student):
    make_assignment(course, slug="exam/square", position=1)
    make_assignment(course, slug="exam/third", position=2)

    canvas = teach("dashboard:export", "canvas").content.decode("utf-8-sig")
    assert "The square,The square (2),The square (3)" in canvas
    assert "The square (3)" in teach("dashboard:gradebook").text
    assert "The square (3)" in teach("dashboard:student", student.pk).text
    client.force_login(student)
    assert "The square (2)" in client.get(course.get_absolute_url()).text


@pytest.fixture
def people(berlin):
    monday = berlin.sections.create(name="Monday")
    made = [make_student(berlin) for _ in range(3)]
    berlin.enrollments.filter(user__in=made[1:]).update(section=monday)
    return made


def test_more_time_goes_to_picked_people_and_a_section(teach, berlin, people, student):
    due = datetime(2096, 10, 27, 23, 59, tzinfo=BERLIN)
    one = make_assignment(berlin, slug="unit/one", due_at=due)
    page = teach("dashboard:more-time", data={"person": [people[0].pk, "x", "9" * 30]})
    assert f'<option value="{people[0].pk}" selected>' in page.text
    who = {"people": [people[0].pk], "section": berlin.sections.get().pk, "why": "The server was down"}
    teach("dashboard:more-time", method="post", data=who | {"which": "chosen", "assignments": [one.pk], "days": 1})
    assert set(Grade.objects.values_list("learner", "due_at")) == {
        (user.pk, datetime(2096, 10, 28, 23, 59, tzinfo=BERLIN)) for user in people
    }

    answer = teach("dashboard:more-time", method="post", data=who | {"which": "every", "days": 2, "factor": 1.5})
    assert answer.status_code == 302
    assert set(Accommodation.objects.values_list("learner", flat=True)) == {user.pk for user in people}
    assert "2 days more and 1.5 times the time" in teach("dashboard:more-time").text
    assert "2 days more and 1.5 times the time" in teach("dashboard:student", people[1].pk).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": "-1"},
        {"days": "366"},
        {"days": "9" * 30},
        {"factor": "0"},
        {"factor": "nan"},
        {"factor": "1e400"},
        {"people": "999999999999999999999"},
        {"section": "999999999999999999999"},
        {"why": ""},
        {"which": "chosen", "assignments": []},
        {"which": "else"},
    ],
)
def test_impossible_time_for_many_is_a_form_error(teach, people, wrong):
    sent = {"people": [people[0].pk], "which": "every", "days": "1", "factor": "1", "why": "x"} | wrong

    assert teach("dashboard:more-time", method="post", data=sent).status_code == 422
    assert not Accommodation.objects.exists()


def test_people_of_other_courses_get_nothing(teach, people, exercises):
    stranger = make_student(make_assignment().course)
    sent = {"people": [stranger.pk], "which": "every", "days": "1", "why": "x"}

    assert teach("dashboard:more-time", method="post", data=sent).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"slip_days": "-1"}, {"slip_days": "101"}, {"slip_days": "9" * 30}, {"time_zone": "Mars"}]
)
def test_impossible_settings_of_a_course_are_form_errors(teach, course, wrong):
    sent = shown(teach("course_setup:settings")) | wrong

    assert teach("course_setup:settings", method="post", data=sent).status_code == 422


def test_the_settings_of_a_course_are_saved_and_logged(teach, course):
    sent = shown(teach("course_setup:settings")) | {"slip_days": "5", "practice": "on", "time_zone": "Asia/Seoul"}
    assert teach("course_setup:settings", method="post", data=sent).status_code == 302

    course.refresh_from_db()
    assert (course.slip_days, course.practice, course.time_zone) == (5, True, "Asia/Seoul")


def test_a_person_reads_times_in_their_own_zone(client, course, student, assignment):
    assignment.due_at = datetime(2027, 1, 10, 23, 59, tzinfo=UTC)
    assignment.save()
    course.time_zone = "America/Sao_Paulo"
    course.save()
    client.force_login(student)
    address = f"{course.get_absolute_url()}grades/"
    assert "10 Jan 2027, 20:59 UTC-03:00" in client.get(address).text

    client.post("/accounts/profile/", {"first_name": "Ada", "last_name": "L", "time_zone": "Asia/Seoul"})
    assert "11 Jan 2027, 08:59 KST" in client.get(address).text
    assert client.post("/accounts/profile/", {"time_zone": "Mars/Olympus"}).status_code == 422


def test_a_zone_does_not_outlive_its_request(client, course, student):
    course.time_zone = "Asia/Seoul"
    course.save()
    client.force_login(student)
    client.get(course.get_absolute_url())

    assert timezone.get_current_timezone_name() == "UTC"
