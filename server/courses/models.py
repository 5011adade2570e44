"""A course and its members."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from server.common.zones import LONGEST_ZONE, check_zone, find_zone

LONGEST_SECTION = 100
MOST_SLIP_DAYS = 100
MOST_REQUEST_DAYS = 365
LONGEST_TERM = 60


class HintRule(models.TextChoices):
    """When the further levels of a hint open to learners: why it goes wrong, and what to change."""

    ALL = "all", "All at once"
    ATTEMPT = "attempt", "One more after each attempt"
    FIRST = "first", "Only the first"


class Course(models.Model):
    """One run of a course (say, one term), with its members, assignments and grades."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    # The database has the default, too: during an upgrade, an older website still inserts rows.
    hint_rule = models.CharField(
        max_length=10, choices=HintRule.choices, default=HintRule.ATTEMPT, db_default=HintRule.ATTEMPT.value
    )
    # The zone of the calendar days in which lateness counts. Empty: the installation's.
    time_zone = models.CharField(
        max_length=LONGEST_ZONE, default="", db_default="", blank=True, validators=[check_zone]
    )
    # How many late days each student has for the whole course, without a penalty.
    slip_days = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(MOST_SLIP_DAYS)]
    )
    # Whether students can go on with an assignment after it closed, for practice.
    practice = models.BooleanField(default=False, db_default=False)
    # How many days after a result students can ask for a regrade. 0: they cannot.
    regrade_request_days = models.PositiveSmallIntegerField(
        default=7, db_default=7, validators=[MaxValueValidator(MOST_REQUEST_DAYS)]
    )
    term = models.CharField(max_length=LONGEST_TERM, blank=True, default="", db_default="")
    # Since when nobody can change anything in the course; None: it goes on.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Empty for courses that an administrator or a command made.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    made_at = models.DateTimeField(null=True, auto_now_add=True, editable=False)
    # Whether learners see the edit at the line to look at, unless an assignment says otherwise.
    show_edit = models.BooleanField(default=False, db_default=False)
    members: models.ManyToManyField = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Enrollment")

    class Meta:
        ordering = ["title", "slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the course home."""
        return reverse("courses:home", args=[self.slug])

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its calendar days."""
        return find_zone(self.time_zone)

    @property
    def is_archived(self) -> bool:
        """Whether the course can only be read."""
        return self.archived_at is not None


class FormerSlug(models.Model):
    """A slug that a course had before. Addresses with it lead to the course, and no other course can take it."""

    slug = models.SlugField(unique=True)
    course = models.ForeignKey(Course, models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    """The role of a member in a course."""

    STUDENT = "student", "Student"
    TA = "ta", "Teaching assistant"
    INSTRUCTOR = "instructor", "Instructor"


class Section(models.Model):
    """A part of a course, such as a tutorial group. Two names that differ only in their capitals are one name."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="sections")
    name = models.CharField(max_length=LONGEST_SECTION)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("course", Lower("name"), name="one_section_per_name")]

    def __str__(self) -> str:
        return self.name


class Enrollment(models.Model):
    """The membership of a user in a course, and in at most one of its sections."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="enrollments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrollments")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.STUDENT)
    section = models.ForeignKey(Section, models.SET_NULL, null=True, blank=True, related_name="enrollments")
    # Whether staff of the course decided the role here. Then no LMS changes it.
    role_decided = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "user"], name="one_enrollment_per_course")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.course_id}: {self.role}"


class FormerEnrollment(models.Model):
    """A membership that ended because staff removed the member. Work and grades stay; a restore brings it back."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="former_enrollments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="former_enrollments")
    role = models.CharField(max_length=20, choices=Role.choices)
    section = models.ForeignKey(Section, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "user"], name="one_former_enrollment_per_course")]

    def __str__(self) -> str:
        return f"{self.user_id} was in {self.course_id}: {self.role}"


class AssistantLimit(models.Model):
    """A section whose people an assistant sees. An assistant without any such row sees everybody in the course.

    The rows belong to the person and the course and not to the membership: a restored assistant is limited as before.
    A section with such a row cannot be deleted, because its assistant would then see everybody.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="assistant_limits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="assistant_limits")
    section = models.ForeignKey(Section, models.RESTRICT, related_name="assistant_limits")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "section"], name="one_limit_per_section")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.course_id}: section {self.section_id}"
