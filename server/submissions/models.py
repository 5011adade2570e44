"""The submission. Its row in the database decides; the queue only triggers work."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse

from grader.protocol.jobs import Job, Scope
from server.common.uuid7 import uuid7
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.submissions.errors import IllegalMove


class Kind(models.TextChoices):
    """What a submission is: a free test run on the public cases, an attempt that counts, or practice.

    Practice is handed in after the assignment closed for the learner. It is graded like an attempt and never counts.
    """

    TEST_RUN = "check", "Test run"
    SUBMIT = "submit", "Attempt"
    PRACTICE = "practice", "Practice"


class State(models.TextChoices):
    """The state of a submission. `running` comes from the grader's progress and is only shown."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    GRADED = "graded", "Graded"
    UNGRADABLE = "ungradable", "Could not be graded"
    ERROR = "error", "Grading error"
    CANCELLED = "cancelled", "Cancelled"


# What a reader sees instead of a state while results are held back. It is never stored.
HELD = "held"
OPEN = frozenset({State.QUEUED, State.RUNNING})
ENDS = frozenset({State.GRADED, State.UNGRADABLE, State.ERROR, State.CANCELLED})
MOVES: dict[str, frozenset[State]] = {
    State.QUEUED: ENDS | {State.RUNNING},
    State.RUNNING: ENDS | {State.QUEUED},
    # A report that comes after the submission was given up is still recorded.
    State.ERROR: frozenset({State.QUEUED, State.GRADED, State.UNGRADABLE}),
    State.GRADED: frozenset(),
    State.UNGRADABLE: frozenset(),
    State.CANCELLED: frozenset(),
}


class CancelCost(models.TextChoices):
    """What cancelling cost the learner.

    `unknown` while a grader stops the run: only the grader knows if it put a case to the code. Until then the attempt
    counts as used. Submissions that were not cancelled have `none`.
    """

    NONE = "", "Uses no attempt"
    UNKNOWN = "unknown", "Not known yet"
    ATTEMPT = "attempt", "Uses an attempt"


def uses_attempt(kind: str, state: str, cancel_cost: str = CancelCost.NONE) -> bool:
    """Whether a submission of this kind and state counts as an attempt.

    It does not if it failed to load, ended in a grading error, or was cancelled before a case was put to the code.
    """
    counts = state in OPEN | {State.GRADED} or (state == State.CANCELLED and cancel_cost != CancelCost.NONE)
    return kind == Kind.SUBMIT and counts


def new_token() -> str:
    """Return a secret that a report of the submission must carry."""
    return secrets.token_urlsafe(24)


def new_seed() -> int:
    """Return the seed of a submission's secret cases, below 2**63."""
    return secrets.randbits(63)


