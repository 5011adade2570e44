"""The columns that every outbox table has."""

from typing import TYPE_CHECKING

from django.db import models

PENDING = "pending"


class OutboxRow(models.Model):
    """A message that waits to be sent. `tried` counts the tries since it was last queued; `due_at` is the next try.

    Subclasses add `state`, in which `PENDING` means: not sent yet.
    """

    tried = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()

    if TYPE_CHECKING:
        state: models.CharField[str, str]

    class Meta:
        abstract = True
