"""Assignments (an exercise, set in a course, on terms), the grades in them, and every change of a grade."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse

from grader.errors import PackageError
from server.catalogue.exercises import ExerciseText, find_exercise, title_of
from server.common.local_times import check_year
from server.courses.models import Course, HintRule
from server.gradebook.rules import Decision, Keeps, LateRule, MoreTime, Terms
from server.gradebook.totals import UnitRule
from server.packages.content import exercise_text, exercise_title
from server.packages.models import CoursePackage, Version

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from server.submissions.models import Submission

    class SubmissionManager(RelatedManager[Submission]):
        """The manager that Django makes from `SubmissionQuerySet`, for mypy. The class is defined in an app above."""

        def graded_attempts(self) -> models.QuerySet[Submission]:
            """Attempts that count and have a report."""


MOST_POINTS = 1_000_000
MOST_ATTEMPTS = 10_000
# 30 days.
LONGEST_COOLDOWN, LONGEST_GRACE = 30 * 86_400, 30 * 1_440
MOST_EXTRA_DAYS = 365
LARGEST_WEIGHT = 1_000_000
MOST_DROPPED = 1_000
LARGEST_FACTOR = 10
LONGEST_TITLE = 200


class PracticeRule(models.TextChoices):
    """Whether an assignment can be practised after it closed."""

    AS_COURSE = "", "As in the course"
    YES = "yes", "Yes"
    NO = "no", "No"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments, drafts included."""

    def published(self) -> "AssignmentQuerySet":
        """Return those that learners can see: all but the drafts."""
        return self.filter(is_draft=False)


