"""The results of `python -m grader verify`."""

from django.db import models


class Verification(models.Model):
    """The latest quality checks of an exercise: which version they ran on (digest), and the problems they found."""

    slug = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    passed = models.BooleanField()
    problems: models.JSONField = models.JSONField(default=list)
    runs = models.PositiveIntegerField(default=0)
    slowest = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"{self.slug}: {'passed' if self.passed else 'failed'}"
