from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from server.audit.models import AuditAction, AuditEntry
from server.gradebook.accommodations import extend, set_more_time
from server.gradebook.errors import Invalid
from server.gradebook.merging import merge_grades
from server.gradebook.models import Accommodation, Action, Grade
from server.gradebook.rules import MoreTime
from server.gradebook.selectors import terms_of
from server.gradebook.services import decide
from server.notifications import deadlines
from server.notifications.models import News
from tests.support.people import graded, make_assignment, make_student

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def late(course, student):
    """An assignment of ten days that closed two days ago, and that the student handed in a day late."""
    due = timezone.now() - 2 * DAY
    made = make_assignment(course, slug="unit/late", opens_at=due - 10 * DAY, due_at=due, late_percent_per_day=10)
    graded(student, made, 10, submitted_at=due + DAY)
    made.closes_at = due
    made.save()
    assert final_of(student, made) == 90
    return made


def final_of(learner, assignment):
    return Grade.objects.get(learner=learner, assignment=assignment).final


def test_more_time_holds_in_every_assignment_and_in_later_ones(course, student, instructor, late):
    set_more_time(course, [student], MoreTime(days=3), by=instructor, why="Note of the doctor")

    assert final_of(student, late) == 100
    assert terms_of(late, student).closes_at == terms_of(late, student).due_at > timezone.now()
    later = make_assignment(course, slug="unit/later", due_at=timezone.now() + DAY)
    assert terms_of(later, student).due_at == later.due_at + 3 * DAY
    assert terms_of(later, make_student(course)).due_at == later.due_at


def test_taking_it_away_restores_the_grade_and_is_logged(course, student, instructor, late):
    set_more_time(course, [student], MoreTime(factor=1.5), by=instructor, why="Dyslexia")
    assert final_of(student, late) == 100
    set_more_time(course, [student], MoreTime(), by=instructor, why="By mistake")

    assert final_of(student, late) == 90
    assert not Accommodation.objects.exists()
    back, given = AuditEntry.objects.filter(action=AuditAction.ACCOMMODATED)
    assert (given.about, given.before, given.after, given.why) == (student, "none", "1.5 times the time", "Dyslexia")
    assert (back.before, back.after) == ("1.5 times the time", "none")


def test_the_same_time_again_changes_nothing(course, student, instructor):
    more = MoreTime(days=2)

    assert set_more_time(course, [student], more, by=instructor, why="Ill") == 1
    assert set_more_time(course, [student], more, by=instructor, why="Ill") == 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (MoreTime(days=-1), "x"),
        (MoreTime(days=366), "x"),
        (MoreTime(factor=0.5), "x"),
        (MoreTime(factor=11), "x"),
        (MoreTime(factor=float("nan")), "x"),
        (MoreTime(factor=float("inf")), "x"),
        (MoreTime(days=1), "  "),
        (MoreTime(days=1), "x" * 501),
    ],
)
def test_impossible_times_and_missing_reasons_are_refused(course, student, instructor, more, why):
    with pytest.raises(Invalid):
        set_more_time(course, [student], more, by=instructor, why=why)

    assert not Accommodation.objects.exists()


def test_nobody_and_no_due_date_are_refused(course, student, instructor, assignment):
    with pytest.raises(Invalid, match="at least one person"):
        set_more_time(course, [], MoreTime(days=1), by=instructor, why="x")
    with pytest.raises(Invalid, match="due date"):
        extend([assignment], [student], days=1, by=instructor, why="x")


def test_many_people_get_days_after_their_due_dates(course, instructor):
    course.time_zone = "Europe/Berlin"
    course.save()
    one = make_assignment(course, slug="unit/one", due_at=datetime(2096, 10, 27, 23, 59, tzinfo=BERLIN))
    ada, ben = make_student(course), make_student(course)
    set_more_time(course, [ben], MoreTime(days=1), by=instructor, why="x")

    assert len(extend([one], [ada, ben], days=1, by=instructor, why="The server was down")) == 2
    due = dict(Grade.objects.filter(assignment=one).values_list("learner", "due_at"))
    assert due == {
        ada.pk: datetime(2096, 10, 28, 23, 59, tzinfo=BERLIN),
        ben.pk: datetime(2096, 10, 29, 23, 59, tzinfo=BERLIN),
    }
    # A later date of one's own stays.
    assert extend([one], [ada, ben], days=1, by=instructor, why="Again") == []


def test_days_that_end_in_the_past_give_nobody_anything(course, student, instructor, late):
    soon = make_assignment(course, slug="unit/soon", due_at=timezone.now() + DAY)

    with pytest.raises(Invalid, match="in the past"):
        extend([soon, late], [student], days=1, by=instructor, why="x")
    assert not Grade.objects.filter(due_at__isnull=False).exists()


@pytest.mark.parametrize("name", ["due_at", "closes_at"])
@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2020, 1, 1, tzinfo=UTC), "in the past"),
        (datetime(1, 1, 1, 12, tzinfo=UTC), "Choose a year"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "Choose a year"),
    ],
)
def test_an_extension_into_the_past_is_refused(assignment, student, instructor, name, moment, words):
    with pytest.raises(Invalid, match=words):
        decide(assignment, student, action=Action.EXTENDED, by=instructor, why="x", **{name: moment})


def test_a_date_that_gives_no_more_time_is_refused(course, student, instructor):
    assignment = make_assignment(course, slug="unit/open", due_at=timezone.now() + 5 * DAY)

    with pytest.raises(Invalid, match="no more time"):
        decide(assignment, student, action=Action.EXTENDED, by=instructor, why="x", due_at=timezone.now() + DAY)


def test_an_extension_that_is_over_hinders_no_other_decision(assignment, student, instructor):
    over = timezone.now() - DAY
    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="x", due_at=over, now=over - DAY)
    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="y", due_at=over, extra_attempts=1)

    assert Grade.objects.get(learner=student).extra_attempts == 1


def test_the_learner_hears_of_it_and_is_reminded_later(course, student, instructor, settings):
    settings.SENDS_MAIL = True
    make_assignment(course, slug="unit/soon", due_at=timezone.now() - 2 * DAY + timedelta(hours=5))
    make_student(course)
    set_more_time(course, [student], MoreTime(days=2), by=instructor, why="private")
    news = News.objects.get()
    assert (news.user, "2 days more" in news.text, "private" in news.text) == (student, True, False)
    News.objects.all().delete()

    deadlines.remind()

    (news,) = News.objects.all()
    assert news.user == student
    assert "is due on" in news.text


def test_a_merged_account_keeps_the_more_generous_time(course, student, instructor):
    gone = make_student(course)
    set_more_time(course, [gone], MoreTime(days=5), by=instructor, why="x")
    set_more_time(course, [student], MoreTime(factor=2), by=instructor, why="y")

    merge_grades(gone, student, by=instructor)

    row = Accommodation.objects.get()
    assert (row.learner, row.extra_days, row.time_factor) == (student, 5, 2)
