"""Hands in code through the API, with the same service as the pages; its refusals become problems."""

from server.accounts.models import User
from server.api import selectors
from server.api.access import Access
from server.api.models import ExternalReference
from server.api.problems import At, Code, Problem
from server.api.schemas import NewNotebook, NewSource
from server.gradebook.models import Assignment
from server.gradebook.rules import Refusal
from server.submissions import services
from server.submissions.errors import AccountMerged, CourseEnded, ExerciseUnreadable, NotNow, TooManyOpen, Unstorable
from server.submissions.models import Submission
from server.submissions.notebooks import source_of_cells

CODES = {
    Refusal.NOT_OPEN: Code.NOT_OPEN,
    Refusal.CLOSED: Code.CLOSED,
    Refusal.NO_ATTEMPTS: Code.ATTEMPTS_USED_UP,
    Refusal.COOLDOWN: Code.COOLDOWN,
}


def hand_in(access: Access, asked: NewSource | NewNotebook) -> Submission:
    """Create a submission of a learner, in the caller's transaction. Raises Problem if it is refused."""
    assignment, learner = find(access, asked)
    try:
        found = services.hand_in_here(learner=learner, assignment=assignment, source=_source(asked), practice=False)
    except NotNow as error:
        headers = {"Retry-After": str(error.wait)} if error.refusal is Refusal.COOLDOWN else {}
        raise Problem(CODES[error.refusal], str(error), headers=headers) from None
    except TooManyOpen as error:
        raise Problem(Code.TOO_MANY_OPEN, str(error), headers={"Retry-After": str(error.wait)}) from None
    except CourseEnded as error:
        raise Problem(Code.ARCHIVED, str(error)) from None
    except ExerciseUnreadable as error:
        raise Problem(Code.UNAVAILABLE, str(error)) from None
    except AccountMerged as error:
        raise Problem(Code.CONFLICT, str(error)) from None
    except Unstorable as error:
        raise _wrong(asked, str(error)) from None
    row = found.submission
    if asked.external_ref is not None:
        ExternalReference.objects.create(submission=row, text=asked.external_ref)
    return row


def find(access: Access, asked: NewSource | NewNotebook) -> tuple[Assignment, User]:
    """Return the assignment and the learner of a new submission. Raises Problem if the token cannot reach them."""
    assignment = selectors.get_assignment(access, asked.assignment, pointer="/assignment")
    return assignment, selectors.get_member(access, assignment.course, asked.user)


def _source(asked: NewSource | NewNotebook) -> str:
    if isinstance(asked, NewSource):
        return asked.source
    sources = (cell.source for cell in asked.notebook.cells if cell.cell_type == "code")
    code = [source if isinstance(source, str) else "".join(source) for source in sources]
    # As with an empty source, the report says that there is no code, and no attempt is used.
    return source_of_cells(code) if any(cell.strip() for cell in code) else ""


def _wrong(asked: NewSource | NewNotebook, detail: str) -> Problem:
    pointer = "/source" if isinstance(asked, NewSource) else "/notebook"
    return Problem(Code.INVALID, detail, [At(pointer=pointer, detail=detail)])
