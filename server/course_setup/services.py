"""Every write to a course itself. Each leaves an entry in the audit log.

make_course   a new course, with its maker as instructor
change        other settings; the former address leads to the new one
archive       from now on, the course can only be read
reopen        take it out of the archive
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.course_setup.errors import SlugTaken, TooManyCourses
from server.courses.models import Course, Enrollment, FormerSlug, Role
from server.gradebook.services import refresh_course

YEAR = timedelta(days=365)
# The settings on which grades depend.
GRADING = frozenset({"time_zone", "slip_days"})


@transaction.atomic
def make_course(*, by: User, **fields: Any) -> Course:
    """Make a course; `fields` are those of the model. Raises SetupRefused."""
    course = start(Course(**fields), by=by)
    record(AuditAction.COURSE_MADE, course=course, by=by, what=course.title)
    return course


def start(course: Course, *, by: User) -> Course:
    """Store a new course with its maker as instructor. For callers in a transaction. Raises SetupRefused."""
    # Two requests at the same time must not both make the last course that is allowed.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    made = Course.objects.filter(made_by=by, made_at__gt=timezone.now() - YEAR).count()
    if not by.is_superuser and made >= settings.COURSES_PER_YEAR:
        raise TooManyCourses(settings.COURSES_PER_YEAR)
    require_free(course.slug)
    course.made_by = by
    course.save()
    Enrollment.objects.create(course=course, user=by, role=Role.INSTRUCTOR, role_decided=True)
    return course


@transaction.atomic
def change(course: Course, fields: Mapping[str, Any], *, by: User) -> bool:
    """Change settings of a course, and return whether that changed anything. Raises SlugTaken."""
    row = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    before = {name: getattr(row, name) for name, value in fields.items() if getattr(row, name) != value}
    if not before:
        return False
    if "slug" in before:
        require_free(fields["slug"], but=row)
        FormerSlug.objects.filter(slug=fields["slug"]).delete()
        FormerSlug.objects.create(slug=row.slug, course=row)
    for name in before:
        setattr(row, name, fields[name])
        setattr(course, name, fields[name])
    row.save(update_fields=list(before))
    if GRADING & before.keys():
        refresh_course(row, by=by, why="The time zone or the slip days of the course were changed.")
    told = [(name.replace("_", " "), before[name], fields[name]) for name in before]
    record(
        AuditAction.COURSE_CHANGED,
        course=row,
        by=by,
        before=", ".join(f"{name}: {old or 'none'}" for name, old, _ in told),
        after=", ".join(f"{name}: {new or 'none'}" for name, _, new in told),
    )
    return True


@transaction.atomic
def archive(course: Course, *, by: User) -> None:
    """Archive a course: from now on, nobody can change anything in it."""
    if Course.objects.filter(pk=course.pk, archived_at=None).update(archived_at=timezone.now()):
        record(AuditAction.COURSE_ARCHIVED, course=course, by=by)


@transaction.atomic
def reopen(course: Course, *, by: User) -> None:
    """Take a course out of the archive."""
    if Course.objects.filter(pk=course.pk).exclude(archived_at=None).update(archived_at=None):
        record(AuditAction.COURSE_REOPENED, course=course, by=by)


def require_free(slug: str, *, but: Course | None = None) -> None:
    """Raise SlugTaken if another course has a slug, or had it."""
    own = [but.pk] if but else []
    if Course.objects.filter(slug=slug).exclude(pk__in=own).exists():
        raise SlugTaken(slug)
    if FormerSlug.objects.filter(slug=slug).exclude(course__in=own).exists():
        raise SlugTaken(slug)
