"""Storing the results of the quality checks."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from grader.packages.catalogue import find_package
from server.dashboard.models import Verification


@transaction.atomic
def record_verifications(found: list[dict[str, Any]]) -> list[Verification]:
    """Store the grader's JSON output. Raises UnknownExercise if it names an exercise that this server does not have."""
    return [_record(one) for one in found]


def _record(one: dict[str, Any]) -> Verification:
    package = find_package(one["slug"])
    row, _ = Verification.objects.update_or_create(
        slug=package.slug,
        defaults={
            "digest": package.digest,
            "at": timezone.now(),
            "passed": one["passed"],
            "problems": one["problems"],
            "runs": one["runs"],
            "slowest": one["slowest"],
        },
    )
    return row
