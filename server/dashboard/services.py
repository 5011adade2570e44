"""Writing what the pages need beside grades."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from grader.packages.catalogue import find_package
from server.dashboard.models import Verification


@transaction.atomic
def note_verifications(found: list[dict[str, Any]]) -> list[Verification]:
    """Note what the grader said of exercises, as it prints it; UnknownExercise for one that is not here."""
    return [_note(one) for one in found]


def _note(one: dict[str, Any]) -> Verification:
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
