from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from grader.protocol.reports import Report
from server.course_setup.services import change
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.rules import Attempt, Keeps, LateRule, Terms
from server.gradebook.services import change_terms, decide, refresh_course, undo
from server.gradebook.slip_days import pools, share_out
from server.submissions.services import rescore
from tests.support.people import graded, make_assignment, make_course, make_report, make_student

BERLIN = ZoneInfo("Europe/Berlin")
# The clocks in Berlin go back a day later.
DUE = datetime(2026, 10, 24, 23, 59, tzinfo=BERLIN)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

rules = st.builds(LateRule, per_day=st.sampled_from([0, 0.1, 0.5, 1]), cap=st.sampled_from([0.5, 1.0]))
terms = st.builds(
    Terms, points=st.just(100), due_at=st.just(DUE), keeps=st.sampled_from(Keeps), late=rules, zone=st.just(BERLIN)
)
attempts = st.lists(
    st.builds(
        Attempt,
        submitted_at=st.integers(-24, 24 * 8).map(lambda hours: DUE + hours * HOUR),
        fraction=st.sampled_from([0, 0.4, 0.9, 1]),
    ),
    max_size=4,
)
work = st.dictionaries(st.integers(1, 4), st.tuples(terms, attempts), max_size=3)


@given(st.integers(0, 6), work)
def test_never_more_days_are_used_than_there_are(days, work):
    used = share_out(days, work)

    assert sum(used.values()) <= days
    assert all(number > 0 for number in used.values())


@given(st.integers(0, 6), work, st.integers(1, 4), terms, attempts)
def test_later_work_never_takes_a_day_from_earlier_work(days, work, key, terms, later):
    last = max((one.submitted_at for _, attempts in work.values() for one in attempts), default=DUE)
    later = [Attempt(submitted_at=max(one.submitted_at, last + HOUR), fraction=one.fraction) for one in later]
    before = share_out(days, work)
    old_terms, old = work.get(key, (terms, []))
    after = share_out(days, work | {key: (old_terms, [*old, *later])})

    assert all(after.get(one, 0) >= number for one, number in before.items())


def late(hours, fraction=1.0):
    """An attempt so many hours after the due date; an hour of the first night exists twice."""
    return Attempt(submitted_at=(DUE.astimezone(ZoneInfo("UTC")) + hours * HOUR), fraction=fraction)


def penalized(per_day=0.1, cap=1.0):
    return Terms(points=100, due_at=DUE, late=LateRule(per_day=per_day, cap=cap), zone=BERLIN)


@pytest.mark.parametrize(
    ("days", "work", "used"),
    [
        # 25 hours after 23:59 it is 23:59 again: one day.
        (5, {1: (penalized(), [late(25)])}, {1: 1}),
        (5, {1: (penalized(), [late(26)])}, {1: 2}),
        # If too few are left, they are used, although they are not enough.
        (1, {1: (penalized(), [late(26)])}, {1: 1}),
        # If two need the last day, the first that was handed in gets it.
        (1, {1: (penalized(), [late(9)]), 2: (penalized(), [late(8)])}, {2: 1}),
        # An attempt that raises no grade uses nothing.
        (5, {1: (penalized(), [late(-1, 1.0), late(9, 0.9)])}, {}),
        (5, {1: (penalized(per_day=0), [late(9)])}, {}),
        # If days only reach the cap, they would be wasted.
        (2, {1: (penalized(per_day=0.5, cap=0.5), [late(100)])}, {}),
    ],
)
def test_the_rule_by_example(days, work, used):
    assert share_out(days, work) == used


@pytest.fixture
def course(db):
    return make_course(time_zone="Europe/Berlin", slip_days=2)


@pytest.fixture
def first(course):
    return make_assignment(course, slug="unit/first", due_at=DUE, late_percent_per_day=10)


@pytest.fixture
def second(course):
    return make_assignment(course, slug="unit/second", due_at=DUE + 7 * DAY, late_percent_per_day=10)


def grade_of(learner, assignment):
    grade = Grade.objects.get(learner=learner, assignment=assignment)
    return grade.final, grade.slip_days


