"""The replies of one package, in an author's instance, to what `verify` asks (`grader.grading.examiner_messages`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grader.grading import examiner_messages as messages
from grader.grading.author import CaseAnswer
from grader.grading.exercise import Exercise
from grader.grading.in_process_examiner import InProcessExaminer


class Examinations:
    """The heads of the replies of a loaded exercise."""

    def __init__(self, exercise: Exercise) -> None:
        examiner = self._examiner = InProcessExaminer(exercise)
        self._heads: Mapping[str, Callable[[], dict[str, Any]]] = {
            "loaded": self._loaded,
            "impossible_cases": lambda: messages.texts_head(examiner.impossible_cases()),
            "disagreement": self._disagreement,
            "near_misses": lambda: messages.used_head(examiner.near_misses()),
            "null_answers": lambda: messages.null_answers_head(examiner.null_answers()),
        }
        self._heads_about: Mapping[str, Callable[[Sequence[CaseAnswer]], dict[str, Any]]] = {
            "public_answers": lambda answers: messages.null_answers_head(examiner.public_answers(answers)),
            "empty_figures": lambda answers: messages.null_answers_head(examiner.empty_figures(answers)),
        }

    def head(self, question: str, answers: Sequence[CaseAnswer]) -> dict[str, Any]:
        """Return the head of the reply to a question, which can be about answers."""
        if question in self._heads:
            return self._heads[question]()
        return self._heads_about[question](answers)

    def _loaded(self) -> dict[str, Any]:
        self._examiner.checks()
        return messages.texts_head([])

    def _disagreement(self) -> dict[str, Any]:
        found = self._examiner.disagreement()
        return messages.texts_head([] if found is None else [found])