class Assignment(models.Model):
    """An exercise that a course sets. Its slug is `unit/name`: the exercise's, unless the course wants another.

    Only staff see a draft. Nobody can hand in anything for it, except staff.

    While `results_held` is set, learners see no results (see `server.gradebook.held_results`). `release_at` is when
    that ends by itself, and `released_at` when it last ended.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="assignments")
    slug = models.CharField(max_length=100, validators=[RegexValidator(r"\A[a-z0-9-]+/[a-z0-9-]+\Z")])
    exercise = models.CharField(max_length=100, help_text="The slug of an exercise package.")
    # Empty: the exercise is the installation's. Else the package of a course, perhaps of another that shares it.
    package = models.ForeignKey(
        CoursePackage, models.PROTECT, null=True, blank=True, editable=False, related_name="assignments"
    )
    # The version of the package that is used, and whose library owns it: here, so that no page needs the package's row.
    version = models.ForeignKey(
        Version, models.PROTECT, null=True, blank=True, editable=False, related_name="assignments"
    )
    library = models.CharField(max_length=40, default="", db_default="", blank=True, editable=False)
    # Whether it stays with that version. Else it follows: publishing another version changes `version`.
    stays = models.BooleanField(default=False, db_default=False, editable=False)
    # Empty: the exercise's title.
    own_title = models.CharField(max_length=LONGEST_TITLE, default="", db_default="", blank=True)
    position = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(10_000)])
    points = models.FloatField(default=100, validators=[MinValueValidator(0), MaxValueValidator(MOST_POINTS)])
    opens_at = models.DateTimeField(null=True, blank=True, validators=[check_year])
    due_at = models.DateTimeField(null=True, blank=True, validators=[check_year])
    closes_at = models.DateTimeField(null=True, blank=True, validators=[check_year])
    attempts = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Empty: no limit.",
        validators=[MinValueValidator(1), MaxValueValidator(MOST_ATTEMPTS)],
    )
    cooldown_seconds = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(LONGEST_COOLDOWN)])
    keeps = models.CharField(
        max_length=10, choices=[(keeps.value, keeps.name.title()) for keeps in Keeps], default="best"
    )
    late_percent_per_day = models.FloatField(default=0, validators=[MinValueValidator(0), MaxValueValidator(100)])
    late_percent_cap = models.FloatField(default=100, validators=[MinValueValidator(0), MaxValueValidator(100)])
    grace_minutes = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(LONGEST_GRACE)])
    takes_slip_days = models.BooleanField(default=True, db_default=True)
    practice = models.CharField(
        max_length=3, choices=PracticeRule.choices, default=PracticeRule.AS_COURSE, db_default="", blank=True
    )

    results_held = models.BooleanField(
        default=False, db_default=False, help_text="Students see that their work was received, and nothing else."
    )
    release_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    bonus_points = models.FloatField(
        default=0,
        db_default=0,
        validators=[MinValueValidator(0), MaxValueValidator(MOST_POINTS)],
        help_text="How many points above the maximum can be given by hand.",
    )

    # Empty: as the course says. The database has the default, too: during an upgrade, an older website still inserts.
    hint_rule = models.CharField(max_length=10, choices=HintRule.choices, default="", db_default="", blank=True)
    show_edit = models.BooleanField(null=True, blank=True, default=None)

    is_draft = models.BooleanField(default=False, db_default=False)

    objects = AssignmentQuerySet.as_manager()

    submissions: "SubmissionManager"
    grades: "RelatedManager[Grade]"

    class Meta:
        ordering = ["position", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="one_assignment_per_slug"),
            models.CheckConstraint(
                condition=models.Q(package=None, version=None, library="", stays=False)
                | models.Q(package__isnull=False, version__isnull=False) & ~models.Q(library=""),
                name="whole_package_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        """Return the address of the exercise page."""
        return reverse("submissions:exercise", args=[self.course.slug, self.slug])

    def clean(self) -> None:
        """Raise ValidationError if the terms contradict each other; a form then shows the sentence."""
        moments = [moment for moment in (self.opens_at, self.due_at, self.closes_at) if moment]
        if moments != sorted(moments):
            raise ValidationError("An assignment opens first, then is due, then closes.")
        if self.pk and Grade.objects.filter(assignment=self, override__gt=self.most_points).exists():
            raise ValidationError("Some students were given more points than this by hand. Change those grades first.")
        if not self.results_held:
            self.release_at = None

    @property
    def most_points(self) -> float:
        """The most points that can be given by hand."""
        return self.points + self.bonus_points

    @property
    def unit(self) -> str:
        """Its unit: the first part of its slug."""
        return self.slug.partition("/")[0]

    @cached_property
    def content(self) -> ExerciseText:
        """The exercise itself, read from its package. Raises PackageError if it cannot be read."""
        return self.content_for(0)

    def content_for(self, learner: int) -> ExerciseText:
        """Return the exercise as a learner reads it, given their key. Raises PackageError if it cannot be read."""
        if self.library:
            return exercise_text(self.exercise, str(self.version_id), self.library, learner=learner)
        return find_exercise(self.exercise, variant=learner)

    @cached_property
    def title(self) -> str:
        """Its own title, else the exercise's; the exercise's slug if the package cannot be read."""
        if self.own_title:
            return self.own_title
        return self.exercise_title

    @property
    def exercise_title(self) -> str:
        """The title of the exercise; its slug if the package cannot be read."""
        try:
            if self.library:
                return exercise_title(self.exercise, str(self.version_id), self.library)
            return title_of(self.exercise)
        except PackageError:
            return self.exercise

    @property
    def allows_practice(self) -> bool:
        """Whether learners can go on with it after it closed."""
        return self.course.practice if self.practice == PracticeRule.AS_COURSE else self.practice == PracticeRule.YES

    @property
    def terms(self) -> Terms:
        """The terms, for `server.gradebook.rules`."""
        return Terms(
            zone=self.course.zone,
            practice=self.allows_practice,
            points=self.points,
            opens_at=self.opens_at,
            due_at=self.due_at,
            closes_at=self.closes_at,
            attempts=self.attempts,
            cooldown=timedelta(seconds=self.cooldown_seconds),
            keeps=Keeps(self.keeps),
            late=LateRule(
                per_day=self.late_percent_per_day / 100,
                cap=self.late_percent_cap / 100,
                grace=timedelta(minutes=self.grace_minutes),
            ),
        )


class Unrecorded(Exception):
    """A program tried to change grades, or the record of their changes, without a record."""


class SingleWrites(models.QuerySet[Any]):
    """Rows that cannot be written in bulk: such writes would bypass the record of changes."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise Unrecorded("Grades change in server.gradebook.services, which records who, when and why.")

    update = delete = bulk_create = bulk_update = _refuse


class GradeQuerySet(SingleWrites):
    """Grades; only `server.gradebook.services` writes them, one by one."""


class ChangeQuerySet(SingleWrites):
    """Changes of grades; they are written once and never changed."""


class Grade(models.Model):
    """A learner's grade in an assignment: the instructor's decision and the resulting points. One row each.

    Only `server.gradebook.services` writes here. `raw`, `penalty` and `final` are points of the assignment; `final` is
    what counts, None if nothing counts. `counted` is the submission that they come from. `used` counts graded
    attempts, `passed_after` those up to the first with every point. The times are those of submission.
    """

    # Nobody can delete a course that holds grades by mistake, and with it the record of their changes.
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="grades")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grades")

    override = models.FloatField(null=True, blank=True)
    exempt = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    extra_attempts = models.PositiveIntegerField(default=0)
    # How many of the course's slip days it uses.
    slip_days = models.PositiveSmallIntegerField(default=0, db_default=0)

    counted = models.ForeignKey("submissions.Submission", models.PROTECT, null=True, blank=True, related_name="+")
    raw = models.FloatField(null=True, blank=True)
    penalty = models.FloatField(null=True, blank=True)
    final = models.FloatField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    passed_after = models.PositiveIntegerField(null=True, blank=True)
    passed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = GradeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assignment", "learner"], name="one_grade_each")]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.assignment_id}: {self.final}"

    @property
    def decision(self) -> Decision:
        """The decision about the learner, for `server.gradebook.rules`."""
        return Decision(
            override=self.override,
            exempt=self.exempt,
            due_at=self.due_at,
            closes_at=self.closes_at,
            extra_attempts=self.extra_attempts,
        )

    @property
    def is_extended(self) -> bool:
        """Whether the learner has more time or more attempts than the others."""
        return bool(self.due_at or self.closes_at or self.extra_attempts)


