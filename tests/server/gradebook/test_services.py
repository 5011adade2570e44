from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from server.gradebook.errors import Invalid, Overtaken
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.services import change_terms, decide, refresh, undo
from server.gradebook.signals import grade_changed
from server.gradebook.states import decision_in, state_of
from server.submissions import services as submissions
from server.submissions.errors import NotNow
from tests.support.people import graded, make_assignment, make_member, make_student, make_submission

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def grade_of(learner, assignment):
    return Grade.objects.get(learner=learner, assignment=assignment)


def test_a_report_writes_the_grade_and_its_change(student, assignment):
    submission = graded(student, assignment, given=7)

    grade = grade_of(student, assignment)
    assert (grade.raw, grade.penalty, grade.final, grade.counted) == (70, 0, 70, submission)
    (change,) = GradeChange.objects.all()
    assert (change.action, change.by, change.old["final"], change.new["final"]) == (Action.GRADED, None, None, 70)


def test_an_attempt_that_does_not_count_leaves_no_change(student, assignment):
    graded(student, assignment, given=7)
    graded(student, assignment, given=3)

    assert GradeChange.objects.count() == 1
    assert grade_of(student, assignment).used == 2


def test_a_test_run_never_changes_a_grade(student, assignment):
    from tests.support.people import record

    record(make_submission(student, assignment, kind="check"))

    assert not Grade.objects.exists()


def test_the_number_of_attempts_until_passing_is_kept(student, assignment):
    graded(student, assignment, given=3)
    passed = graded(student, assignment, given=10)
    graded(student, assignment, given=10)

    grade = grade_of(student, assignment)
    assert (grade.passed_after, grade.passed_at, grade.used) == (2, passed.submitted_at, 3)


def test_computing_a_grade_again_writes_nothing(student, assignment, django_assert_num_queries):
    graded(student, assignment, given=7)
    before = state_of(grade_of(student, assignment))

    assert refresh(assignment) == []
    assert state_of(grade_of(student, assignment)) == before
    assert GradeChange.objects.count() == 1


def test_an_override_replaces_the_score_and_keeps_it(student, assignment, instructor):
    graded(student, assignment, given=3)
    decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="Right idea", override=55)

    grade = grade_of(student, assignment)
    assert (grade.raw, grade.final) == (30, 55)
    change = GradeChange.objects.first()
    assert (change.by, change.why, change.old["final"], change.new["final"]) == (instructor, "Right idea", 30, 55)


def test_an_override_stays_after_later_submissions(student, assignment, instructor):
    decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="Oral exam", override=90)
    graded(student, assignment, given=10)

    assert grade_of(student, assignment).final == 90


@pytest.mark.parametrize("points", [-1, 100.5, float("nan"), float("inf")])
def test_an_override_outside_of_the_points_is_refused(student, assignment, instructor, points):
    with pytest.raises(Invalid):
        decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="?", override=points)

    assert not GradeChange.objects.exists()


def test_a_decision_without_a_reason_is_refused(student, assignment, instructor):
    with pytest.raises(Invalid):
        decide(assignment, student, action=Action.EXEMPTED, by=instructor, why="  ", exempt=True)


def test_a_decision_that_changes_nothing_is_not_written_down(student, assignment, instructor):
    assert decide(assignment, student, action=Action.EXEMPTED, by=instructor, why="?", exempt=False) is None
    assert not GradeChange.objects.exists()


def test_more_time_takes_the_penalty_away(student, assignment, instructor):
    assignment.due_at, assignment.late_percent_per_day = NOW, 10
    assignment.save()
    graded(student, assignment, given=10, submitted_at=NOW + DAY)
    refresh(assignment)
    assert grade_of(student, assignment).final == 90

    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="Ill", due_at=NOW + 2 * DAY, now=NOW)
    assert grade_of(student, assignment).final == 100


