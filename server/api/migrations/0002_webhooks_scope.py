"""Gives tokens the scope that changing webhooks needs now, and an owner to those that have none."""

from typing import Any

from django.db import migrations


def add_scope(apps: Any, _: Any) -> None:
    """Add `webhooks:write` to course tokens that could change webhooks, if their owner is staff of a course of theirs."""
    tokens, enrollments = apps.get_model("api", "ApiToken"), apps.get_model("courses", "Enrollment")
    for token in tokens.objects.filter(learner=None, revoked_at=None).select_related("owner"):
        courses = set(token.courses.values_list("pk", flat=True))
        staff = enrollments.objects.filter(course__in=courses, user__is_active=True)
        if token.owner is None:
            token.owner = _instructor_of_all(staff, courses)
        teaches = staff.filter(user=token.owner, role__in=["ta", "instructor"]).exists()
        if token.owner and token.owner.is_active and (token.owner.is_superuser or teaches):
            _add(token)
        token.save(update_fields=["owner", "scopes"])


def _instructor_of_all(staff: Any, courses: set[int]) -> Any:
    """Return the first active instructor of every course of a token, as the command `apitoken` chooses one."""
    taught: dict[Any, set[int]] = {}
    for row in staff.filter(role="instructor").select_related("user").order_by("pk"):
        taught.setdefault(row.user, set()).add(row.course_id)
    return next((user for user, own in taught.items() if courses and own == courses), None)


def _add(token: Any) -> None:
    if {"submissions:read", "grades:read"} & set(token.scopes):
        token.scopes = sorted({*token.scopes, "webhooks:write"})


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial"), ("courses", "0001_initial"), ("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_scope, migrations.RunPython.noop, elidable=True)]
