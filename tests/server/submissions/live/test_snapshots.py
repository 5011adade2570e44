import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from server.submissions.live import progress, snapshots
from server.submissions.models import State, Submission
from server.submissions.queue import place_in_line
from tests.support.people import graded, make_submission, record


@pytest.fixture
def messages(monkeypatch):
    """Make the stream receive these messages in order; a message can be a function that is called instead."""

    def send(*given):
        rest = list(given)

        class Listener:
            async def next_message(self, seconds):
                message = rest.pop(0)
                return message() if callable(message) else message

        @asynccontextmanager
        async def listen(submission):
            yield Listener()

        monkeypatch.setattr(progress, "listen", listen)

    return send


def events(submission):
    learner = submission.learner

    async def collect():
        return [event async for event in snapshots.stream(submission, reader=learner)]

    return [parse(event) for event in async_to_sync(collect)() if event.startswith("event")]


def parse(event):
    name, data = event.strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def later(action):
    """No message, while something changes in the database."""

    def act():
        from concurrent.futures import ThreadPoolExecutor

        from django.db import connection

        def run():
            try:
                action()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(run).result()

    return act


def test_a_waiting_submission_shows_its_place(assignment):
    first = make_submission(None, assignment)
    second = make_submission(None, assignment, sent_at=timezone.now() + timedelta(seconds=1))

    assert snapshots.snapshot(first, {}).sentence == "Waiting for a grader"
    assert snapshots.snapshot(second, {}).sentence == "Waiting for a grader · 1 before you · how long is not known yet"


def test_the_place_in_the_queue_comes_with_an_estimate(student, assignment):
    for _ in range(3):
        graded(student, assignment, given=10)
    make_submission(None, assignment)
    second = make_submission(None, assignment, sent_at=timezone.now() + timedelta(seconds=1))

    now = snapshots.snapshot(second, {})

    assert now.sentence == "Waiting for a grader · 1 before you · your result in a few seconds"
    assert now.to_dict()["wait"] == 5


def test_what_was_sent_again_stands_behind_those_before_it(assignment):
    first, second = make_submission(None, assignment), make_submission(None, assignment)
    Submission.objects.filter(pk=first.pk).update(sent_at=timezone.now() + timedelta(minutes=1))
    first.refresh_from_db()

    assert place_in_line.ahead_of(first) == 1
    assert place_in_line.ahead_of(second) == 0


def test_a_running_submission_says_how_far_it_is(assignment):
    submission = make_submission(None, assignment)

    assert snapshots.snapshot(submission, {"state": "running"}).sentence == "Starting your code"
    assert snapshots.snapshot(submission, {"state": "running", "case": 2, "of": 5}).sentence == "Running case 2 of 5"


def test_progress_never_ends_a_submission_nor_reopens_it(assignment):
    submission = make_submission(None, assignment)
    assert not snapshots.snapshot(submission, progress.parse_message('{"state": "graded"}')).over

    record(submission)
    submission.refresh_from_db()
    assert snapshots.snapshot(submission, {"state": "running"}).over


@pytest.mark.django_db(transaction=True)
def test_the_stream_sends_each_change_once_until_the_report(messages):
    submission = make_submission()
    messages(
        {"state": "running"},
        {"state": "running", "case": 1, "of": 2},
        {"state": "running", "case": 1, "of": 2},
        later(lambda: record(submission)),
    )

    heard = events(submission)

    assert [(name, event["text"]) for name, event in heard] == [
        ("progress", "Waiting for a grader"),
        ("progress", "Starting your code"),
        ("progress", "Running case 1 of 2"),
        ("over", "Graded"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_stream_of_what_is_over_ends_at_once(messages):
    messages()
    submission = make_submission()
    record(submission)

    assert [name for name, _ in events(submission)] == ["over"]


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_stream_asks_the_database(settings, monkeypatch):
    submission = make_submission()

    async def wait(seconds):
        later(lambda: record(submission))()

    monkeypatch.setattr(snapshots, "_wait", wait)

    assert [name for name, _ in events(submission)] == ["progress", "over"]


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state):
    assert snapshots.Snapshot(state=state).sentence


@pytest.mark.django_db(transaction=True)
def test_a_training_run_is_called_so_and_brings_its_losses(messages):
    submission = make_submission()
    messages({"state": "running", "loss": [[0, 2.5], [10, 1.25]]}, later(lambda: record(submission)))

    told_at_last = [event for name, event in events(submission) if event["loss"]]

    assert [(event["text"], event["loss"]) for event in told_at_last] == [
        ("Training your model", [[0, 2.5], [10, 1.25]])
    ]
