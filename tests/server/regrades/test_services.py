import json

import pytest
from django.utils import timezone

from grader.protocol.reports import Outcome
from server.celery import app
from server.courses.visibility import everybody
from server.gradebook.errors import GradeError
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.services import decide, undo
from server.gradebook.states import state_of
from server.regrades import services, turns
from server.regrades.errors import RegradeError
from server.regrades.models import RegradeScope, Rerun, Stage
from server.regrades.reconcile import reconcile
from server.regrades.selectors import ChangeKind, reruns, tally
from server.regrades.signals import regrade_applied
from server.submissions.models import State
from server.submissions.queue import worker_presence
from tests.support.people import graded, make_report, make_student, make_submission, record


@pytest.fixture(autouse=True)
def _an_empty_regrading_queue():
    with app.connection_for_write() as connection:
        for queue in ("regrading.cpu", "records"):
            connection.SimpleQueue(queue).clear()


@pytest.fixture
def begin(assignment, instructor):
    def start(**options):
        return services.start(assignment.course, [assignment], by=instructor, why="A check was wrong", **options)

    return start


def answer(regrade, given, most=10.0, **fields):
    """The graders answer every rerun with the same points."""
    for rerun in regrade.reruns.filter(state=State.QUEUED):
        report = make_report(given, most, **fields)
        assert services.record(submission=str(rerun.pk), token=rerun.token, report=report)


def final(learner, assignment):
    return Grade.objects.get(learner=learner, assignment=assignment).final


def test_a_preview_changes_no_score_and_no_grade(student, assignment, begin):
    submission = graded(student, assignment, given=3)
    answer(begin(), 10)

    submission.refresh_from_db()
    assert submission.given == 3
    assert final(student, assignment) == 30


def test_applying_replaces_scores_and_records_who_and_why(student, assignment, begin, instructor):
    submission = graded(student, assignment, given=3)
    regrade = begin()
    answer(regrade, 10)

    (change,) = services.apply(regrade, by=instructor)

    submission.refresh_from_db()
    assert (submission.given, submission.report["findings"][0]["points"]) == (10, 10)
    assert final(student, assignment) == 100
    assert (change.action, change.by, change.why) == (Action.REGRADED, instructor, "A check was wrong")
    regrade.refresh_from_db()
    assert regrade.state == Stage.APPLIED


def test_applying_a_regrade_that_changes_nothing_changes_nothing(student, assignment, begin, instructor):
    submission = graded(student, assignment, given=3)
    before = state_of(Grade.objects.get())
    changes = GradeChange.objects.count()
    regrade = begin()
    answer(regrade, 3)

    assert services.apply(regrade, by=instructor) == []
    submission.refresh_from_db()
    assert submission.given == 3
    assert state_of(Grade.objects.get()) == before
    assert GradeChange.objects.count() == changes


def test_taking_an_applied_regrade_back_ends_where_it_began(student, assignment, begin, instructor):
    submission = graded(student, assignment, given=3)
    report, before = submission.report, state_of(Grade.objects.get())
    regrade = begin()
    answer(regrade, 10)
    services.apply(regrade, by=instructor)

    services.revert(regrade, by=instructor, why="It was right after all")

    submission.refresh_from_db()
    assert (submission.given, submission.report) == (3, report)
    assert state_of(Grade.objects.get()) == before


def test_a_regrade_can_make_gradable_what_was_not(student, assignment, begin, instructor):
    from tests.support.people import record

    submission = make_submission(student, assignment)
    record(submission, make_report(0, outcome=Outcome.UNGRADABLE))
    regrade = begin()
    answer(regrade, 10)
    services.apply(regrade, by=instructor)

    submission.refresh_from_db()
    assert submission.state == State.GRADED
    assert final(student, assignment) == 100


def test_an_override_stands_through_a_regrade(student, assignment, begin, instructor):
    from server.gradebook.services import decide

    graded(student, assignment, given=3)
    decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="Oral exam", override=80)
    regrade = begin()
    answer(regrade, 10)
    services.apply(regrade, by=instructor)

    assert final(student, assignment) == 80
    assert Grade.objects.get().raw == 100


