"""How many submissions are likely to be graded before another one. Pages show it.

The place of every waiting submission is computed in one go and used for a few seconds: thousands of pages can ask.
"""

import time
from collections import Counter, defaultdict
from uuid import UUID

from server.submissions.models import CourseTurn, Submission
from server.submissions.queue import wait_estimate

# How long a process of the server uses the places that it computed (seconds).
GOOD_FOR = 5.0
_computed: dict[str, tuple[float, dict[UUID, int]]] = {}


def ahead_of(submission: Submission, *, sent: int | None = None) -> int:
    """Return how many open submissions are likely to be graded before this one, by the same graders.

    `sent` is how many jobs the graders had before, if the caller has just read that.
    """
    with_graders = Submission.objects.with_graders(submission.runtime)
    if submission.turn_at is None:
        return with_graders.filter(sent_at__lt=submission.sent_at).count() if sent is None else sent
    places = _places(submission.runtime)
    # One that came after the places were computed is near the end.
    return (with_graders.count() if sent is None else sent) + places.get(submission.pk, len(places))


def forget() -> None:
    """Forget the computed places, and the speed of the graders."""
    _computed.clear()
    wait_estimate.forget()


def _places(runtime: str) -> dict[UUID, int]:
    at, places = _computed.get(runtime, (-GOOD_FOR, {}))
    if time.monotonic() - at >= GOOD_FOR:
        places = compute_places(runtime)
        _computed[runtime] = (time.monotonic(), places)
    return places


def compute_places(runtime: str) -> dict[UUID, int]:
    """Return the number of submissions in line that have their turn earlier, by submission. Two queries."""
    turns = CourseTurn.objects.filter(runtime=runtime).values_list("course_id", "last_at", "made_at")
    order = {course: last_at or made_at for course, last_at, made_at in turns}
    line = Submission.objects.in_line(runtime).order_by("turn_at", "pk")
    lines: dict[int, list[tuple[int, UUID]]] = defaultdict(list)
    seen: Counter[tuple[int, int]] = Counter()
    for pk, course, learner in line.values_list("pk", "turn_course_id", "learner_id"):
        lines[course].append((seen[course, learner], pk))
        seen[course, learner] += 1
    # In each round, every course has one turn. Within a course, so has every learner.
    turn_of = [
        (number, order[course], pk)
        for course, waiting in lines.items()
        for number, (_, pk) in enumerate(sorted(waiting, key=lambda one: one[0]))
    ]
    turn_of.sort()
    return {pk: place for place, (_, _, pk) in enumerate(turn_of)}
