"""Webhooks: the endpoints of a course, the events that happened, and their deliveries.

Endpoint   a URL that receives a course's events
Event      something that happened; written in the same transaction as the change itself (an outbox)
Delivery   an event for one endpoint
Try        one try at a delivery
"""

from datetime import datetime

from django.db import models

from server.common.uuid7 import uuid7
from server.courses.models import Course
from server.outbox.rows import OutboxRow
from server.webhooks.signing import new_secret


class EventType(models.TextChoices):
    """The events that an endpoint can receive."""

    SUBMISSION_GRADED = "submission.graded", "A submission was graded"
    SUBMISSION_UNGRADABLE = "submission.ungradable", "A submission could not be run"
    GRADE_CHANGED = "grade.changed", "A grade changed"
    REGRADE_APPLIED = "regrade.applied", "A regrade was applied"


class DeliveryState(models.TextChoices):
    """The states of a delivery."""

    PENDING = "pending", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class Endpoint(models.Model):
    """A URL that receives a course's events. After a secret is replaced, both sign until `former_until`."""

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
        """Return the secrets that sign at a given time, the newest first."""
        former = self.former_secret and self.former_until is not None and now < self.former_until
        return [self.secret, self.former_secret] if former else [self.secret]


class Event(models.Model):
    """Something that happened. `payload` is the JSON that is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    type = models.CharField(max_length=30, choices=EventType.choices)
    payload: models.JSONField = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"

    @property
    def webhook_id(self) -> str:
        """The id of the event for receivers: the same in every try and for every endpoint."""
        return f"msg_{self.pk.hex}"


class Delivery(OutboxRow):
    """An event for one endpoint."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
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
    """One try at a delivery: the HTTP status, or the error if there was no answer."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    seconds = models.FloatField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%F %T}: {self.status or self.error}"