def test_a_score_that_changed_meanwhile_is_left_alone(student, assignment, begin, instructor):
    submission = graded(student, assignment, given=3)
    first, second = begin(), begin()
    answer(first, 10)
    answer(second, 0)
    services.apply(first, by=instructor)

    services.apply(second, by=instructor)

    submission.refresh_from_db()
    assert submission.given == 10


def test_nothing_is_applied_before_every_rerun_is_over(student, assignment, begin, instructor):
    graded(student, assignment, given=3)
    regrade = begin()

    with pytest.raises(RegradeError):
        services.apply(regrade, by=instructor)


@pytest.mark.parametrize("twice", ["apply", "discard"])
def test_a_preview_ends_once(student, assignment, begin, instructor, twice):
    graded(student, assignment, given=3)
    regrade = begin()
    answer(regrade, 10)
    services.apply(regrade, by=instructor)

    with pytest.raises(RegradeError):
        services.apply(regrade, by=instructor) if twice == "apply" else services.discard(regrade)


def test_a_report_that_comes_after_discarding_changes_nothing(student, assignment, begin):
    submission = graded(student, assignment, given=3)
    regrade = begin()
    rerun = regrade.reruns.get()
    services.discard(regrade)

    assert not services.record(submission=str(rerun.pk), token=rerun.token, report=make_report(10))
    submission.refresh_from_db()
    assert submission.given == 3


@pytest.mark.parametrize(
    ("token", "report"),
    [("forged", make_report(10)), (None, {"nonsense": 1}), (None, make_report(10, slug="another/exercise"))],
)
def test_a_forged_or_foreign_report_is_refused(student, assignment, begin, token, report):
    graded(student, assignment, given=3)
    rerun = begin().reruns.get()

    assert not services.record(submission=str(rerun.pk), token=token or rerun.token, report=report)


def test_a_second_report_changes_nothing(student, assignment, begin):
    graded(student, assignment, given=3)
    rerun = begin().reruns.get()
    services.record(submission=str(rerun.pk), token=rerun.token, report=make_report(10))

    assert not services.record(submission=str(rerun.pk), token=rerun.token, report=make_report(0))
    assert Rerun.objects.get().given == 10


def test_reruns_have_lowest_priority_and_the_same_secret_cases(student, assignment, begin, queued):
    submission = graded(student, assignment, given=3)
    regrade = begin()
    turns.fill_all()

    ((task, (job,), embed),) = queued("regrading.cpu")
    rerun = regrade.reruns.get()
    assert task == "grader.grade"
    assert (job["submission"], job["token"], job["seed"]) == (str(rerun.pk), rerun.token, submission.seed)
    assert embed["callbacks"][0]["task"] == "regrades.record"
    assert json.dumps(embed["errbacks"][0]["kwargs"]) == json.dumps({"rerun": str(rerun.pk), "token": rerun.token})


def test_sending_out_twice_sends_each_once(student, assignment, begin, queued):
    graded(student, assignment, given=3)
    begin()

    assert turns.fill_all() == 1
    assert turns.fill_all() == 0
    assert len(queued("regrading.cpu")) == 1


def test_a_submission_uses_the_newest_exercise_version(student, assignment, begin, exercises):
    submission = graded(student, assignment, given=3)
    (exercises / "gradients/square/statement.md").write_text("Another statement")
    assignment = type(assignment).objects.get(pk=assignment.pk)
    regrade = services.start(assignment.course, [assignment], by=student, why="?")

    assert regrade.reruns.get().job().digest != submission.digest


