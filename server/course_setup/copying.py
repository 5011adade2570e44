"""Copies a course to a new term: its assignments and settings, never its people, their work, or its connections.

`MODELS` decides about every table that belongs to a course, and `FIELDS` about every column of those that are copied. A
test compares both with the models: a new table or column fails it until somebody has decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Model

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.comments.models import SavedComment
from server.common.local_times import days_after, later_moment
from server.course_setup.services import start
from server.courses.models import AssistantLimit, Course, Role, Section
from server.gradebook.models import Assignment, UnitTerms
from server.packages.copying import copy_packages
from server.packages.models import CoursePackage

Dates = Mapping[str, datetime | None]
MOMENTS = ("opens_at", "due_at", "closes_at")


class CopyRule(StrEnum):
    """What happens to a table or a column in a copy."""

    COPIED = "copied"
    IF_WANTED = "copied if the instructor wants it"
    # Columns that the copy gives a value of its own, and tables that stay with the old course.
    OWN = "the copy has its own"
    LEFT = "stays with the old course"


# Every table with a column that leads to a course, an assignment, a section or an enrollment.
MODELS: Mapping[str, CopyRule] = {
    "courses.Course": CopyRule.COPIED,
    "courses.FormerSlug": CopyRule.LEFT,
    "courses.Section": CopyRule.IF_WANTED,
    "courses.Enrollment": CopyRule.IF_WANTED,  # of staff only
    "courses.AssistantLimit": CopyRule.IF_WANTED,
    "courses.FormerEnrollment": CopyRule.LEFT,
    "gradebook.Assignment": CopyRule.COPIED,
    # The copy gets the published version and the files that are edited now; the history stays.
    "packages.CoursePackage": CopyRule.COPIED,
    "packages.DraftFile": CopyRule.COPIED,
    "packages.PackageVersion": CopyRule.COPIED,
    "packages.PackageVerification": CopyRule.COPIED,
    "packages.PackageRun": CopyRule.LEFT,
    "packages.PackageShare": CopyRule.LEFT,
    "gradebook.UnitTerms": CopyRule.COPIED,
    "comments.SavedComment": CopyRule.COPIED,
    # What learners did, and what was decided about them.
    "gradebook.Accommodation": CopyRule.LEFT,
    "gradebook.Grade": CopyRule.LEFT,
    "gradebook.GradeChange": CopyRule.LEFT,
    "submissions.Submission": CopyRule.LEFT,
    "submissions.CourseTurn": CopyRule.LEFT,
    "drafts.Draft": CopyRule.LEFT,
    "lessons.SnippetRun": CopyRule.LEFT,
    "insights.FailedCheck": CopyRule.LEFT,
    "hints.HintUse": CopyRule.LEFT,
    "notifications.News": CopyRule.LEFT,
    "notifications.Reminder": CopyRule.LEFT,
    "announcements.Announcement": CopyRule.LEFT,
    "regrades.Regrade": CopyRule.LEFT,
    "regrade_requests.RegradeRequest": CopyRule.LEFT,
    "similarity.Comparison": CopyRule.LEFT,
    "similarity.Pair": CopyRule.LEFT,
    "mail.Mail": CopyRule.LEFT,
    # Keys to the old course.
    "invitations.Invitation": CopyRule.LEFT,
    "api.ApiToken": CopyRule.LEFT,
    # The copy has the packages themselves; a repository publishes to the course that gave it a key.
    "sources.GitSource": CopyRule.LEFT,
    "sources.SourcePackage": CopyRule.LEFT,
    "webhooks.Endpoint": CopyRule.LEFT,
    "webhooks.Event": CopyRule.LEFT,
    "lti.Platform": CopyRule.LEFT,
    "lti.PlatformInvitation": CopyRule.LEFT,
    "lti.LmsCourse": CopyRule.LEFT,
    "lti.LineItem": CopyRule.LEFT,
    "lti.ResourceLink": CopyRule.LEFT,
    # The log says what happened in the old course.
    "audit.AuditEntry": CopyRule.LEFT,
}
FIELDS: Mapping[str, Mapping[str, CopyRule]] = {
    "courses.Course": {
        "id": CopyRule.OWN,
        "slug": CopyRule.OWN,
        "title": CopyRule.OWN,
        "term": CopyRule.OWN,
        "time_zone": CopyRule.OWN,
        "hint_rule": CopyRule.COPIED,
        "show_edit": CopyRule.COPIED,
        "slip_days": CopyRule.COPIED,
        "regrade_request_days": CopyRule.COPIED,
        "practice": CopyRule.COPIED,
        "archived_at": CopyRule.OWN,
        "made_by": CopyRule.OWN,
        "made_at": CopyRule.OWN,
    },
    "courses.Section": {"id": CopyRule.OWN, "course": CopyRule.OWN, "name": CopyRule.COPIED},
    "courses.Enrollment": {
        "id": CopyRule.OWN,
        "course": CopyRule.OWN,
        "user": CopyRule.COPIED,
        "role": CopyRule.COPIED,
        "section": CopyRule.OWN,
        "role_decided": CopyRule.OWN,
    },
    "courses.AssistantLimit": {
        "id": CopyRule.OWN,
        "course": CopyRule.OWN,
        "user": CopyRule.COPIED,
        "section": CopyRule.OWN,
    },
    "comments.SavedComment": {
        "id": CopyRule.OWN,
        "course": CopyRule.OWN,
        "by": CopyRule.COPIED,
        "text": CopyRule.COPIED,
    },
    "gradebook.Assignment": {
        "id": CopyRule.OWN,
        "course": CopyRule.OWN,
        "slug": CopyRule.COPIED,
        "exercise": CopyRule.COPIED,
        "package": CopyRule.OWN,
        "version": CopyRule.OWN,
        "library": CopyRule.OWN,
        "stays": CopyRule.OWN,
        "own_title": CopyRule.COPIED,
        "position": CopyRule.COPIED,
        "points": CopyRule.COPIED,
        # Moved by the same number of days, and edited in the preview.
        "opens_at": CopyRule.OWN,
        "due_at": CopyRule.OWN,
        "closes_at": CopyRule.OWN,
        "attempts": CopyRule.COPIED,
        "cooldown_seconds": CopyRule.COPIED,
        "keeps": CopyRule.COPIED,
        "late_percent_per_day": CopyRule.COPIED,
        "late_percent_cap": CopyRule.COPIED,
        "grace_minutes": CopyRule.COPIED,
        "takes_slip_days": CopyRule.COPIED,
        "practice": CopyRule.COPIED,
        "hint_rule": CopyRule.COPIED,
        "show_edit": CopyRule.COPIED,
        # Held back until a person releases the results of the new course.
        "results_held": CopyRule.COPIED,
        "release_at": CopyRule.OWN,
        "released_at": CopyRule.OWN,
        "bonus_points": CopyRule.COPIED,
        "is_draft": CopyRule.COPIED,
    },
    # `server.packages.copying` copies these four.
    "packages.CoursePackage": {
        "id": CopyRule.OWN,
        "course": CopyRule.OWN,
        "kind": CopyRule.COPIED,
        "slug": CopyRule.COPIED,
        "published": CopyRule.COPIED,
        "published_at": CopyRule.COPIED,
        "published_by": CopyRule.COPIED,
        "withdrawn_at": CopyRule.COPIED,
        "origin": CopyRule.OWN,
        "draft_revision": CopyRule.COPIED,
        "made_at": CopyRule.OWN,
    },
    "packages.DraftFile": {
        "id": CopyRule.OWN,
        "package": CopyRule.OWN,
        "path": CopyRule.COPIED,
        "content": CopyRule.COPIED,
        "size": CopyRule.COPIED,
        "revision": CopyRule.OWN,
        "changed_by": CopyRule.COPIED,
        "changed_at": CopyRule.OWN,
    },
    "packages.PackageVersion": {
        "id": CopyRule.OWN,
        "package": CopyRule.OWN,
        "number": CopyRule.OWN,
        "version": CopyRule.COPIED,
        "made_by": CopyRule.COPIED,
        "made_at": CopyRule.OWN,
        "source": CopyRule.OWN,
        "commit": CopyRule.COPIED,
        "note": CopyRule.COPIED,
    },
    "packages.PackageVerification": {
        "id": CopyRule.OWN,
        "package_version": CopyRule.OWN,
        "token": CopyRule.OWN,
        "state": CopyRule.COPIED,
        "verified": CopyRule.COPIED,
        "grader": CopyRule.COPIED,
        "started_at": CopyRule.COPIED,
        "sent_at": CopyRule.COPIED,
        "finished_at": CopyRule.COPIED,
    },
    "gradebook.UnitTerms": {
        "id": CopyRule.OWN,
        "course": CopyRule.OWN,
        "unit": CopyRule.COPIED,
        "weight": CopyRule.COPIED,
        "drop_lowest": CopyRule.COPIED,
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyPlan:
    """What a copy is: the settings of the new course, the dates of each assignment, and who comes along.

    `dates` has the key of each old assignment. With `sections`, the new course has the same sections; with `staff`, its
    other instructors and its assistants come along, each in their section.
    """

    course: Mapping[str, Any]
    dates: Mapping[int, Dates] = field(default_factory=dict)
    sections: bool = False
    staff: bool = False


def first_day(course: Course) -> date | None:
    """Return the day of the earliest date of a course's assignments, in its zone; None if there is no date."""
    rows = course.assignments.values_list(*MOMENTS)
    moments = [moment for row in rows for moment in row if moment is not None]
    return min(moments).astimezone(course.zone).date() if moments else None


