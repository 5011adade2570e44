"""Packages of courses, and their versions, which never change.

A version is stored once, under its digest: courses with the same files share the row. Nobody reads a version by its
digest alone; each reader comes through a package whose course they can see.
"""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from grader.packages.catalogue import SLUG
from server.common.uuid7 import uuid7
from server.courses.models import Course

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from server.gradebook.models import Assignment

LONGEST_SLUG = 100
LONGEST_PATH = 200
LONGEST_NOTE = 300


def new_token() -> str:
    """Return a secret that the answer of a grader must carry."""
    return secrets.token_urlsafe(24)


class PackageKind(models.TextChoices):
    """What a package is."""

    EXERCISE = "exercise", "Exercise"
    LESSON = "lesson", "Lesson"


class VersionSource(models.TextChoices):
    """How a version came into a package."""

    PAGE = "page", "Page"
    ZIP = "zip", "ZIP file"
    API = "api", "API"
    GIT = "git", "Git"
    COPY = "copy", "Copy"


class VerificationState(models.TextChoices):
    """How far a verification is. `running` comes from the grader's progress and is only shown."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    PASSED = "passed", "Passed"
    FAILED = "failed", "Problems found"
    ERROR = "error", "Could not be verified"


class RunState(models.TextChoices):
    """How far a run of a file is. The report says what it got."""

    QUEUED = "queued", "Waiting"
    DONE = "done", "Done"
    ERROR = "error", "Could not be run"


class Version(models.Model):
    """The files of a package at one time, as the canonical ZIP of `grader.packages.archives`. Never changed.

    `size` is that of the archive in bytes. `variants` has the numbers of each variant of the exercise, which a
    verification computed; None before, and if all learners have the same numbers. `made_at` is when these files were
    stored last.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    archive = models.BinaryField()
    kind = models.CharField(max_length=10, choices=PackageKind.choices)
    size = models.PositiveIntegerField()
    files = models.PositiveIntegerField()
    variants = models.JSONField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"


class CoursePackage(models.Model):
    """An exercise or a lesson of a course, with the files that its authors edit and the version that is used.

    `published` is the version that the course uses now. A withdrawn package is offered for no new assignment; those
    that have it go on. `origin` says what it was copied from. `draft_revision` counts the changes of its files.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="packages")
    kind = models.CharField(max_length=10, choices=PackageKind.choices)
    slug = models.CharField(max_length=LONGEST_SLUG, validators=[RegexValidator(rf"\A{SLUG.pattern}\Z")])
    published = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="published_in")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=200, blank=True, default="")
    draft_revision = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)

    versions: "RelatedManager[PackageVersion]"
    draft_files: "RelatedManager[DraftFile]"
    shares: "RelatedManager[PackageShare]"
    runs: "RelatedManager[PackageRun]"
    assignments: "RelatedManager[Assignment]"

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="one_package_per_slug")]

    def __str__(self) -> str:
        return self.slug

    @property
    def library(self) -> str:
        """The name of the library that owns its versions, for graders and submissions."""
        return library_of(self.course_id)

    @property
    def is_withdrawn(self) -> bool:
        """Whether no new assignment can use it."""
        return self.withdrawn_at is not None


def library_of(course_id: int) -> str:
    """Return the name of the library of a course."""
    return f"course-{course_id}"


class PackageVersion(models.Model):
    """A version in the history of a package: who made it, from what, and a note. Numbers count from 1.

    `by` is None if no person made it, as with a push to a Git repository. `commit` is that of the repository.
    """

    package = models.ForeignKey(CoursePackage, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    version = models.ForeignKey(Version, models.PROTECT, related_name="histories")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=4, choices=VersionSource.choices)
    commit = models.CharField(max_length=64, blank=True, default="")
    note = models.CharField(max_length=LONGEST_NOTE, blank=True, default="")

    verifications: "RelatedManager[PackageVerification]"

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["package", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.package_id} version {self.number}"

    @property
    def course(self) -> Course:
        """The course whose rules decide who can see it."""
        return self.package.course


class DraftFile(models.Model):
    """A file of a package as its authors edit it now. `revision` counts its changes, from 1."""

    package = models.ForeignKey(CoursePackage, models.CASCADE, related_name="draft_files")
    path = models.CharField(max_length=LONGEST_PATH)
    content = models.BinaryField()
    size = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["package", "path"], name="one_draft_file_per_path")]

    def __str__(self) -> str:
        return f"{self.path} of {self.package_id}"


class PackageVerification(models.Model):
    """A run of the quality checks on a version. `verified` is what the grader answered (`Verified.to_dict`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    package_version = models.ForeignKey(PackageVersion, models.CASCADE, related_name="verifications")
    token = models.CharField(max_length=64, default=new_token)
    state = models.CharField(max_length=8, choices=VerificationState.choices, default=VerificationState.QUEUED)
    verified = models.JSONField(null=True, blank=True)
    # Which grader answered: its checks decide with the package's files.
    grader = models.CharField(max_length=64, blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["started_at"], name="open_verifications", condition=models.Q(finished_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"verification of {self.package_version_id}: {self.state}"

    @property
    def course(self) -> Course:
        """The course whose rules decide who can see it."""
        return self.package_version.course

    @property
    def is_waiting(self) -> bool:
        """Whether an answer can still come."""
        return self.finished_at is None


class PackageRun(models.Model):
    """A run of one file of a package's draft by one of its authors. It is deleted after a day."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    package = models.ForeignKey(CoursePackage, models.CASCADE, related_name="runs")
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=LONGEST_PATH)
    source = models.TextField(blank=True)
    scope = models.CharField(max_length=6, choices=[("all", "All cases"), ("public", "Public cases")], default="all")
    seed = models.BigIntegerField()
    variant = models.BigIntegerField(default=0)
    runtime = models.CharField(max_length=10, default="cpu")
    token = models.CharField(max_length=64, default=new_token)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.QUEUED)
    report = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["by", "-started_at"], name="package_runs_of_a_person")]

    def __str__(self) -> str:
        return f"{self.path} of {self.package_id}: {self.state}"

    @property
    def course(self) -> Course:
        """The course whose rules decide who can see it."""
        return self.package.course

    @property
    def is_waiting(self) -> bool:
        """Whether an answer can still come."""
        return self.finished_at is None


class PackageShare(models.Model):
    """That another course can use the published versions of a package."""

    package = models.ForeignKey(CoursePackage, models.CASCADE, related_name="shares")
    course = models.ForeignKey(Course, models.CASCADE, related_name="shared_packages")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "course"], name="one_share_each")]

    def __str__(self) -> str:
        return f"{self.package_id} with course {self.course_id}"