def test_regrades_take_turns_and_fill_only_the_free_places(student, assignment, begin, queued, monkeypatch):
    monkeypatch.setattr(worker_presence, "processes", lambda runtime: 2)
    for given in range(6):
        graded(student, assignment, given=given)
    first, second = begin(), begin()

    turns.fill_all()
    assert [regrade.reruns.exclude(sent_at=None).count() for regrade in (first, second)] == [2, 2]

    answer_one(first.reruns.exclude(sent_at=None).first())
    turns.fill_all()
    assert [regrade.reruns.exclude(sent_at=None).count() for regrade in (first, second)] == [3, 2]
    assert len(queued("regrading.cpu")) == 5


def answer_one(rerun):
    assert services.record(submission=str(rerun.pk), token=rerun.token, report=make_report(10))


def test_lost_reruns_are_sent_again_and_finally_given_up(student, assignment, begin, queued, settings):
    graded(student, assignment, given=3)
    regrade = begin()
    turns.fill_all()
    assert len(queued("regrading.cpu")) == 1
    Rerun.objects.update(leased_until=timezone.now())
    assert reconcile() == 1
    assert len(queued("regrading.cpu")) == 1

    Rerun.objects.update(leased_until=timezone.now(), tries=settings.GRADING_TRIES)
    assert reconcile() == 0
    assert tally(regrade, people=everybody(regrade.course)).errors == 1


def test_reconcile_leaves_reruns_in_the_queue_alone(student, assignment, begin, queued):
    graded(student, assignment, given=3)
    begin()
    turns.fill_all()
    Rerun.objects.update(leased_until=timezone.now())

    assert reconcile() == 0
    assert Rerun.objects.get().tries == 1
    assert len(queued("regrading.cpu")) == 1


def test_a_failure_of_ours_is_tried_again_after_its_wait(student, assignment, begin, settings):
    settings.GRADING_BACKOFF = -1
    graded(student, assignment, given=3)
    begin()
    turns.fill_all()
    rerun = Rerun.objects.get()

    services.record_failure(rerun=str(rerun.pk), token=rerun.token)
    assert Rerun.objects.get().leased_until < timezone.now()


def test_a_regrade_can_be_limited_to_counted_attempts(student, assignment, begin):
    graded(student, assignment, given=3)
    best = graded(student, assignment, given=5)
    graded(student, assignment, given=4)

    assert [rerun.submission for rerun in begin(scope=RegradeScope.COUNTED).reruns.all()] == [best]
    assert begin(scope=RegradeScope.ALL).reruns.count() == 3


def test_nothing_to_grade_again_is_said(assignment, begin):
    with pytest.raises(RegradeError):
        begin()


def test_every_rerun_has_one_kind_and_a_filter(assignment, begin, instructor, client):
    """Old score of each student, new one, and the kind of the change. None: could not be run."""
    cases = [
        ((3, 10), (5, 10), "better"),
        ((8, 10), (5, 10), "worse"),
        ((5, 10), (5, 10), "same"),
        ((5, 10), (10, 20), "rescaled"),
        (None, (5, 10), "runs-now"),
        ((5, 10), None, "fails-now"),
        (None, None, "same"),
        ((4, 10), "error", "error"),
        ((4, 10), "wait", "waiting"),
    ]
    learners = [make_student(assignment.course) for _ in cases]
    for learner, (old, _, _) in zip(learners, cases, strict=True):
        record(make_submission(learner, assignment), report_of(old))
    regrade = begin()
    for learner, (_, new, _) in zip(learners, cases, strict=True):
        rerun = regrade.reruns.get(submission__learner=learner)
        if new == "error":
            Rerun.objects.filter(pk=rerun.pk).update(state=State.ERROR)
        elif new != "wait":
            assert services.record(submission=str(rerun.pk), token=rerun.token, report=report_of(new))

    people = everybody(regrade.course)
    count = tally(regrade, people=people)
    for kind in ChangeKind:
        found = reruns(regrade, people=people, show=kind)
        expected = [learner.pk for learner, case in zip(learners, cases, strict=True) if case[2] == kind]
        assert sorted(rerun.submission.learner_id for rerun in found) == sorted(expected), kind
        assert count.kinds[kind] == len(expected)
    assert (count.total, count.over, count.changed, count.errors, count.ready) == (9, 8, 5, 1, False)

    client.force_login(instructor)
    page = client.get(regrade.get_absolute_url()).content.decode()
    assert page.count('class="is-changed"') == 5
    assert page.count("<tr") == 6  # the head, and nothing that stays the same
    every = client.get(regrade.get_absolute_url() + "?show=all").content.decode()
    assert every.count("<tr") == 10
    assert "No score has changed" not in page


