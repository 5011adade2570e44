"""Fair turns: which submission goes to the graders next.

The line is in the database: a submission whose `turn_at` is set waits in it. The broker holds only what the graders can
soon take, so a submission that comes later can still go first.

- A learner has at most one submission with the graders of a runtime. The others wait, and when one is sent, the
  learner's other ones go to the end of their course's line.
- The course with the fewest submissions with the graders is next. Between equals, it is the one whose last turn was
  longest ago (`CourseTurn`).
- The graders get twice as many jobs as they have processes, so that no process is idle until the next job is sent. A
  course that none of these jobs belongs to does not wait behind the buffered ones: its first job overtakes them.

`fill` takes submissions from the line when one was handed in, when one ended, and every few seconds. If a process dies
between the claim and the publishing, the lease runs out and `reconcile` sends the job again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions.errors import TooManyOpen
from server.submissions.models import CourseTurn, Submission
from server.submissions.queue import dispatch, worker_presence
from server.submissions.queue.dispatch import RUNTIMES

log = structlog.get_logger(__name__)

# How many submissions of a learner can be open at a time, over all courses.
MOST_OPEN = 5
# How many jobs the graders get for each of their processes: running and buffered ones, and with those that overtake.
BUFFER, MOST = 2, 3
# Priorities in the broker.
FIRST, BUFFERED = 0, 3
LONGEST_LEASE = timedelta(minutes=5)
# These run for every submission. Written by hand: Django needs several times longer to build them than the database to
# answer them. `Submission.objects.open`, `with_graders` and `in_line` say the same.
_OPEN = "submissions_submission WHERE state IN ('queued', 'running') AND finished_at IS NULL"
_SENT = f"SELECT COUNT(*) FROM {_OPEN} AND runtime = %(runtime)s AND turn_at IS NULL"  # noqa: S608 constants only
_WAITS = f"SELECT 1 FROM {_OPEN} AND runtime = %(runtime)s AND turn_at IS NOT NULL"  # noqa: S608
VACANCY = f"""SELECT (SELECT COUNT(*) FROM {_OPEN} AND learner_id = %(learner)s),
EXISTS(SELECT 1 FROM {_OPEN} AND learner_id = %(learner)s AND runtime = %(runtime)s AND turn_at IS NULL),
({_SENT}), EXISTS({_WAITS}),
EXISTS(SELECT 1 FROM submissions_courseturn WHERE runtime = %(runtime)s AND course_id = %(course)s)"""  # noqa: S608
LOAD = f"SELECT ({_SENT}), EXISTS({_WAITS} AND turn_at <= %(now)s)"


def lease(tries: int = 1) -> timedelta:
    """How long a submission can lack a report until `reconcile` looks for it; longer if it was lost often."""
    often = max(0, tries - settings.GRADING_TRIES)
    return min(timedelta(seconds=settings.GRADING_LEASE * 2 ** min(often, 10)), LONGEST_LEASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vacancy:
    """What a new submission of a learner finds at a runtime's graders.

    `open` counts the learner's open submissions at all graders, and `is_served` says that these graders have one of
    them. `with_graders` counts the jobs of everybody that they have. `is_open` says that the course has a line.
    """

    runtime: str
    course: int
    open: int
    is_served: bool
    with_graders: int
    somebody_waits: bool
    is_open: bool

    @classmethod
    def read(cls, learner: User, assignment: Assignment, runtime: str) -> "Vacancy":
        """Read it. One query."""
        with connection.cursor() as cursor:
            cursor.execute(VACANCY, {"learner": learner.pk, "runtime": runtime, "course": assignment.course_id})
            open_ones, is_served, sent, waits, is_open = cursor.fetchone()
        return cls(
            runtime=runtime,
            course=assignment.course_id,
            open=open_ones,
            is_served=bool(is_served),
            with_graders=sent,
            somebody_waits=bool(waits),
            is_open=bool(is_open),
        )

    @property
    def is_free(self) -> bool:
        """Whether a new submission of the learner can go to the graders at once."""
        has_room = self.with_graders < BUFFER * worker_presence.processes(self.runtime)
        return has_room and not self.is_served and not self.somebody_waits


def first_turn(line: Vacancy, *, now: datetime) -> dict[str, Any]:
    """Return the fields of a new submission that say whether it goes to the graders at once or waits in the line.

    It goes at once if a grader can soon take it, nobody waits, and the learner has nothing with the graders. The row of
    the learner is locked. Several learners at the same moment can send a few more jobs than there are places. Raises
    TooManyOpen if the learner has as many open submissions as is allowed.
    """
    if line.open >= MOST_OPEN:
        raise TooManyOpen(MOST_OPEN)
    if line.is_free:
        return {"turn_course_id": line.course, "turn_at": None, "tries": 1}
    if not line.is_open:
        CourseTurn.objects.bulk_create([CourseTurn(runtime=line.runtime, course_id=line.course)], ignore_conflicts=True)
    return {"turn_course_id": line.course, "turn_at": now, "tries": 0}


def stand_in_line(row: Submission, *, at: datetime) -> None:
    """Put a locked row back into its line, where its turn cannot come earlier than `at`; the caller saves it."""
    row.turn_at, row.turn_course_id, row.leased_until = at, row.assignment.course_id, at
    _open_line(row.runtime, row.assignment.course_id)
    fill_after_commit(row.runtime)


def _open_line(runtime: str, course: int) -> None:
    # Inserting what exists would wait until those who fill are done.
    if not CourseTurn.objects.filter(runtime=runtime, course=course).exists():
        CourseTurn.objects.bulk_create([CourseTurn(runtime=runtime, course_id=course)], ignore_conflicts=True)


@dataclass(kw_only=True, slots=True)
class Taken:
    """What the graders of a runtime have: their processes, and the course and learner of each job.

    At most as many jobs are read as the graders get, and one more.
    """

    processes: int
    courses: Counter[int | None] = field(default_factory=Counter)
    learners: set[int] = field(default_factory=set)
    # When each job was sent, the oldest first.
    sent: list[datetime] = field(default_factory=list)

    @classmethod
    def read(cls, runtime: str) -> "Taken":
        """Read the jobs that were sent and have no report."""
        taken = cls(processes=worker_presence.processes(runtime))
        rows = Submission.objects.with_graders(runtime).order_by("sent_at")
        for course, learner, sent in rows.values_list("turn_course_id", "learner_id", "sent_at")[: taken.most + 1]:
            taken.add(course, learner, sent)
        return taken

    def add(self, course: int | None, learner: int, sent: datetime) -> None:
        """Count one more job."""
        self.courses[course] += 1
        self.learners.add(learner)
        self.sent.append(sent)

    @property
    def most(self) -> int:
        """The most jobs that the graders get: running ones, buffered ones, and ones that overtake these."""
        return MOST * self.processes

    @property
    def has_room(self) -> bool:
        """Whether there is room for one more running or buffered job."""
        return len(self.sent) < BUFFER * self.processes

    @property
    def is_full(self) -> bool:
        """Whether no job can be sent at all."""
        return len(self.sent) >= self.most

    def can_take_one_of(self, turns: Iterable[CourseTurn]) -> bool:
        """Whether a job of one of these courses can be sent."""
        return not self.is_full and (self.has_room or any(self.goes_first(turn) for turn in turns))

    def goes_first(self, turn: CourseTurn) -> bool:
        """Whether a course's job overtakes the buffered ones: it has none here, and they were sent after its turn.

        So each course overtakes a buffered job at most once.
        """
        buffered = self.sent[self.processes :]
        is_earlier = turn.last_at is None or not buffered or turn.last_at < buffered[0]
        return is_earlier and not self.courses[turn.course_id]


def fill_after_commit(runtime: str) -> None:
    """Fill the places at a runtime's graders once the transaction is committed. A failure is logged."""
    transaction.on_commit(partial(fill, runtime), robust=True)


