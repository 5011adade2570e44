"""Which side answers for a package: this process for an installed one, an author's instance for one of a course."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grader.errors import SandboxError
from grader.grading.author import Author, Bounded
from grader.grading.exercise import Exercise
from grader.grading.in_process import InProcessAuthor
from grader.grading.sandboxed_author import sandboxed_author
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.pool import SandboxPool

AuthorSandbox = Callable[[], SandboxPool]
"""Returns the sandbox for the code of courses' packages. It starts at the first call: many workers need none."""


@contextmanager
def author_of(
    exercise: Exercise, source: str, author_sandbox: AuthorSandbox | None, cancellation: Cancellation | None = None
) -> Iterator[Author]:
    """Open the author's side of an exercise for one grading.

    Raises SandboxError if the exercise is a course's and there is no sandbox for it: its code never runs here.
    """
    if not exercise.package.library:
        yield Bounded(InProcessAuthor(exercise, source=source), slug=exercise.slug)
        return
    if author_sandbox is None:
        raise SandboxError(f"{exercise.slug} belongs to {exercise.package.library}: it needs an author's instance")
    with sandboxed_author(exercise, author_sandbox(), source=source, cancellation=cancellation) as author:
        yield Bounded(author, slug=exercise.slug)