def test_more_attempts_open_an_assignment_again_for_that_learner_only(student, assignment, instructor):
    assignment.attempts = 1
    assignment.save()
    graded(student, assignment, given=1)
    with pytest.raises(NotNow):
        submissions.submit(learner=student, assignment=assignment, source="x = 1")

    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="Lost its net", extra_attempts=1)
    submissions.submit(learner=student, assignment=assignment, source="x = 1")


def test_new_terms_update_every_grade_and_record_the_author(assignment, instructor):
    learners = [make_student(assignment.course) for _ in range(3)]
    for learner in learners:
        graded(learner, assignment, given=5)
    assignment.points = 10

    changes = change_terms(assignment, by=instructor)

    assert len(changes) == 3
    assert {grade_of(learner, assignment).final for learner in learners} == {5}
    assert {(change.action, change.by) for change in changes} == {(Action.TERMS, instructor)}


def test_refreshing_a_class_costs_the_same_for_any_size(assignment, django_assert_num_queries):
    for _ in range(5):
        graded(make_student(assignment.course), assignment, given=5)

    with django_assert_num_queries(2):
        refresh(assignment)


def test_undoing_restores_the_grade_and_can_be_undone(student, assignment, instructor):
    graded(student, assignment, given=3)
    change = decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="Right idea", override=55)

    undone = undo(change, by=instructor, why="Wrong student")
    assert grade_of(student, assignment).final == 30
    assert (undone.action, undone.undoes) == (Action.UNDONE, change)

    undo(undone, by=instructor, why="No, right student")
    assert grade_of(student, assignment).final == 55


def test_undoing_twice_or_out_of_turn_is_refused(student, assignment, instructor):
    first = decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="a", override=55)
    second = decide(assignment, student, action=Action.EXEMPTED, by=instructor, why="b", exempt=True)
    with pytest.raises(Overtaken):
        undo(first, by=instructor, why="c")

    undo(second, by=instructor, why="d")
    undo(first, by=instructor, why="e")
    with pytest.raises(Overtaken):
        undo(second, by=instructor, why="f")


def test_a_score_can_be_overridden_but_not_undone(student, assignment, instructor):
    graded(student, assignment, given=3)

    with pytest.raises(Invalid):
        undo(GradeChange.objects.get(), by=instructor, why="?")


def test_every_change_sends_a_signal(student, assignment, instructor):
    heard = []

    def hear(change, **_):
        heard.append(change.new["final"])

    grade_changed.connect(hear)
    try:
        graded(student, assignment, given=3)
        decide(assignment, student, action=Action.EXEMPTED, by=instructor, why="Ill", exempt=True)
    finally:
        grade_changed.disconnect(hear)

    assert heard == [30, None]


moves = st.lists(
    st.one_of(
        st.tuples(st.just(Action.OVERRIDDEN), st.fixed_dictionaries({"override": st.none() | st.integers(0, 100)})),
        st.tuples(st.just(Action.EXEMPTED), st.fixed_dictionaries({"exempt": st.booleans()})),
        st.tuples(st.just(Action.EXTENDED), st.fixed_dictionaries({"extra_attempts": st.integers(0, 3)})),
        st.tuples(st.just(Action.EXTENDED), st.fixed_dictionaries({"due_at": st.none() | st.just(NOW + DAY)})),
    ),
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=15)
@given(moves)
def test_undoing_every_decision_latest_first_ends_where_it_began(moves):
    assignment = make_assignment(due_at=NOW, late_percent_per_day=10)
    learner, instructor = make_student(assignment.course), make_member(assignment.course, "instructor")
    graded(learner, assignment, given=8, submitted_at=NOW + DAY)
    before = state_of(grade_of(learner, assignment))

    made = [
        decide(assignment, learner, action=action, by=instructor, why="?", now=NOW, **what) for action, what in moves
    ]
    for change in reversed([change for change in made if change]):
        undo(change, by=instructor, why="back")

    assert state_of(grade_of(learner, assignment)) == before


def test_a_decision_survives_its_stored_form(student, assignment, instructor):
    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="Ill", due_at=timezone.now() + DAY)

    change = GradeChange.objects.get()
    assert decision_in(change.new) == grade_of(student, assignment).decision
