"""All permissions: who can do what. A permission is checked on an object and decided by the role in its course.

    user.has_perm("courses.view", course)

The object is a course or has an attribute `course`. Administrators can do everything that an instructor can. If
somebody cannot even see a thing, the answer is a 404, never a 403: see `server.courses.selectors`.

In an archived course, nobody has a permission that writes, administrators included. A new permission is of one of
two kinds: `_reads` or `_writes`.
"""

from typing import Any

import rules
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rules.predicates import Predicate

from server.courses.models import Course, Enrollment, Role
from server.courses.roles import Person, role_in
from server.courses.visibility import visible_people


def course_of(thing: Any) -> Course:
    """Return the course of a thing that has one; a course itself."""
    return thing if isinstance(thing, Course) else thing.course


@rules.predicate
def is_member(user: Person, thing: Any) -> bool:
    """Whether the person is a member of the course, in any role."""
    return role_in(user, course_of(thing)) is not None


@rules.predicate
def is_staff(user: Person, thing: Any) -> bool:
    """Whether the person helps to teach the course."""
    return role_in(user, course_of(thing)) in {Role.TA, Role.INSTRUCTOR}


@rules.predicate
def is_instructor(user: Person, thing: Any) -> bool:
    """Whether the person is an instructor of the course."""
    return role_in(user, course_of(thing)) is Role.INSTRUCTOR


@rules.predicate
def is_own(user: Person, submission: Any) -> bool:
    """Whether the submission is the person's own."""
    return submission.learner_id == user.pk


@rules.predicate
def sees_learner(user: Person, submission: Any) -> bool:
    """Whether the person teaches the course and is not limited to sections without the learner of the submission."""
    return is_staff(user, submission) and visible_people(user, submission.course).includes(submission.learner_id)


@rules.predicate
def is_open(user: Person, thing: Any) -> bool:
    """Whether the course is not archived."""
    return not course_of(thing).is_archived


@rules.predicate
def is_shown(user: Person, thing: Any) -> bool:
    """Whether a thing is no draft of an assignment, or the person helps to teach its course."""
    return not getattr(thing, "is_draft", False) or role_in(user, course_of(thing)) in {Role.TA, Role.INSTRUCTOR}


@rules.predicate
def makes_courses(user: Any) -> bool:
    """Whether the setting CHAINRULE_COURSE_MAKERS lets the person make courses. Administrators always can."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return False
    if user.is_superuser:
        return True
    makers = settings.COURSE_MAKERS
    if makers == "instructors":
        return Enrollment.objects.filter(user=user, role=Role.INSTRUCTOR).exists()
    return makers != "nobody" and user.username in {name.strip() for name in makers.split(",")}


# The permissions that write, as they are while the course is not archived.
WHILE_OPEN: dict[str, Predicate] = {}


def _reads(permission: str, who: Predicate) -> None:
    rules.add_perm(permission, who)


def _writes(permission: str, who: Predicate) -> None:
    WHILE_OPEN[permission] = who
    rules.add_perm(permission, who & is_open)


_reads("courses.make", makes_courses)
_reads("courses.view", is_member & is_shown)
_reads("courses.teach", is_staff)
# Settings of the course, copies, and the archive: an archived course must be found by those who can open it again.
_reads("courses.manage", is_instructor)
_writes("courses.change", is_instructor)
_writes("submissions.submit", is_member & is_shown)
_writes("submissions.submit_for_others", is_staff)
_reads("submissions.view", is_member & (is_own | sees_learner))
_reads("submissions.every_hint", is_staff)
_writes("submissions.use_hints", is_member & is_own)
_writes("submissions.cancel", is_member & (is_own | is_instructor))
_writes("submissions.requeue", is_instructor)
_writes("submissions.comment", is_staff)
_writes("submissions.ask_regrade", is_member & is_own)
_writes("submissions.discuss", is_member & (is_own | sees_learner))
_reads("submissions.export", is_staff)
_writes("lessons.run", is_member)
_reads("audit.view", is_staff)
_reads("grades.view", is_staff)
_reads("grades.export", is_staff)
_writes("grades.override", is_instructor)
_writes("grades.exempt", is_instructor)
_writes("grades.extend", is_instructor)
_writes("grades.undo", is_instructor)
_writes("assignments.change", is_instructor)
_reads("packages.view", is_staff)
_writes("packages.edit", is_instructor)
_reads("assignments.see_held_results", is_staff)
_reads("regrades.view", is_staff)
_writes("regrades.run", is_instructor)
_reads("similarity.view", is_staff)
_writes("similarity.run", is_instructor)
_reads("roster.view", is_staff)
_writes("roster.import", is_instructor)
_reads("announcements.view", is_staff)
_writes("announcements.send", is_instructor)
# The page shows the tokens and webhooks of an archived course too, so that they can be revoked.
_reads("integrations.manage", is_instructor)
_writes("integrations.change", is_instructor)
_reads("lms.view", is_staff)
_writes("lms.manage", is_instructor)