def test_late_work_uses_slip_days_by_itself(student, course, first, second):
    graded(student, first, 10, submitted_at=DUE + 2 * HOUR)
    graded(student, second, 10, submitted_at=DUE + 9 * DAY)

    assert grade_of(student, first) == (100, 1)
    assert grade_of(student, second) == (90, 1)
    assert pools(course, [student.pk], reader=student)[student.pk].left == 0


def test_a_decision_gives_days_back_and_undoing_takes_them(student, instructor, first, second):
    graded(student, first, 10, submitted_at=DUE + 2 * HOUR)
    graded(student, second, 10, submitted_at=DUE + 9 * DAY)
    made = decide(first, student, action=Action.EXEMPTED, by=instructor, why="Ill", exempt=True)

    assert (grade_of(student, first), grade_of(student, second)) == ((None, 0), (100, 2))
    undo(made, by=instructor, why="Not ill")
    assert (grade_of(student, first), grade_of(student, second)) == ((100, 1), (90, 1))
    assert GradeChange.objects.filter(assignment=second, action=Action.TERMS).count() == 2


def test_a_regrade_and_new_terms_share_out_again(student, instructor, first, second):
    one = graded(student, first, 10, submitted_at=DUE + 2 * HOUR)
    graded(student, second, 10, submitted_at=DUE + 9 * DAY)
    rescore(one, Report.from_dict(make_report(0)))
    refresh_course(first.course, [student.pk], by=instructor, why="A check was wrong")
    assert (grade_of(student, first), grade_of(student, second)) == ((0, 0), (100, 2))

    second.takes_slip_days = False
    change_terms(second, by=instructor)
    assert grade_of(student, second) == (80, 0)


def test_another_pool_or_zone_of_the_course_changes_the_grades(student, instructor, course, first):
    graded(student, first, 10, submitted_at=datetime(2026, 10, 25, 23, 59, tzinfo=BERLIN))
    assert grade_of(student, first) == (100, 1)

    change(course, {"slip_days": 0}, by=instructor)
    assert grade_of(student, first) == (90, 0)
    change(course, {"time_zone": "UTC"}, by=instructor)
    assert grade_of(student, first) == (80, 0)


def test_the_days_of_others_are_theirs(course, first):
    ada, ben = make_student(course), make_student(course)
    for learner in (ada, ben):
        graded(learner, first, 10, submitted_at=DUE + 30 * HOUR)

    assert {grade_of(ada, first), grade_of(ben, first)} == {(100, 2)}


def test_held_results_do_not_tell_by_their_slip_days(student, instructor, course, first):
    first.results_held = True
    first.save()
    graded(student, first, 10, submitted_at=DUE + 2 * HOUR)

    assert pools(course, [student.pk], reader=student)[student.pk].left == 2
    assert pools(course, [student.pk], reader=instructor)[student.pk].left == 1


def test_pages_show_the_days_that_are_left(client, student, instructor, course, first):
    graded(student, first, 10, submitted_at=DUE + 2 * HOUR)
    client.force_login(student)
    for page in (course.get_absolute_url(), f"{course.get_absolute_url()}grades/", first.get_absolute_url()):
        assert "1 of 2" in " ".join(client.get(page).text.split())

    client.force_login(instructor)
    assert "1 of 2 slip days left" in client.get(f"/courses/{course.slug}/teach/students/{student.pk}/").text


def test_computing_a_course_again_locks_and_reads_once(course, first, second, instructor):
    for _ in range(3):
        graded(make_student(course), first, 10, submitted_at=DUE + 2 * HOUR)

    with CaptureQueriesContext(connection) as queries:
        refresh_course(course, by=instructor, why="New rules")

    assert [one["sql"] for one in queries if "INSERT" in one["sql"] or 'UPDATE "' in one["sql"]] == []
    # A savepoint, the locks of learners and grades, the pool (5), the assignments, and two for each of these.
    assert len(queries) == 2 + 2 + 5 + 1 + 2 * 2
