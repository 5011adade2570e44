"""Reads a course's API tokens and webhooks."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Max, Q, QuerySet

from server.accounts.models import User
from server.api.models import ApiToken
from server.courses.models import Course, Role
from server.webhooks.models import Delivery, DeliveryState, Endpoint


def tokens_of(course: Course, user: User) -> QuerySet[ApiToken]:
    """Return a course's tokens, without personal ones and those for courses that the person is no instructor of."""
    rows = ApiToken.objects.filter(courses=course, learner=None).select_related("owner")
    if user.is_superuser:
        return rows
    taught = Course.objects.filter(enrollments__user=user, enrollments__role=Role.INSTRUCTOR)
    elsewhere = ApiToken.objects.filter(courses__in=Course.objects.exclude(pk__in=taught)).values("pk")
    return rows.exclude(pk__in=elsewhere)


class TokenState(StrEnum):
    """If a token works, and if not, why."""

    WORKS = "works"
    LIMITED = "limited"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"


def states_of(rows: Iterable[ApiToken], course: Course, now: datetime) -> list[TokenState]:
    """Return the state of each of a course's tokens. A token is limited if its owner is no instructor any more."""
    staff = dict(course.enrollments.exclude(role=Role.STUDENT).values_list("user", "role"))
    return [_state(row, staff.get(row.owner_id or 0), now) for row in rows]


def _state(row: ApiToken, role: str | None, now: datetime) -> TokenState:
    if row.revoked_at:
        return TokenState.REVOKED
    if not row.is_valid(now):
        return TokenState.EXPIRED
    if row.owner is None or not row.owner.is_active:
        return TokenState.SUSPENDED
    if role == Role.INSTRUCTOR or row.owner.is_superuser:
        return TokenState.WORKS
    return TokenState.LIMITED if role == Role.TA else TokenState.SUSPENDED


def endpoints_of(course: Course) -> QuerySet[Endpoint]:
    """Return a course's webhooks, each with the numbers of its deliveries by state."""
    return course.webhook_endpoints.annotate(
        delivered=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DELIVERED)),
        waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.PENDING)),
        failed=Count("deliveries", filter=Q(deliveries__state=DeliveryState.FAILED)),
        latest=Max("deliveries__finished_at"),
    )


def deliveries_to(endpoint: Endpoint) -> QuerySet[Delivery]:
    """Return a webhook's deliveries, newest first, with every try."""
    return endpoint.deliveries.select_related("event").prefetch_related("tries").order_by("-pk")
