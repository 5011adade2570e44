"""The sections of a course, and the assistants who are limited to some of them.

A person is in at most one section of a course. So the sections' numbers add up to the course's, every student has one
group of people who are responsible, and a filter by section never shows somebody twice.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count, QuerySet

from server.accounts.models import User
from server.accounts.names import JOINERS, without_invisible
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import LONGEST_SECTION, AssistantLimit, Course, Role, Section
from server.courses.services import MembershipRefused, lock_members, set_section


class SectionRefused(Exception):
    """A change of the sections that nobody can make. The text says why, for the person who asked for it."""


@transaction.atomic
def add(course: Course, name: str) -> Section:
    """Add a section. Raises SectionRefused if the name is empty, too long or taken."""
    lock_members(course)
    section = Section.objects.create(course=course, name=_free(course, name))
    record(AuditAction.SECTION_ADDED, course=course, what=section.name)
    return section


@transaction.atomic
def find_or_add(course: Course, name: str) -> Section:
    """Return the section with this name; a new one if the course has none. Raises SectionRefused."""
    lock_members(course)
    return named(course, name) or add(course, name)


@transaction.atomic
def rename(section: Section, name: str) -> None:
    """Give a section another name. Raises SectionRefused."""
    lock_members(section.course)
    former, section.name = section.name, _free(section.course, name, but=section)
    section.save(update_fields=["name"])
    record(AuditAction.SECTION_RENAMED, course=section.course, what=former, before=former, after=section.name)


@transaction.atomic
def delete(section: Section) -> None:
    """Delete a section; its people stay in the course, in no section. Raises SectionRefused.

    A section is kept while an assistant is limited to it: without it, the assistant would see everybody.
    """
    lock_members(section.course)
    limit = section.assistant_limits.select_related("user").first()
    if limit is not None:
        raise SectionRefused(f"{limit.user.display_name} is limited to {section}. Change what they see first.")
    for row in section.enrollments.all():
        row.section = None
        row.save(update_fields=["section"])
    record(AuditAction.SECTION_DELETED, course=section.course, what=section.name)
    section.delete()


@transaction.atomic
def assign(course: Course, people: Collection[int], section: Section | None) -> int:
    """Put members, given by their keys, into a section or into none; return how many changed. Others are ignored."""
    lock_members(course)
    rows = course.enrollments.filter(user__in=people).select_related("user")
    return sum(set_section(course, row.user, section) for row in rows)


@transaction.atomic
def limit(course: Course, user: User, sections: Collection[Section] | None) -> None:
    """Let an assistant see only the people of these sections, or everybody if it is None.

    The role stays what it is, whatever an LMS says: otherwise it could make the assistant an instructor, who sees all.

    Raises MembershipRefused for everybody who is not an assistant of the course, and for no sections at all.
    """
    lock_members(course)
    if not course.enrollments.filter(user=user, role=Role.TA).update(role_decided=True):
        raise MembershipRefused("Only a teaching assistant can be limited to sections.")
    if sections is not None and not sections:
        raise MembershipRefused("Choose at least one section, or let the assistant see everybody.")
    before, after = limits_of(course, user), [*sections] if sections is not None else []
    if any(section.course_id != course.pk for section in after):
        raise MembershipRefused("These are sections of another course.")
    if {one.pk for one in before} == {one.pk for one in after}:
        return
    AssistantLimit.objects.filter(course=course, user=user).delete()
    AssistantLimit.objects.bulk_create(AssistantLimit(course=course, user=user, section=one) for one in after)
    record(AuditAction.LIMITED, course=course, about=user, before=_names(before), after=_names(after))


def limits_of(course: Course, user: User) -> list[Section]:
    """Return the sections whose people an assistant sees; none if nothing limits them."""
    return list(Section.objects.filter(course=course, assistant_limits__user=user))


def sections_of(course: Course) -> QuerySet[Section]:
    """Return the sections of a course with `people`, the number of their members."""
    return course.sections.annotate(people=Count("enrollments")).order_by("name", "pk")


def named(course: Course, name: str) -> Section | None:
    """Return the section of a course with this name, in any capitals; None if there is none."""
    wanted = _plain(name).casefold()
    return next((one for one in course.sections.all() if one.name.casefold() == wanted), None)


def _free(course: Course, name: str, *, but: Section | None = None) -> str:
    plain = _plain(name)
    if not plain:
        raise SectionRefused("A section needs a name.")
    if len(plain) > LONGEST_SECTION:
        raise SectionRefused(f"The name of a section can have {LONGEST_SECTION} characters at most.")
    if named(course, plain) not in {None, but}:
        raise SectionRefused(f"There is a section {plain} already.")
    return plain


def _plain(name: str) -> str:
    return without_invisible(name, keep=JOINERS)


def _names(sections: Collection[Section]) -> str:
    return ", ".join(section.name for section in sections) or "everybody"