def moved(assignment: Assignment, days: int, *, course: Course) -> dict[str, datetime | None]:
    """Return the dates of an assignment so many days later, at the same time on the clock in a course's zone.

    The clock of the old course is read, and the new course has another zone if it was given one.
    """
    return {name: _moved(getattr(assignment, name), days, assignment.course, course) for name in MOMENTS}


def _moved(moment: datetime | None, days: int, old: Course, new: Course) -> datetime | None:
    if moment is None:
        return None
    if new.zone == old.zone:
        return days_after(moment, days, old.zone)
    local = moment.astimezone(old.zone).replace(tzinfo=None) + timedelta(days=days)
    return later_moment(local, new.zone)


@transaction.atomic
def copy_course(source: Course, plan: CopyPlan, *, by: User) -> Course:
    """Make a copy of a course. Raises SetupRefused; then nothing is made."""
    course = start(_copied(source, **plan.course), by=by)
    sections = _copy_sections(source, course) if plan.sections else {}
    left_out = _copy_staff(source, course, sections) if plan.staff else 0
    assignments = list(source.assignments.select_related("course"))
    packages = copy_packages(source, course, staying={str(one.version_id) for one in assignments if one.version_id})
    # A package that another course shares no more can be used for nothing new.
    rows = [
        _copied(one, course=course, **_exercise(one, packages), **_dates(plan, one))
        for one in assignments
        if one.package_id is None or one.package_id in packages
    ]
    Assignment.objects.bulk_create(rows)
    UnitTerms.objects.bulk_create(_copied(one, course=course) for one in source.unit_terms.all())
    SavedComment.objects.bulk_create(_copied(one, course=course) for one in source.saved_comments.select_related("by"))
    told = f"{len(rows)} assignments" + (f", {left_out} assistants left out" if left_out else "")
    if len(rows) < len(assignments):
        told += f", {len(assignments) - len(rows)} assignments left out: their exercises are not shared any more"
    record(AuditAction.COURSE_COPIED, course=course, by=by, what=f"{source.title} ({source.slug})", after=told)
    return course


