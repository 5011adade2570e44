"""Setting and changing many assignments at once: all of them or none.

set_many    assignments from exercises of the catalogue
edit_many   titles, points, dates and drafts of assignments
publish     drafts that learners see from now on
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from server.accounts.models import User
from server.course_setup.errors import RowRefused
from server.courses.models import Course
from server.gradebook.errors import GradeError
from server.gradebook.models import Assignment
from server.gradebook.services import change_terms, set_draft, set_exercise


@transaction.atomic
def set_many(course: Course, rows: Iterable[Mapping[str, Any]], *, as_drafts: bool) -> list[Assignment]:
    """Add assignments to a course, in order; a row has their fields. Raises RowRefused."""
    made = []
    for fields in rows:
        own = {name: value for name, value in fields.items() if name != "package"}
        assignment = Assignment(course=course, slug=fields["exercise"], is_draft=as_drafts, **own)
        with _refusals(assignment):
            made.append(set_exercise(assignment, package=fields.get("package")))
    return made


@transaction.atomic
def edit_many(rows: Sequence[tuple[Assignment, Mapping[str, Any]]], *, by: User) -> tuple[int, int]:
    """Change fields of assignments; return how many assignments and how many grades changed. Raises RowRefused."""
    changed = grades = 0
    for assignment, fields in rows:
        different = {name: value for name, value in fields.items() if getattr(assignment, name) != value}
        is_draft = different.pop("is_draft", None)
        with _refusals(assignment):
            if different:
                for name, value in different.items():
                    setattr(assignment, name, value)
                assignment.clean()
                grades += len(change_terms(assignment, by=by))
            if is_draft is not None:
                set_draft(assignment, is_draft=is_draft, by=by)
        changed += bool(different) or is_draft is not None
    return changed, grades


@transaction.atomic
def publish(drafts: Iterable[Assignment], *, by: User) -> None:
    """Publish drafts."""
    for assignment in drafts:
        set_draft(assignment, is_draft=False, by=by)


@contextmanager
def _refusals(assignment: Assignment) -> Iterator[None]:
    """Say of which assignment a refusal is."""
    try:
        yield
    except GradeError as error:
        raise RowRefused(assignment.title, str(error)) from error
    except ValidationError as error:
        raise RowRefused(assignment.title, " ".join(error.messages)) from error
