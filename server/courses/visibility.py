"""Whom of a course a person can see. Every page and every operation of the API asks here.

An assistant who is limited to sections sees the present members of these sections, and nobody else of the course: no
name, no submission, no grade, no number that counts others. Everybody else who can open a teacher's page sees all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef, Q, QuerySet

from server.courses.models import Course, Enrollment, Role, Section
from server.courses.roles import Person, limits_in


@dataclass(frozen=True, kw_only=True, slots=True)
class VisiblePeople:
    """Some people of a course: all, or the members that fit a condition on their enrollments."""

    course: Course
    condition: Q

    @property
    def are_all(self) -> bool:
        """Whether nobody is left out, former members included."""
        return not self.condition

    @property
    def enrollments(self) -> QuerySet[Enrollment]:
        """The memberships of these people."""
        return Enrollment.objects.filter(self.condition, course=self.course)

    @property
    def students(self) -> QuerySet[Enrollment]:
        """The memberships of those who are students."""
        return self.enrollments.filter(role=Role.STUDENT)

    @property
    def sections(self) -> QuerySet[Section]:
        """The sections of the course that have some of these people, or all sections if nobody is left out."""
        every = Section.objects.filter(course=self.course)
        return every if self.are_all else every.filter(pk__in=self.enrollments.values("section"))

    def in_section(self, section: Section | None) -> "VisiblePeople":
        """Return those of these people who are in a section; all of them if it is None."""
        return self if section is None else replace(self, condition=self.condition & Q(section=section))

    def about(self, learner: str = "learner") -> Q:
        """Return a filter for rows about one of these people; `learner` is the path to the person."""
        return Q() if self.are_all else Q(**{f"{learner}__in": self.enrollments.values("user")})

    def by_students(self) -> Exists:
        """Return a filter for rows with a `learner`: one of these people, and a student of the course now.

        What staff try out and what former members did is kept, but statistics of a class leave it out.
        """
        return Exists(self.students.filter(user=OuterRef("learner")))

    def includes(self, learner: int) -> bool:
        """Whether the person with this key is one of them. One query, or none if nobody is left out."""
        return self.are_all or self.enrollments.filter(user=learner).exists()


def everybody(course: Course) -> VisiblePeople:
    """Return all people of a course, for what the system does by itself."""
    return VisiblePeople(course=course, condition=Q())


def visible_people(viewer: Person, course: Course) -> VisiblePeople:
    """Return the people of a course whom a person can see if their role lets them see others. One query at most."""
    limits = limits_in(viewer, course)
    condition = Q() if limits is None else Q(section__in=limits) | Q(user=viewer.pk)
    return VisiblePeople(course=course, condition=condition)


def visible_rows(viewer: Person, courses: Iterable[Course], *, course: str, learner: str = "learner") -> Q:
    """Return a filter for rows of several courses about people whom a person can see. `course` is the path to it."""
    limited = [people for one in courses if not (people := visible_people(viewer, one)).are_all]
    seen = Q()
    for people in limited:
        seen |= Q(people.about(learner), **{course: people.course})
    return seen | ~Q(**{f"{course}__in": [people.course.pk for people in limited]}) if limited else Q()