def _exercise(one: Assignment, packages: Mapping[int, CoursePackage]) -> dict[str, Any]:
    """Return the version that a copied assignment uses, as that of the new course's package."""
    if one.package_id is None:
        return {}
    package = packages[one.package_id]
    return {"package": package, "version_id": one.version_id, "library": package.library, "stays": one.stays}


def _dates(plan: CopyPlan, one: Assignment) -> dict[str, datetime | None]:
    return dict.fromkeys(MOMENTS) | dict(plan.dates.get(one.pk, {}))


def _copied(row: Model, **own: Any) -> Any:
    """Return a new row with the columns that are copied, and some of its own."""
    return type(row)(**_values(row) | own)


def _copy_sections(source: Course, course: Course) -> dict[int, Section]:
    """Copy the sections; return the new one for the key of each old one."""
    made = {}
    for one in source.sections.all():
        made[one.pk] = _copied(one, course=course)
        made[one.pk].save()
    return made


def _copy_staff(source: Course, course: Course, sections: Mapping[int, Section]) -> int:
    """Copy instructors and assistants; return how many assistants are left out.

    An assistant who is limited to sections comes along only with the sections: without them, they would see everybody.
    """
    limits = list(AssistantLimit.objects.filter(course=source).select_related("user"))
    limited = {one.user_id for one in limits}
    staff = source.enrollments.filter(role__in=[Role.INSTRUCTOR, Role.TA], user__is_active=True)
    left_out = 0
    for one in staff.exclude(user__in=course.enrollments.values("user")).select_related("user"):
        if one.role == Role.TA and one.user_id in limited and not sections:
            left_out += 1
            continue
        section = sections.get(one.section_id) if one.section_id else None
        _copied(one, course=course, section=section, role_decided=True).save()
    present = set(course.enrollments.filter(role=Role.TA).values_list("user", flat=True))
    for limit in limits if sections else []:
        if limit.user_id in present:
            _copied(limit, course=course, section=sections[limit.section_id]).save()
    return left_out


def _values(row: Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name, fate in FIELDS[row._meta.label].items() if fate is CopyRule.COPIED}
