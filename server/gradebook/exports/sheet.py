"""The grades of a course as one table: one row per student, one column per assignment."""

from dataclasses import dataclass

from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.courses.visibility import VisiblePeople
from server.gradebook.course_totals import rules_of, staff_total
from server.gradebook.models import Assignment, Grade
from server.gradebook.selectors import more_time_in, with_numbered_titles
from server.gradebook.totals import CourseTotal


@dataclass(frozen=True, kw_only=True, slots=True)
class StudentRow:
    """A student's grades, one per assignment of the sheet and in its order; None if there is none.

    `by_rules` is the total by the rules of the course; None if it has none.
    """

    student: User
    grades: list[Grade | None]
    by_rules: CourseTotal | None = None

    @property
    def total(self) -> float:
        """The sum of the points that count."""
        return sum(grade.final for grade in self.grades if grade and grade.final is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """Students of a course with every grade."""

    course: Course
    assignments: list[Assignment]
    rows: list[StudentRow]


def sheet_of(people: VisiblePeople) -> Sheet:
    """Return the sheet of these people, students in the order of their names. Five queries at most."""
    assignments = with_numbered_titles(list(people.course.assignments.published().select_related("course")))
    students = User.objects.filter(pk__in=people.students.values("user"))
    grades = {
        (grade.learner_id, grade.assignment_id): grade
        for grade in Grade.objects.filter(people.by_students(), assignment__in=assignments)
    }
    rules, now = rules_of(people.course), timezone.now()
    more = more_time_in(people.course) if rules else {}
    rows = []
    for student in students.order_by("last_name", "first_name", "username"):
        own = {one.pk: grades.get((student.pk, one.pk)) for one in assignments}
        found = {key: grade for key, grade in own.items() if grade is not None}
        by_rules = staff_total(assignments, found, rules, now=now, more=more.get(student.pk)) if rules else None
        rows.append(StudentRow(student=student, grades=list(own.values()), by_rules=by_rules))
    return Sheet(course=people.course, assignments=assignments, rows=rows)
