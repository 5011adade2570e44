"""Snapshots of a submission that waits or runs, and a stream of them for its page.

A snapshot combines the row in the database, which decides, with the grader's progress, which is only shown.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import redis
from asgiref.sync import sync_to_async
from django.db import close_old_connections, transaction
from django.utils import timezone

from server.courses.roles import Person
from server.submissions.live import progress
from server.submissions.masking import mask
from server.submissions.models import HELD, Kind, State, Submission
from server.submissions.queue import place_in_line, wait_estimate, worker_presence
from server.web import shutdown

# How long a stream waits for a message before it reads the database (seconds).
PATIENCE = 2.0
# After so many rounds the stream ends and the browser connects again, so that no stream lasts for ever.
ROUNDS = 300
CHANGES = ("state", "cancel_cost", "sent_at", "turn_at", "line")
# As long as the grader's losses stay in Redis.
LOSSES_STAY = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What to show of a submission now.

    `ahead` counts the submissions that are likely to be graded earlier. `wait` is the likely number of seconds
    until the report, None if unknown. `missing` is the kind of grader that it waits for if none is running. `case_put`
    is true from the first case on, and None if the grader does not say. `seconds` of `limit` are the run's own time.
    `loss` are losses of the run, and `loss_from` counts those before them; None if the grader does not say.
    `line` is the line of the code to look at, if the grader named one after the report. If `held`, the reader sees
    nothing of it all.
    """

    state: State
    ahead: int = 0
    wait: int | None = None
    missing: str = ""
    case: int | None = None
    of: int | None = None
    loss: list[list[float]] = field(default_factory=list)
    loss_from: int | None = None
    case_put: bool | None = False
    seconds: float | None = None
    limit: float | None = None
    is_attempt: bool = False
    cancelling: bool = False
    line: int | None = None
    held: bool = False

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for.

        The submission is finished, and its run is stopped if it was cancelled; or its result is held back.
        """
        return self.held or (self.state not in {State.QUEUED, State.RUNNING} and not self.cancelling)

    @property
    def sentence(self) -> str:
        """The state in words."""
        if self.cancelling:
            return "Cancelling · your code is being stopped"
        if self.held:
            return "Received"
        if self.over:
            return self.state.label
        if self.state is State.RUNNING and self.loss:
            return "Training your model"
        if self.state is State.RUNNING:
            return self._running()
        if self.missing:
            return f"Waiting for a {self.missing} · none is running now; your code is graded as soon as one runs"
        return " · ".join(["Waiting for a grader", *self._queue()])

    @property
    def time(self) -> str:
        """How much of its time the run has used, in words; empty if that is not known."""
        return f"{self.seconds:.0f} s of {self.limit:g} s" if self.seconds is not None and self.limit else ""

    @property
    def cancel_note(self) -> str:
        """What it costs to cancel now; empty for a test run, which uses no attempt."""
        if not self.is_attempt or self.cancelling or self.over:
            return ""
        return "Cancelling now uses this attempt." if self.cancel_uses_attempt else "Cancelling now uses no attempt."

    @property
    def cancel_uses_attempt(self) -> bool:
        """Whether a case can have been put to the code."""
        return self.is_attempt and self.state is State.RUNNING and self.case_put is not False

    def _running(self) -> str:
        if self.case and self.of:
            return f"Running case {self.case} of {self.of}"
        if self.case_put is None:
            return "Starting your code"
        # The run's time begins when its sandbox gets the code.
        return "Loading your code" if self.case_put or self.seconds is not None else "Starting a sandbox"

    def _queue(self) -> list[str]:
        if not self.ahead:
            return []
        when = f"your result {wait_estimate.in_words(self.wait)}" if self.wait else "how long is not known yet"
        return [f"{self.ahead} before you", when]

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot as the page's script takes it."""
        return {
            "state": HELD if self.held else str(self.state),
            "text": self.sentence,
            "time": self.time,
            "cancel_note": self.cancel_note,
            "cancel_uses_attempt": self.cancel_uses_attempt,
            "cancelling": self.cancelling,
            "over": self.over,
            "ahead": self.ahead,
            "wait": self.wait,
            "case": self.case,
            "of": self.of,
            "loss": self.loss,
            "loss_from": self.loss_from,
            "line": self.line,
        }