def fill_all() -> None:
    """Fill the places at all graders: for a line that nobody filled."""
    for runtime in RUNTIMES:
        fill(runtime)


def fill(runtime: str) -> int:
    """Send submissions from the line while the graders can soon take them, and return how many."""
    # One query without a lock tells most of the time if something can be sent: this runs after each submission.
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        cursor.execute(LOAD, {"runtime": runtime, "now": now})
        sent, waits = cursor.fetchone()
    processes = worker_presence.processes(runtime)
    if not waits or sent >= MOST * processes:
        return 0
    if sent >= BUFFER * processes and not Taken.read(runtime).can_take_one_of(
        _courses_in_line(runtime, timezone.now())
    ):
        return 0
    with transaction.atomic():
        claimed = list(_claim(runtime))
    if claimed:
        log.debug("turns_given", runtime=runtime, number=len(claimed))
    return len(claimed)


def _claim(runtime: str) -> Iterator[Submission]:
    # All who fill lock the same row, so they take turns. They hold no other lock before, so none waits in a circle.
    if CourseTurn.objects.select_for_update().filter(runtime=runtime).order_by("pk").first() is None:
        return
    taken, now = Taken.read(runtime), timezone.now()
    turns = _courses_in_line(runtime, now)
    while turns and not taken.is_full:
        turn = min(turns, key=lambda turn: (taken.courses[turn.course_id], turn.last_at or turn.made_at))
        first = taken.goes_first(turn)
        if not (first or taken.has_room):
            return
        row = _head(turn, taken, now)
        if row is None:
            turns.remove(turn)
            continue
        _send(row, turn, now, priority=FIRST if first else BUFFERED)
        taken.add(turn.course_id, row.learner_id, now)
        yield row


def _courses_in_line(runtime: str, now: datetime) -> list[CourseTurn]:
    waits = Submission.objects.in_line(runtime).filter(turn_course=OuterRef("course"), turn_at__lte=now)
    return list(CourseTurn.objects.filter(Exists(waits), runtime=runtime))


def _head(turn: CourseTurn, taken: Taken, now: datetime) -> Submission | None:
    """Return the first of a course's line whose learner has nothing with the graders, locked; None if there is none."""
    line = Submission.objects.in_line(turn.runtime).filter(turn_course=turn.course_id, turn_at__lte=now)
    # One that is locked is being cancelled.
    mine = line.exclude(learner__in=taken.learners).select_for_update(skip_locked=True)
    return mine.order_by("turn_at", "pk").first()


def _send(row: Submission, turn: CourseTurn, now: datetime, *, priority: int) -> None:
    Submission.objects.filter(pk=row.pk).update(
        turn_at=None, sent_at=now, leased_until=now + lease(row.tries + 1), tries=F("tries") + 1
    )
    others = Submission.objects.in_line(turn.runtime).filter(learner=row.learner_id, turn_course=turn.course_id)
    others.filter(turn_at__lt=now).update(turn_at=now)
    turn.last_at = now
    turn.save(update_fields=["last_at"])
    dispatch.send_after_commit(row, priority=priority)
