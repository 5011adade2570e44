"""What `python -m grader verify` said of the exercises."""

from django.db import models


class Verification(models.Model):
    """The latest verification of an exercise: of which version (digest), and which promises it breaks."""

    slug = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    passed = models.BooleanField()
    problems: models.JSONField = models.JSONField(default=list)
    runs = models.PositiveIntegerField(default=0)
    slowest = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"{self.slug}: {'kept' if self.passed else 'broken'}"
