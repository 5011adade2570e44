"""Estimates the wait for a report from the waits of recent submissions.

A submission with k others ahead gets its report after about (k + 1) times the time that all graders together need for
one. That time is the sum of the recent waits divided by the sum of their (k + 1). The number of graders need not be
known.
"""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from django.utils import timezone

from server.submissions.models import State, Submission

# Older reports say little about the present speed.
LOOK_BACK = timedelta(minutes=15)
LATEST = 40
FEWEST = 3
# If no report came for so long, the graders can be down: then there is no estimate.
SILENCE = timedelta(minutes=1)

# How long a process of the server uses the speed that it computed (seconds).
GOOD_FOR = 2.0

Span = tuple[datetime, datetime]
Speed = tuple[float | None, datetime | None]
_computed: dict[str, tuple[float, Speed]] = {}


def expected_wait(runtime: str, ahead: int, *, now: datetime | None = None) -> int | None:
    """Return the likely seconds until a report, with so many ahead; None if there is too little data."""
    now = now or timezone.now()
    each, latest = _speed(runtime, now)
    return None if each is None or latest is None or now - latest > SILENCE else rounded(each * (ahead + 1))


def forget() -> None:
    """Forget the computed speeds."""
    _computed.clear()


def _speed(runtime: str, now: datetime) -> Speed:
    """Return the seconds that the graders need for one submission, and when their latest report came."""
    at, speed = _computed.get(runtime, (-GOOD_FOR, (None, None)))
    if time.monotonic() - at >= GOOD_FOR:
        spans = latest_spans(runtime, now=now)
        speed = (seconds_each(spans), max((finished for _, finished in spans), default=None))
        _computed[runtime] = (time.monotonic(), speed)
    return speed


def latest_spans(runtime: str, *, now: datetime) -> list[Span]:
    """Return when the submissions with the latest reports were sent, and when their reports came. One query."""
    reported = Submission.objects.filter(runtime=runtime, state__in=[State.GRADED, State.UNGRADABLE])
    # The ids sort by time: this reads only a few rows at the end of the primary key's index.
    recent = reported.filter(pk__gte=_first_id(now - LOOK_BACK), finished_at__isnull=False).order_by("-pk")
    return [(sent, finished) for sent, finished in recent.values_list("sent_at", "finished_at")[:LATEST] if finished]


def _first_id(moment: datetime) -> uuid.UUID:
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def seconds_each(spans: Sequence[Span]) -> float | None:
    """Return how long the graders need for one submission, in seconds; None if too few reports came lately."""
    if len(spans) < FEWEST:
        return None
    places = sum(1 + _ahead(sent, spans) for sent, _ in spans)
    return sum((finished - sent).total_seconds() for sent, finished in spans) / places


def _ahead(moment: datetime, spans: Sequence[Span]) -> int:
    return sum(sent < moment < finished for sent, finished in spans)


def rounded(seconds: float) -> int:
    """Round seconds up: to a multiple of 5, above a minute to a multiple of 60."""
    step = 5 if seconds <= 60 else 60
    return step * max(1, ceil(seconds / step))


def in_words(seconds: int) -> str:
    """Return a rounded wait in words."""
    if seconds <= 5:
        return "in a few seconds"
    if seconds < 60:
        return f"in about {seconds} seconds"
    return f"in about {seconds // 60} minute{'s' if seconds >= 120 else ''}"
