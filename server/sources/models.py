"""Sources: branches of Git repositories from which a course takes packages."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from server.courses.models import Course
from server.packages.models import CoursePackage, PackageVersion

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class SourceState(models.TextChoices):
    """What a source does."""

    IDLE = "idle", "Up to date"
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being read"


class GitSource(models.Model):
    """A branch of a repository, whose packages a course uses.

    `sealed` holds the deploy key's private part and the secret of the webhook, encrypted. `host_key` is the key that
    the ssh server showed first. `commit` was read last, `error` says why the last try failed. `again` asks for one more
    fetch after the one that runs.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="git_sources")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address = models.CharField(max_length=300)
    branch = models.CharField(max_length=200, default="main")
    folder = models.CharField(max_length=200, blank=True, default="")
    publishes = models.BooleanField(default=False)
    sealed = models.TextField(editable=False)
    public_key = models.CharField(max_length=200, editable=False)
    host_key = models.TextField(blank=True, default="")
    state = models.CharField(max_length=7, choices=SourceState.choices, default=SourceState.IDLE)
    again = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now_add=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    commit = models.CharField(max_length=64, blank=True, default="")
    subject = models.CharField(max_length=100, blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)

    packages: "RelatedManager[SourcePackage]"
    pushes: "RelatedManager[SourcePush]"

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.address} ({self.branch})"

    @property
    def is_ssh(self) -> bool:
        """Whether it is read with the deploy key."""
        return not self.address.startswith(("https://", "http://"))

    @property
    def webhook_url(self) -> str:
        """The address to which the repository's server says that there was a push."""
        return f"{settings.PUBLIC_URL}/sources/{self.key}/push"


class SourcePackage(models.Model):
    """What became of one package of the commit that was read last.

    `is_open` while its version waits for its verification, or to be published.
    """

    source = models.ForeignKey(GitSource, models.CASCADE, related_name="packages")
    path = models.CharField(max_length=300)
    slug = models.CharField(max_length=100, blank=True)
    package = models.ForeignKey(CoursePackage, models.SET_NULL, null=True, blank=True, related_name="git_packages")
    package_version = models.ForeignKey(PackageVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    error = models.CharField(max_length=500, blank=True, default="")
    file = models.CharField(max_length=300, blank=True, default="")
    is_open = models.BooleanField(default=False)

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="one_row_per_path")]

    def __str__(self) -> str:
        return f"{self.path} of {self.source_id}"


class SourcePush(models.Model):
    """A push that was taken, by the digest of its message: the same message is not taken twice."""

    source = models.ForeignKey(GitSource, models.CASCADE, related_name="pushes")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="each_push_once")]

    def __str__(self) -> str:
        return f"push to {self.source_id} at {self.at:%F %T}"
