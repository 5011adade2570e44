"""A course's own package, answering what `verify` asks in author's instances. See `grader.grading.examiner`.

Each call opens a fresh child: an endless loop in one call leaves the others their time, and cases that differ between
two processes show it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from grader.grading import examiner_messages as messages
from grader.grading.author import Bounded, CaseAnswer, CheckFacts
from grader.grading.author_choice import AuthorSandbox
from grader.grading.examiner import NullAnswer, Used
from grader.grading.exercise import Exercise
from grader.grading.in_process_examiner import SEED
from grader.grading.sandboxed_author import SandboxedAuthor, sandboxed_author
from grader.packages.cases import Case
from grader.sandboxes.author_session import AUTHOR_LIMITS
from grader.sandboxes.cancellation import Cancellation

T = TypeVar("T")

EXAMINER_LIMITS = replace(AUTHOR_LIMITS, wall_seconds=30.0)
"""What a package's own code can use for one call: the null answers are as many as forty gradings."""


class SandboxedExaminer:
    """The `Examiner` of a package in author's instances."""

    def __init__(
        self, exercise: Exercise, author_sandbox: AuthorSandbox, cancellation: Cancellation | None = None
    ) -> None:
        self._exercise = exercise
        self._author_sandbox = author_sandbox
        self._cancellation = cancellation

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks. Loads the package's code."""
        with self._author() as author:
            self._examine(author, "loaded", messages.read_texts)
            return self._bounded(author).checks()

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed."""
        with self._author() as author:
            return self._bounded(author).cases(seed, variant=variant)

    def cases_again(self, seed: int) -> Sequence[Case]:
        """Return the cases of a seed, made a second time in one process."""
        with self._author() as author:
            self._bounded(author).cases(seed)
            return self._bounded(author).cases(seed)

    def impossible_cases(self) -> Sequence[str]:
        """Return what the cases use that does not exist."""
        return self._ask("impossible_cases", messages.read_texts)

    def disagreement(self) -> str | None:
        """Return how truth and witness differ in the first case in which they do."""
        return next(iter(self._ask("disagreement", messages.read_texts)), None)

    def near_misses(self) -> Sequence[Used]:
        """Return the messages of the near misses."""
        return self._ask("near_misses", messages.read_used)

    def null_answers(self) -> Sequence[NullAnswer]:
        """Return what each null answer got."""
        return self._ask("null_answers", messages.read_null_answers)

    def public_answers(self, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        """Return what the solution's answers get if only those to public cases are kept."""
        return self._ask_about("public_answers", answers)

    def empty_figures(self, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        """Return what the solution's figures get with zeros for all their numbers."""
        if not any(answer.case.probe == "figure" for answer in answers):
            return []
        return self._ask_about("empty_figures", answers)

    def numbers(self, variants: Sequence[int]) -> Sequence[Mapping[str, Any]]:
        """Return the numbers of each variant."""
        with self._author() as author:
            return author.numbers(variants)

    @contextmanager
    def _author(self) -> Iterator[SandboxedAuthor]:
        with sandboxed_author(
            self._exercise, self._author_sandbox(), limits=EXAMINER_LIMITS, cancellation=self._cancellation
        ) as author:
            yield author

    def _bounded(self, author: SandboxedAuthor) -> Bounded:
        return Bounded(author, slug=self._exercise.slug)

    def _ask(self, question: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        with self._author() as author:
            return self._examine(author, question, read)

    def _examine(self, author: SandboxedAuthor, question: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        return author.ask({"call": "examine", "question": question}, read=lambda head, _: read(head))

    def _ask_about(self, question: str, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        with self._author() as author:
            own = author.cases(SEED)
            again = [replace(answer, case=case) for answer, case in zip(answers, own, strict=False)]
            return author.ask_about(
                {"call": "examine", "question": question},
                again,
                read=lambda head, _: messages.read_null_answers(head),
            )
