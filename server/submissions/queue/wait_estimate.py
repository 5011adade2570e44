"""How long a place in the queue is likely to mean, told from how long those before took.

Whoever was sent to the graders with k others ahead got a report after about (k + 1) times what the graders, all of
them together, need for one. What they need is the quotient of both sums over the latest reports. No grader is asked,
and how many there are need not be known.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from django.utils import timezone

from server.submissions.models import State, Submission

# What the graders did longer ago says little about now.
LOOK_BACK = timedelta(minutes=15)
LATEST = 40
FEWEST = 3
# After such a silence the graders may be gone: then nothing is promised.
SILENCE = timedelta(minutes=1)

Span = tuple[datetime, datetime]


def expected_wait(runtime: str, ahead: int, *, now: datetime | None = None) -> int | None:
    """Return in how many seconds a report is likely, with so many ahead; None where there is nothing to tell it by."""
    now = now or timezone.now()
    spans = latest_spans(runtime, now=now)
    each = seconds_each(spans)
    if each is None or now - max(finished for _, finished in spans) > SILENCE:
        return None
    return rounded(each * (ahead + 1))


def latest_spans(runtime: str, *, now: datetime) -> list[Span]:
    """Return when those with the latest reports were sent to the graders, and when their reports came. One query."""
    reported = Submission.objects.filter(runtime=runtime, state__in=[State.GRADED, State.UNGRADABLE])
    # The ids sort by time: this reads a few rows off the end of the primary key, however many there are.
    recent = reported.filter(pk__gte=_first_id(now - LOOK_BACK), finished_at__isnull=False).order_by("-pk")
    return [(sent, finished) for sent, finished in recent.values_list("sent_at", "finished_at")[:LATEST] if finished]


def _first_id(moment: datetime) -> uuid.UUID:
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def seconds_each(spans: Sequence[Span]) -> float | None:
    """Return how long the graders need for one submission, in seconds; None where too few reports came lately."""
    if len(spans) < FEWEST:
        return None
    places = sum(1 + _ahead(sent, spans) for sent, _ in spans)
    return sum((finished - sent).total_seconds() for sent, finished in spans) / places


def _ahead(moment: datetime, spans: Sequence[Span]) -> int:
    return sum(sent < moment < finished for sent, finished in spans)


def rounded(seconds: float) -> int:
    """Return seconds as one promises them: in steps of 5, above a minute of 60, and never too few."""
    step = 5 if seconds <= 60 else 60
    return step * max(1, ceil(seconds / step))


def in_words(seconds: int) -> str:
    """Return a rounded wait in words."""
    if seconds <= 5:
        return "in a few seconds"
    if seconds < 60:
        return f"in about {seconds} seconds"
    return f"in about {seconds // 60} minute{'s' if seconds >= 120 else ''}"
