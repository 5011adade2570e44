"""Overrides a grade through the API, if it has not changed since the caller read it."""

from django.db import transaction

from server.accounts.models import User
from server.api import selectors
from server.api.access import Access
from server.api.conditions import etag_of, matches
from server.api.presentation import show_grade
from server.api.problems import At, Code, Problem
from server.api.responses import respond
from server.api.schemas import NewGrade
from server.gradebook import services
from server.gradebook.errors import Invalid
from server.gradebook.models import Action, Grade


@transaction.atomic
def override(access: Access, assignment: int, user: int, new: NewGrade, *, if_match: str | None) -> Grade:
    """Override a learner's grade and return it. Raises Problem if its ETag is not the one in `if_match`."""
    if if_match is None:
        raise Problem(Code.PRECONDITION_REQUIRED, "Read the grade first and send its ETag in If-Match.")
    row = selectors.get_grade(access, assignment, user)
    _lock(row)
    row = selectors.get_grade(access, assignment, user)
    if not matches(if_match, etag_of(respond(show_grade(row, access.person)).content)):
        raise Problem(Code.PRECONDITION_FAILED, "The grade has changed since you read it.")
    try:
        services.decide(
            row.assignment,
            row.learner,
            action=Action.EXEMPTED if new.exempt != row.exempt else Action.OVERRIDDEN,
            by=access.token.person,
            why=new.reason,
            override=new.given,
            exempt=new.exempt,
        )
    except Invalid as error:
        raise Problem(Code.INVALID, str(error), [At(pointer="/given", detail=str(error))]) from None
    return selectors.get_grade(access, assignment, user)


def _lock(row: Grade) -> None:
    """Lock this grade against other changes. The person's row is locked too, because the grade can be missing."""
    User.objects.select_for_update().get(pk=row.learner_id)
    Grade.objects.select_for_update().filter(pk=row.pk).first()
