"""The grades of a course as one table: one row per student, one column per assignment."""

from dataclasses import dataclass

from server.accounts.models import User
from server.courses.models import Course
from server.courses.visibility import VisiblePeople
from server.gradebook.models import Assignment, Grade


@dataclass(frozen=True, kw_only=True, slots=True)
class StudentRow:
    """A student's grades, one per assignment of the sheet and in its order; None if there is none."""

    student: User
    grades: list[Grade | None]

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
    """Return the sheet of these people, students in the order of their names. Three queries."""
    assignments = list(people.course.assignments.published().select_related("course"))
    students = User.objects.filter(pk__in=people.students.values("user"))
    grades = {
        (grade.learner_id, grade.assignment_id): grade
        for grade in Grade.objects.filter(people.by_students(), assignment__in=assignments)
    }
    rows = [
        StudentRow(student=student, grades=[grades.get((student.pk, assignment.pk)) for assignment in assignments])
        for student in students.order_by("last_name", "first_name", "username")
    ]
    return Sheet(course=people.course, assignments=assignments, rows=rows)