def snapshot(submission: Submission, latest: dict[str, Any] | None = None, *, sent: int | None = None) -> Snapshot:
    """Return what to show now. `latest` is the grader's latest message; without it, Redis is asked.

    `sent` is how many other jobs the graders have, if the caller has just read that.
    """
    if submission.is_held:
        return Snapshot(state=State.QUEUED, held=True)
    if not submission.is_open:
        return Snapshot(state=State(submission.state), cancelling=submission.is_being_stopped, line=submission.line)
    is_attempt = submission.kind == Kind.SUBMIT
    latest = _all_so_far(submission) if latest is None else latest
    if latest.get("state") == State.RUNNING:
        return _running(latest, is_attempt=is_attempt)
    ahead = place_in_line.ahead_of(submission, sent=sent)
    wait = wait_estimate.expected_wait(submission.runtime, ahead)
    missing = worker_presence.missing(submission.runtime)
    return Snapshot(state=State.QUEUED, ahead=ahead, wait=wait, missing=missing, is_attempt=is_attempt)


def _all_so_far(submission: Submission) -> dict[str, Any]:
    """Return the latest message, with all losses so far."""
    latest = progress.latest(submission.pk)
    if "loss_from" in latest:
        latest |= {"loss": progress.losses(submission.pk), "loss_from": 0}
    return latest


def kept_losses(submission: Submission) -> list[list[float]]:
    """Return the losses of a run that is over, as long as Redis has them; empty otherwise."""
    finished_at = submission.finished_at
    is_fresh = finished_at is not None and timezone.now() - finished_at < LOSSES_STAY
    return progress.losses(submission.pk) if is_fresh else []


def _running(latest: dict[str, Any], *, is_attempt: bool) -> Snapshot:
    return Snapshot(
        state=State.RUNNING,
        case=latest.get("case"),
        of=latest.get("of"),
        loss=latest.get("loss", []),
        loss_from=latest.get("loss_from"),
        case_put=latest.get("case_put"),
        seconds=latest.get("seconds"),
        limit=latest.get("limit"),
        is_attempt=is_attempt,
    )


def announce_after_commit(submission: Submission) -> None:
    """Notify the pages that watch a submission, once the transaction is committed. They then read the row."""
    transaction.on_commit(partial(progress.publish, submission.pk, {"state": str(submission.state)}))


async def stream(submission: Submission, *, reader: Person) -> AsyncIterator[str]:
    """Yield server-sent events: `progress` with a snapshot whenever it changed, and `over` at the end.

    If the results are held back from the reader, now or while it waits, that is the end. A website that shuts down ends
    the stream early; the page then connects to the next website process.
    """
    shutdown.listen()
    try:
        # Subscribe first and read the row afterwards, so that no change in between is missed.
        async with progress.listen(submission.pk) as listener:
            async for event in _follow(submission, reader, listener.next_message):
                yield event
    except redis.RedisError:
        async for event in _follow(submission, reader, _wait):
            yield event


async def _wait(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def _follow(submission: Submission, reader: Person, next_message: Any) -> AsyncIterator[str]:
    shown, message = None, None
    for _ in range(ROUNDS):
        # Any thread will do: streams have none of their own.
        now = await sync_to_async(_look, thread_sensitive=False)(submission, reader, message)
        if now != shown:
            yield _event("over" if now.over else "progress", now)
        else:
            yield ": still here\n\n"
        if now.over or shutdown.requested():
            return
        shown, message = now, await next_message(PATIENCE)


def _look(submission: Submission, reader: Person, message: dict[str, Any] | None) -> Snapshot:
    # Progress cannot finish a submission. Without a message, or with one of another kind, the row is read again.
    if not message:
        _read_again(submission)
        mask(submission, reader)
    now = snapshot(submission, message or None)
    close_old_connections()  # hundreds of streams can be open: none keeps a connection between two queries
    return now


def _read_again(submission: Submission) -> None:
    """Read what can have changed, in one query. Raises Submission.DoesNotExist if it was deleted."""
    row = Submission.objects.filter(pk=submission.pk).values(*CHANGES, "assignment__results_held").first()
    if row is None:
        raise Submission.DoesNotExist
    submission.assignment.results_held = row.pop("assignment__results_held")
    for name, value in row.items():
        setattr(submission, name, value)


def _event(name: str, now: Snapshot) -> str:
    return f"event: {name}\ndata: {json.dumps(now.to_dict())}\n\n"
