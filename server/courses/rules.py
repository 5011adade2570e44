"""All permissions: who can do what. A permission is checked on an object and decided by the role in its course.

    user.has_perm("courses.view", course)

The object is a course or has an attribute `course`. Administrators can do everything that an instructor can. If
somebody cannot even see a thing, the answer is a 404, never a 403: see `server.courses.selectors`.
"""

from typing import Any

import rules

from server.courses.models import Course, Role
from server.courses.roles import Person, role_in
from server.courses.visibility import visible_people


def _course(thing: Any) -> Course:
    return thing if isinstance(thing, Course) else thing.course


@rules.predicate
def is_member(user: Person, thing: Any) -> bool:
    """Whether the person is a member of the course, in any role."""
    return role_in(user, _course(thing)) is not None


@rules.predicate
def is_staff(user: Person, thing: Any) -> bool:
    """Whether the person helps to teach the course."""
    return role_in(user, _course(thing)) in {Role.TA, Role.INSTRUCTOR}


@rules.predicate
def is_instructor(user: Person, thing: Any) -> bool:
    """Whether the person is an instructor of the course."""
    return role_in(user, _course(thing)) is Role.INSTRUCTOR


@rules.predicate
def is_own(user: Person, submission: Any) -> bool:
    """Whether the submission is the person's own."""
    return submission.learner_id == user.pk


@rules.predicate
def sees_learner(user: Person, submission: Any) -> bool:
    """Whether the person teaches the course and is not limited to sections without the learner of the submission."""
    return is_staff(user, submission) and visible_people(user, submission.course).includes(submission.learner_id)


rules.add_perm("courses.view", is_member)
rules.add_perm("courses.teach", is_staff)
rules.add_perm("courses.manage", is_instructor)
rules.add_perm("submissions.submit", is_member)
rules.add_perm("submissions.view", is_member & (is_own | sees_learner))
rules.add_perm("submissions.every_hint", is_staff)
rules.add_perm("submissions.use_hints", is_member & is_own)
rules.add_perm("submissions.cancel", is_member & (is_own | is_instructor))
rules.add_perm("submissions.requeue", is_instructor)
rules.add_perm("submissions.comment", is_staff)
rules.add_perm("submissions.export", is_staff)
rules.add_perm("audit.view", is_staff)
rules.add_perm("grades.view", is_staff)
rules.add_perm("grades.export", is_staff)
rules.add_perm("grades.override", is_instructor)
rules.add_perm("grades.exempt", is_instructor)
rules.add_perm("grades.extend", is_instructor)
rules.add_perm("grades.undo", is_instructor)
rules.add_perm("assignments.change", is_instructor)
rules.add_perm("regrades.view", is_staff)
rules.add_perm("regrades.run", is_instructor)
rules.add_perm("similarity.view", is_staff)
rules.add_perm("similarity.run", is_instructor)
rules.add_perm("roster.view", is_staff)
rules.add_perm("roster.import", is_instructor)
rules.add_perm("announcements.view", is_staff)
rules.add_perm("announcements.send", is_instructor)
rules.add_perm("integrations.manage", is_instructor)
rules.add_perm("lms.view", is_staff)
rules.add_perm("lms.manage", is_instructor)