# When a submission last changed for its readers: it was finished, or else sent to the graders.
CHANGED_AT = Coalesce("finished_at", "sent_at")


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Submissions, with the queries that many callers use."""

    def open(self) -> "SubmissionQuerySet":
        """Submissions that still wait for a report."""
        return self.filter(state__in=OPEN)

    def in_line(self, runtime: str) -> "SubmissionQuerySet":
        """Submissions that wait for their turn and are not with the graders."""
        return self.open().filter(runtime=runtime, turn_at__isnull=False, finished_at=None)

    def with_graders(self, runtime: str) -> "SubmissionQuerySet":
        """Submissions that were sent to the graders and have no report yet."""
        return self.open().filter(runtime=runtime, turn_at=None, finished_at=None)

    def graded_attempts(self) -> "SubmissionQuerySet":
        """Attempts that count and have a report; no test runs."""
        return self.filter(kind=Kind.SUBMIT, state=State.GRADED)

    def light(self) -> "SubmissionQuerySet":
        """Without code and report, for lists."""
        return self.defer("source", "report")


class Submission(models.Model):
    """What a learner handed in, its way through the grader, and what came back.

    A report must carry `token`; it is refused if it carries another. `number` counts the learner's submissions of a
    kind to an assignment. `given` and `max` are points, None until graded. `tries` counts how often it was sent to the
    graders, `failures` how often a grader failed. After `leased_until`, `reconcile` looks for a lost submission.
    `line` is the line of the code to look at, from 1; it belongs to the report and comes after it. `edit` is the change
    of that line that makes the code right (`grader.protocol.lines.Edit`); `server.hints.access` decides who sees it.
    An open submission with `turn_at` waits in its course's line, sorted by it. Without, it is with the graders.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No separate indexes: the indexes below begin with these columns.
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions", db_index=False)
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="submissions", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUBMIT)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    # The database has the default, too: during an upgrade, an older website still inserts rows.
    cancel_cost = models.CharField(
        max_length=8, choices=CancelCost.choices, default=CancelCost.NONE, db_default="", blank=True
    )

    exercise = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    # Who owns the exercise: "" is the installation, "course-7" a course.
    library = models.CharField(max_length=40, default="", db_default="", blank=True)
    runtime = models.CharField(max_length=10)
    source = models.TextField(blank=True)
    seed = models.BigIntegerField(default=new_seed)
    variant = models.BigIntegerField(default=0)
    token = models.CharField(max_length=64, default=new_token)

    submitted_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    leased_until = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=1)
    # The database has the default, too: during an upgrade, an older website still inserts rows.
    failures = models.PositiveIntegerField(default=0, db_default=0)

    # Both can be null: during an upgrade, an older website still inserts rows, and sends their jobs itself.
    turn_at = models.DateTimeField(null=True, blank=True)
    # The assignment's course, so that a line needs no join. Without a constraint: adding one would lock the table.
    turn_course = models.ForeignKey(
        Course, models.DO_NOTHING, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )

    report = models.JSONField(null=True, blank=True)
    given = models.FloatField(null=True, blank=True)
    max = models.FloatField(null=True, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    edit = models.JSONField(null=True, blank=True)

    # Set on an object in memory whose results were taken away for its reader. See `server.submissions.masking`.
    is_held = False

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "assignment", "kind", "number"], name="numbered_once"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="known_state"),
            models.CheckConstraint(
                condition=models.Q(state="graded", given__isnull=False, max__isnull=False)
                | ~models.Q(state="graded") & models.Q(given__isnull=True, max__isnull=True),
                name="scored_only_when_graded",
            ),
        ]
        indexes = [
            models.Index(
                fields=["runtime", "sent_at"], name="open_by_age", condition=models.Q(state__in=["queued", "running"])
            ),
            # Conditions on nulls only: SQLite does not see that a query with parameters fits a condition on states.
            models.Index(
                fields=["runtime", "turn_course", "turn_at", "id"],
                name="in_line",
                condition=models.Q(finished_at__isnull=True, turn_at__isnull=False),
            ),
            models.Index(
                fields=["runtime", "sent_at"],
                name="with_graders",
                condition=models.Q(finished_at__isnull=True, turn_at__isnull=True),
            ),
            models.Index(fields=["learner"], name="open_of_a_learner", condition=models.Q(finished_at__isnull=True)),
            models.Index(fields=["assignment", "learner", "-submitted_at"], name="history"),
            # For the dashboard: the last days of a course's assignments.
            models.Index(fields=["assignment", "submitted_at"], name="by_assignment_and_time"),
            # For the API's lists: ids in the order of time, and changes since a given time.
            models.Index(fields=["assignment", "kind", "id"], name="by_assignment_and_id"),
            models.Index(F("assignment"), CHANGED_AT, name="by_assignment_and_change"),
            models.Index(fields=["finished_at"], name="being_stopped", condition=models.Q(cancel_cost="unknown")),
            # Which versions of courses' packages are still needed.
            models.Index(fields=["digest"], name="of_own_exercises", condition=~models.Q(library="")),
        ]

    def __str__(self) -> str:
        return f"{self.exercise} {self.kind} {self.number}: {self.state}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it. Raises TypeError if its results were taken away for its reader: they would be lost."""
        if self.is_held:
            raise TypeError("a submission with results held back is for reading only")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the address of the submission's page."""
        return reverse("submissions:detail", args=[self.pk])

    @property
    def course(self) -> Course:
        """The course whose rules decide who can see it."""
        return self.assignment.course

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a report, as far as its reader can know."""
        return self.state in OPEN and not self.is_held

    @property
    def shown_state(self) -> str:
        """The state as its reader can know it: also `held`."""
        return HELD if self.is_held else self.state

    @property
    def state_in_words(self) -> str:
        """The shown state in words."""
        return "Received" if self.is_held else State(self.state).label

    @property
    def counts(self) -> bool:
        """Whether it uses an attempt."""
        return uses_attempt(self.kind, self.state, self.cancel_cost)

    @property
    def is_being_stopped(self) -> bool:
        """Whether it was cancelled, and a grader has not answered yet if a case was put to the code."""
        return self.cancel_cost == CancelCost.UNKNOWN

    @property
    def label(self) -> str:
        """The name on pages: "Attempt 2" if it uses one, "Test run 1", "Practice 1", else "Submission 2"."""
        named = self.kind != Kind.SUBMIT or self.counts
        return f"{Kind(self.kind).label if named else 'Submission'} {self.number}"

    @property
    def fraction(self) -> float:
        """The share of the points that it got, 0 to 1."""
        return self.given / self.max if self.given is not None and self.max else 0.0

    def move_to(self, state: State) -> None:
        """Change the state without saving. Raises IllegalMove if it cannot follow the present one."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"submission {self.pk} cannot go from {self.state} to {state}")
        self.state = state

    def job(self) -> Job:
        """Return what a grader needs to grade it."""
        return Job(
            submission=str(self.pk),
            token=self.token,
            exercise=self.exercise,
            digest=self.digest,
            source=self.source,
            seed=self.seed,
            runtime=self.runtime,
            scope=Scope.PUBLIC if self.kind == Kind.TEST_RUN else Scope.ALL,
            variant=self.variant,
            library=self.library,
        )


class CourseTurn(models.Model):
    """When a course last had its turn at the graders of a runtime. The lines are shared out by it."""

    runtime = models.CharField(max_length=10)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    last_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["runtime", "course"], name="one_turn_each")]

    def __str__(self) -> str:
        return f"{self.runtime}, course {self.course_id}: {self.last_at}"


def graded_by(digests: list[str]) -> set[str]:
    """Return those of the digests of courses' packages that a submission has."""
    rows = Submission.objects.exclude(library="").filter(digest__in=digests).order_by()
    return set(rows.values_list("digest", flat=True).distinct())