def report_of(score):
    return make_report(0, outcome=Outcome.UNGRADABLE) if score is None else make_report(*score)


def test_others_hear_of_an_applied_regrade(student, assignment, begin, instructor):
    heard = []

    def hear(regrade, changes, **_):
        heard.append((regrade.pk, len(changes)))

    graded(student, assignment, given=3)
    regrade = begin()
    answer(regrade, 10)
    regrade_applied.connect(hear)
    try:
        services.apply(regrade, by=instructor)
    finally:
        regrade_applied.disconnect(hear)

    assert heard == [(regrade.pk, 1)]


@pytest.fixture
def applied(assignment, begin, instructor):
    """A regrade that raised the only attempt of two students from 3 to 10 points, and the changes of their grades."""
    for username in ("ada", "bob"):
        graded(make_student(assignment.course, username=username), assignment, given=3)
    regrade = begin()
    answer(regrade, 10)
    return {change.learner.username: change for change in services.apply(regrade, by=instructor)}


def test_a_regrade_can_be_taken_back_for_one_student(assignment, applied, instructor):
    ada, bob = applied["ada"], applied["bob"]

    undone = services.take_back(ada, by=instructor, why="Used the old statement")

    assert (final(ada.learner, assignment), final(bob.learner, assignment)) == (30, 100)
    assert ada.learner.submissions.get().given == 3
    assert (undone.action, undone.undoes, undone.by, undone.why) == (
        Action.UNDONE,
        ada,
        instructor,
        "Used the old statement",
    )


def test_it_is_taken_back_once_and_for_a_reason(applied, instructor):
    with pytest.raises(RegradeError, match="Give a reason"):
        services.take_back(applied["ada"], by=instructor, why=" ")
    undone = services.take_back(applied["ada"], by=instructor, why="a")

    with pytest.raises(RegradeError):
        services.take_back(applied["ada"], by=instructor, why="b")
    with pytest.raises(RegradeError):
        services.take_back(undone, by=instructor, why="c")
    with pytest.raises(GradeError):
        undo(undone, by=instructor, why="d")


def test_a_score_changed_since_is_not_taken_back(assignment, applied, begin, instructor):
    later = begin()
    answer(later, 7)
    services.apply(later, by=instructor)

    with pytest.raises(RegradeError, match="changed again"):
        services.take_back(applied["ada"], by=instructor, why="?")
    assert final(applied["ada"].learner, assignment) == 70


def test_reverting_skips_students_who_were_taken_back_before(assignment, applied, instructor):
    services.take_back(applied["ada"], by=instructor, why="?")
    before = GradeChange.objects.filter(learner=applied["ada"].learner).count()

    services.revert(applied["bob"].regrades.get(), by=instructor, why="?")

    assert [final(change.learner, assignment) for change in applied.values()] == [30, 30]
    assert GradeChange.objects.filter(learner=applied["ada"].learner).count() == before


def test_an_override_stays_when_its_score_is_restored(assignment, applied, instructor):
    ada = applied["ada"].learner
    decide(assignment, ada, action=Action.OVERRIDDEN, by=instructor, why="Oral exam", override=90)

    services.take_back(applied["ada"], by=instructor, why="?")

    grade = Grade.objects.get(learner=ada)
    assert (grade.raw, grade.final) == (30, 90)


def test_only_changes_of_a_regrade_can_be_taken_back(student, assignment, instructor):
    change = decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="?", override=90)

    with pytest.raises(RegradeError):
        services.take_back(change, by=instructor, why="?")
