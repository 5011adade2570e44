"""Fair turns over courses and learners. Two grading processes, and a queue in memory."""

from datetime import timedelta

import pytest
from django.utils import timezone

from server.submissions import services
from server.submissions.errors import TooManyOpen
from server.submissions.models import Kind, State, Submission
from server.submissions.queue import place_in_line, turns, worker_presence
from server.submissions.queue.reconcile import reconcile
from tests.support.people import make_assignment, make_student, make_submission, record

PROCESSES = 2


@pytest.fixture(autouse=True)
def _two_processes(monkeypatch):
    monkeypatch.setattr(worker_presence, "processes", lambda runtime: PROCESSES)


@pytest.fixture
def after_commit(django_capture_on_commit_callbacks):
    """Run the commit hooks when the block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def busy(assignment):
    """Give the graders as many jobs of a course as they take: running and buffered ones."""
    return [make_submission(None, assignment) for _ in range(2 * PROCESSES)]


def again(submission):
    submission.refresh_from_db()
    return submission


def waits(submission):
    return again(submission).turn_at is not None


def finish(submission):
    """Record a report, and give the turn to the next."""
    record(submission)
    turns.fill("cpu")


def crowd(assignment, number, *, each=1):
    """Submissions of so many new learners, one round of all learners after another."""
    learners = [make_student(assignment.course) for _ in range(number)]
    return [make_submission(learner, assignment) for _ in range(each) for learner in learners]


# At most five


def test_a_sixth_open_submission_is_refused(student, assignment):
    open_ones = [make_submission(student, assignment) for _ in range(3)]
    other_course = make_assignment()
    open_ones += [make_submission(student, other_course), make_submission(student, assignment, kind=Kind.TEST_RUN)]

    for kind in Kind:
        with pytest.raises(TooManyOpen, match="5 of your submissions"):
            make_submission(student, assignment, kind=kind)
    assert student.submissions.count() == 5

    record(open_ones[0])
    make_submission(student, assignment)


def test_others_are_not_counted(student, assignment):
    crowd(assignment, 6)

    assert make_submission(student, assignment).is_open


# Who waits, and who is next


def test_with_room_a_job_is_sent_at_once(student, assignment, queued, after_commit):
    with after_commit():
        submission = make_submission(student, assignment)

    assert not waits(submission)
    assert submission.tries == 1
    assert len(queued()) == 1


def test_the_queue_holds_only_what_graders_soon_take(busy, assignment, queued, after_commit):
    with after_commit():
        late = crowd(assignment, 3)

    assert [waits(one) for one in late] == [True] * 3
    assert {one.tries for one in late} == {0}
    assert queued() == []


def test_a_report_sends_the_next_one(busy, assignment, queued, after_commit):
    first, second = crowd(assignment, 2)
    with after_commit():
        record(busy[0])

    assert (waits(first), waits(second)) == (False, True)
    ((_, (job,), _),) = queued()
    assert (job["submission"], again(first).tries) == (str(first.pk), 1)


@pytest.mark.parametrize("end", [services.cancel, lambda row: services.record_failure(submission=row.pk, token="x")])
def test_a_cancelled_one_makes_room_and_a_stranger_does_not(busy, assignment, after_commit, end):
    (late,) = crowd(assignment, 1)
    with after_commit():
        end(busy[0])

    assert waits(late) == (again(busy[0]).state != State.CANCELLED)


def test_a_learner_has_one_with_the_graders(student, assignment):
    first, second, third = (make_submission(student, assignment) for _ in range(3))
    turns.fill("cpu")
    assert [waits(one) for one in (first, second, third)] == [False, True, True]

    finish(first)
    assert [waits(one) for one in (second, third)] == [False, True]


def test_learners_take_turns(busy, assignment):
    eager = crowd(assignment, 1, each=4)
    modest = crowd(assignment, 2)

    sent = order_of_turns(busy, [*eager, *modest])

    assert sent == [eager[0], *modest, *eager[1:]]


def test_courses_take_turns(busy, assignment):
    many = crowd(assignment, 6)
    few = crowd(make_assignment(), 2)
    other = crowd(make_assignment(), 1)

    sent = order_of_turns(busy, [*many, *few, *other])

    places = [sent.index(one) for one in (few[1], other[0], many[5])]
    assert places[0] <= 5
    assert places[1] <= 3
    assert places[2] == 8


def order_of_turns(running, waiting):
    """The order in which the waiting ones are sent while one after another finishes."""
    running, sent = list(running), []
    turns.fill("cpu")
    while True:
        new = [one for one in waiting if one not in sent and not waits(one)]
        new.sort(key=lambda one: one.sent_at)
        sent += new
        running += new
        if not running:
            return sent
        finish(running.pop(0))


def test_another_course_does_not_wait_behind_buffered_jobs(busy, assignment, monkeypatch):
    priorities = {}
    monkeypatch.setattr(
        turns.dispatch, "send_after_commit", lambda row, *, priority=0: priorities.setdefault(row.pk, priority)
    )
    crowd(assignment, 10)
    (stranger,) = crowd(make_assignment(), 1)
    turns.fill("cpu")

    assert not waits(stranger)
    assert priorities == {stranger.pk: turns.FIRST}

    finish(busy[0])
    finish(busy[1])
    assert set(priorities.values()) == {turns.FIRST, turns.BUFFERED}


def test_a_buffered_job_is_overtaken_once_by_a_course(busy, assignment):
    other = make_assignment()
    first, second = crowd(other, 2)
    turns.fill("cpu")
    assert not waits(first)

    record(first)
    turns.fill("cpu")

    assert waits(second)


def test_runtimes_do_not_wait_for_each_other(busy, assignment):
    for_gpu = [make_submission(None, assignment) for _ in range(2)]
    Submission.objects.filter(pk__in=[one.pk for one in for_gpu]).update(runtime="gpu")
    turns.CourseTurn.objects.create(runtime="gpu", course=assignment.course)

    assert turns.fill("cpu") == 0
    assert turns.fill("gpu") == 2


def test_a_failed_one_waits_while_others_of_its_learner_go(student, assignment, settings):
    settings.GRADING_BACKOFF = 60
    failed, fresh = (make_submission(student, assignment) for _ in range(2))

    services.record_failure(submission=str(failed.pk), token=failed.token)
    turns.fill("cpu")

    assert (waits(failed), waits(fresh)) == (True, False)
    assert failed.turn_at > timezone.now() + timedelta(seconds=50)


# Nothing is lost


def test_what_waits_for_its_turn_is_not_lost(busy, assignment, monkeypatch):
    (late,) = crowd(assignment, 1)
    Submission.objects.update(leased_until=timezone.now() - timedelta(minutes=5))
    monkeypatch.setattr("server.submissions.queue.reconcile.waiting_in", lambda runtime: 0)

    (found,) = reconcile()

    assert (found.resent, again(late).tries) == (len(busy), 0)


def test_a_claim_that_was_never_published_is_sent_again(busy, assignment, queued, monkeypatch, after_commit):
    (late,) = crowd(assignment, 1)
    finish(busy[0])  # without its commit hooks, as if the process died
    assert not waits(late)
    assert queued() == []
    Submission.objects.filter(pk=late.pk).update(leased_until=timezone.now() - timedelta(seconds=1))

    with after_commit():
        reconcile()

    ((_, (job,), _),) = queued()
    assert job["submission"] == str(late.pk)


def test_rows_of_an_older_website_count_as_sent(busy, assignment):
    old = make_submission(None, assignment)
    Submission.objects.filter(pk=old.pk).update(turn_at=None, turn_course=None, tries=1)
    (late,) = crowd(assignment, 1)

    finish(busy[0])
    assert waits(late)

    record(old)
    turns.fill("cpu")
    assert not waits(late)


# The place in line


def test_the_places_are_the_order_of_turns(busy, assignment):
    waiting = [*crowd(assignment, 2, each=2), *crowd(make_assignment(), 2), *crowd(make_assignment(), 1)]
    # Without overtaking: that needs no line.
    Submission.objects.filter(pk__in=[one.pk for one in busy]).update(sent_at=timezone.now() - timedelta(minutes=1))

    places = place_in_line.compute_places("cpu")

    assert sorted(places.values()) == list(range(len(waiting)))
    assert places[waiting[2].pk] > max(places[one.pk] for one in waiting[:2])
    assert place_in_line.ahead_of(again(waiting[0])) == len(busy) + places[waiting[0].pk]
    assert place_in_line.ahead_of(again(busy[1])) == 1 or place_in_line.ahead_of(again(busy[1])) == 0