class Accommodation(models.Model):
    """More time for one learner in every assignment of a course, later ones included.

    `extra_days` are calendar days; `time_factor` multiplies the time from opening to due date, and to closing. Only
    `server.gradebook.accommodations` writes here: the grades follow.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="accommodations")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="accommodations")
    extra_days = models.PositiveSmallIntegerField(
        "days more", default=0, validators=[MaxValueValidator(MOST_EXTRA_DAYS)]
    )
    time_factor = models.FloatField(
        "times the time", default=1, validators=[MinValueValidator(1), MaxValueValidator(LARGEST_FACTOR)]
    )
    why = models.CharField("reason", max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "learner"], name="one_accommodation_each")]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.course_id}: {self.extra_days} days, times {self.time_factor:g}"

    @property
    def rule(self) -> MoreTime:
        """The additional time, for `server.gradebook.rules`."""
        return MoreTime(days=self.extra_days, factor=self.time_factor)


class UnitTerms(models.Model):
    """What the results of a unit are worth in the total of a course. A unit without a row has neither rule.

    `weight` is relative to those of the other units; None: no weight. Of the results in the unit, the `drop_lowest` are
    left out.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="unit_terms")
    unit = models.CharField(max_length=100)
    weight = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(LARGEST_WEIGHT)]
    )
    drop_lowest = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(MOST_DROPPED)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "unit"], name="one_rule_per_unit")]

    def __str__(self) -> str:
        return f"{self.unit} in {self.course_id}: {self.weight}, without the lowest {self.drop_lowest}"

    @property
    def rule(self) -> UnitRule:
        """The rule, for `server.gradebook.totals`."""
        return UnitRule(weight=self.weight, drop_lowest=self.drop_lowest)


class Action(models.TextChoices):
    """What changed a grade."""

    GRADED = "graded", "Graded"
    TERMS = "terms", "Terms changed"
    OVERRIDDEN = "overridden", "Overridden"
    EXEMPTED = "exempted", "Exempted"
    EXTENDED = "extended", "Extended"
    REGRADED = "regraded", "Regraded"
    UNDONE = "undone", "Undone"
    MERGED = "merged", "Accounts merged"


DECISIONS = frozenset({Action.OVERRIDDEN, Action.EXEMPTED, Action.EXTENDED, Action.UNDONE})


class GradeChange(models.Model):
    """One change of a grade: who (None: the system), when, why, and the grade before and after.

    This is a table of its own and not a history of row versions: a change needs a reason, belongs to a person or a
    regrade, covers the decision and its result, and can be undone as a whole. The code that writes the grade writes it,
    too, so no bulk write can bypass it. `old` and `new` hold raw, penalty, final and the decision, as JSON.
    """

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="changes")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grade_changes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    action = models.CharField(max_length=12, choices=Action.choices)
    why = models.TextField(blank=True)
    old: models.JSONField = models.JSONField()
    new: models.JSONField = models.JSONField()
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["assignment", "learner", "-at"], name="changes_of_a_grade"),
            models.Index(fields=["assignment", "-at"], name="changes_of_an_assignment"),
            models.Index(fields=["-at", "-id"], name="changes_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.old.get('final')} -> {self.new.get('final')}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the change. Raises Unrecorded if it exists already."""
        if not self._state.adding:
            raise Unrecorded("A recorded change cannot be edited.")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> Any:
        """Raise Unrecorded: the record is kept."""
        raise Unrecorded("A recorded change cannot be deleted.")

    @property
    def is_decision(self) -> bool:
        """Whether a person decided it, so that it can be undone alone. A regrade's change is undone on its page."""
        return self.action in DECISIONS and not (self.undoes is not None and self.undoes.action == Action.REGRADED)

    @property
    def decided(self) -> Any:
        """The keys whose values changed, each with the old and the new value."""
        return {key: (self.old.get(key), value) for key, value in self.new.items() if self.old.get(key) != value}
