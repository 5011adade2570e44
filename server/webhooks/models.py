"""Webhooks: who wants to hear of what, what happened, and what became of telling them.

Event      something happened; written in the same transaction as the thing itself (an outbox)
Delivery   an event on its way to one endpoint
Try        one attempt at a delivery
"""

from datetime import datetime

from django.db import models

from server.common.uuid7 import uuid7
from server.courses.models import Course
from server.webhooks.signing import new_secret


class EventType(models.TextChoices):
    """What may happen."""

    SUBMISSION_GRADED = "submission.graded", "A submission was graded"
    SUBMISSION_UNGRADABLE = "submission.ungradable", "A submission could not be run"
    GRADE_CHANGED = "grade.changed", "A grade changed"
    REGRADE_APPLIED = "regrade.applied", "A regrade was applied"


class DeliveryState(models.TextChoices):
    """Where a delivery is."""

    PENDING = "pending", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class Endpoint(models.Model):
    """Where a course's events are sent to. While a secret is being replaced, both sign until `former_until`."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    events: models.JSONField = models.JSONField(default=list)
    secret = models.CharField(max_length=100, default=new_secret)
    former_secret = models.CharField(max_length=100, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    disabled_because = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url

    def secrets(self, now: datetime) -> list[str]:
        """Return the secrets that sign at a moment, the newest first."""
        former = self.former_secret and self.former_until is not None and now < self.former_until
        return [self.secret, self.former_secret] if former else [self.secret]


class Event(models.Model):
    """Something that happened. `payload` is what is sent, as JSON."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    type = models.CharField(max_length=30, choices=EventType.choices)
    payload: models.JSONField = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"

    @property
    def webhook_id(self) -> str:
        """The name of the event for those who are told: the same at every try and every endpoint."""
        return f"msg_{self.pk.hex}"


class Delivery(models.Model):
    """An event on its way to an endpoint. `tried` counts attempts since it was last begun; `due_at` is the next."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    tried = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="told_once")]
        indexes = [
            models.Index(fields=["due_at"], name="deliveries_due", condition=models.Q(state="pending")),
            models.Index(fields=["endpoint", "state"], name="deliveries_of_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}: {self.state}"


class Try(models.Model):
    """One attempt at a delivery: the HTTP status, or why there was none."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    seconds = models.FloatField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%F %T}: {self.status or self.error}"
