"""Totals of a course through the API: as a teacher sees them, or as the learner of a personal token does."""

from django.utils import timezone

from server.accounts.models import User
from server.api.access import Access
from server.courses.models import Course
from server.gradebook.course_totals import rules_of, visible_total
from server.gradebook.models import Grade
from server.gradebook.selectors import more_time_in
from server.gradebook.totals import CourseTotal


def totals(access: Access, course: Course, users: list[User]) -> list[tuple[User, CourseTotal]]:
    """Return the totals of some members of a course. Five queries, for any number of them."""
    every = list(course.assignments.published().select_related("course"))
    rules, more, now = rules_of(course), more_time_in(course), timezone.now()
    grades: dict[int, dict[int, Grade]] = {user.pk: {} for user in users}
    for grade in Grade.objects.filter(assignment__in=every, learner__in=users):
        grades[grade.learner_id][grade.assignment_id] = grade
    return [
        (user, visible_total(every, grades[user.pk], rules, reader=access.person, now=now, more=more.get(user.pk)))
        for user in users
    ]
