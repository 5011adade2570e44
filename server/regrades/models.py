"""A regrade and its reruns: the new score of each submission."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from grader.protocol.jobs import Job
from server.common.uuid7 import uuid7
from server.courses.models import Course
from server.gradebook.models import Assignment, GradeChange
from server.submissions.models import State, Submission, new_token


class RegradeScope(models.TextChoices):
    """Which submissions are graded again."""

    ALL = "all", "Every graded attempt"
    COUNTED = "counted", "Only the attempt that counts of each student"
    OUTDATED = "outdated", "Only attempts that another version of the exercise graded"
    ONE = "one", "One submission, after a request"


class Stage(models.TextChoices):
    """The state of a regrade. A preview changes nothing; an applied regrade can be taken back."""

    PREVIEW = "preview", "Preview"
    APPLIED = "applied", "Applied"
    DISCARDED = "discarded", "Discarded"
    REVERTED = "reverted", "Taken back"


class Regrade(models.Model):
    """One decision to grade some assignments again. Its reruns hold the results."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="regrades")
    assignments: models.ManyToManyField = models.ManyToManyField(Assignment, related_name="regrades")
    scope = models.CharField(max_length=10, choices=RegradeScope.choices, default=RegradeScope.ALL)
    state = models.CharField(max_length=10, choices=Stage.choices, default=Stage.PREVIEW)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    why = models.TextField()
    # The changes that applying it made, so that each can be taken back alone.
    changes: models.ManyToManyField = models.ManyToManyField(GradeChange, related_name="regrades")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"regrade {self.pk}: {self.state}"

    def get_absolute_url(self) -> str:
        """Return the address of the regrade's page."""
        return reverse("regrades:detail", args=[self.course.slug, self.pk])


class Rerun(models.Model):
    """A submission that is graded again. The job has the rerun's id, which differs from the submission's.

    The old values are those at the start; `apply` checks that they still hold. `changes` is true if the score differs.
    `state` is a state of submissions: queued until a report comes, error if it was given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    regrade = models.ForeignKey(Regrade, models.CASCADE, related_name="reruns")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="reruns")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    token = models.CharField(max_length=64, default=new_token)
    digest = models.CharField(max_length=64)
    library = models.CharField(max_length=40, default="", db_default="", blank=True)
    runtime = models.CharField(max_length=10)

    old_state = models.CharField(max_length=12, choices=State.choices)
    old_given = models.FloatField(null=True)
    old_max = models.FloatField(null=True)
    old_digest = models.CharField(max_length=64)
    old_library = models.CharField(max_length=40, default="", db_default="", blank=True)
    old_report: models.JSONField = models.JSONField(null=True)

    report = models.JSONField(null=True)
    given = models.FloatField(null=True)
    max = models.FloatField(null=True)
    changes = models.BooleanField(default=False)

    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["regrade", "submission"], name="one_rerun_each")]
        indexes = [
            models.Index(fields=["runtime", "sent_at"], name="open_reruns", condition=models.Q(state="queued")),
            models.Index(fields=["regrade", "-changes", "id"], name="reruns_to_look_at"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id}: {self.old_given} -> {self.given}"

    @property
    def difference(self) -> float:
        """How many points the new score is better."""
        return (self.given or 0.0) - (self.old_given or 0.0)

    def job(self) -> Job:
        """Return the submission's job, same secret cases, with this rerun's id, token and exercise version."""
        own = self.submission.job().to_dict()
        version = {"digest": self.digest, "library": self.library}
        return Job.from_dict(own | {"submission": str(self.pk), "token": self.token} | version)


def graded_by(digests: list[str]) -> set[str]:
    """Return those of the digests of courses' packages that a rerun, or its submission before, has."""
    new = Rerun.objects.exclude(library="").filter(digest__in=digests).values_list("digest", flat=True)
    old = Rerun.objects.exclude(old_library="").filter(old_digest__in=digests).values_list("old_digest", flat=True)
    return set(new.distinct()) | set(old.distinct())
