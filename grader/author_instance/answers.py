"""The answers of one package to the questions of `grader.grading.author_messages`."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import PackageError
from grader.grading import author_messages as messages
from grader.grading.author import CaseAnswer
from grader.grading.examinations import Examinations
from grader.grading.exercise import Exercise
from grader.grading.in_process import InProcessAuthor
from grader.grading.packed_version import Documents, compile_files
from grader.packages.cases import Case
from grader.packages.catalogue import Package
from grader.sandboxes.base import Observation
from grader.sandboxes.session_messages import read_observation


class Answers:
    """The answers of one package: the exercise, loaded here as an installed one is in a worker."""

    def __init__(
        self, folder: Path, *, slug: str, digest: str, source: str, documents: Documents | None = None
    ) -> None:
        """`source` is the learner's code without comments and strings: hints depend on it.

        Without `documents`, what the manifest and the sentences say is read from the files.
        """
        package = Package(slug, folder)
        vars(package)["digest"] = digest  # known: nothing is to be read for it
        if documents is not None:
            vars(package).update(manifest=documents.manifest, messages=documents.messages)
        self._folder = folder
        self._exercise = Exercise(package)
        self._author = InProcessAuthor(self._exercise, source=source)
        self._cases: dict[str, Sequence[Case]] = {}
        self._observations: list[Observation] = []
        self._examinations: Examinations | None = None
        self._calls: Mapping[str, Callable[..., bytes]] = {
            "checks": self._checks,
            "cases": self._cases_of,
            "judge": self._judge,
            "failing": self._failing,
            "ladders": self._ladders,
            "counterexample": self._counterexample,
            "numbers": self._numbers,
            "examine": self._examine,
            "compile": self._compile,
        }

    def to(self, question: bytes) -> bytes:
        """Return the reply to a question. What the package raises becomes a reply with its file and line."""
        head, parts = messages.split(question, most=2**31)
        self._observations += map(read_observation, parts)
        try:
            return self._calls[head.pop("call")](**head)
        except MemoryError:
            raise
        except BaseException as error:
            return messages.pack_error(*self._described(error))

    def _checks(self) -> bytes:
        return messages.join(messages.checks_head(self._author.checks()))

    def _cases_of(self, seed: int, variant: int) -> bytes:
        self._cases["cases"] = self._author.cases(seed, variant=variant)
        head, parts = messages.cases_head(self._cases["cases"])
        return messages.join(head | messages.checks_head(self._author.checks()), parts)

    def _judge(self, answers: Sequence[Any]) -> bytes:
        return messages.join(messages.judge_head(self._author.judge(self._read(answers))))

    def _failing(self, answers: Sequence[Any]) -> bytes:
        return messages.join({"failing": list(self._author.failing(self._read(answers)))})

    def _ladders(self, checks: Sequence[str]) -> bytes:
        ladders = {check: self._author.ladder(check) for check in checks}
        tiny = list({id(case): case for ladder in ladders.values() for case in ladder}.values())
        self._cases["tiny"] = tiny
        places = {id(case): at for at, case in enumerate(tiny)}
        head, parts = messages.cases_head(tiny)
        head["ladders"] = [[check, [places[id(case)] for case in ladder]] for check, ladder in ladders.items()]
        return messages.join(head, parts)

    def _counterexample(self, check: str, answers: Sequence[Any]) -> bytes:
        return messages.join({"example": self._author.counterexample(check, self._read(answers))})

    def _numbers(self, variants: Sequence[int]) -> bytes:
        return messages.join({"numbers": [self._exercise.package.numbers(variant) for variant in variants]})

    def _examine(self, question: str, answers: Sequence[Any] = ()) -> bytes:
        if self._examinations is None:
            self._examinations = Examinations(self._exercise)  # no grading needs them
        return messages.join(self._examinations.head(question, self._read(answers)))

    def _compile(self) -> bytes:
        paths, codes = compile_files(self._folder)
        return messages.join({"compiled": paths}, codes)

    def _read(self, answers: Sequence[Any]) -> list[CaseAnswer]:
        return [self._answer(*answer) for answer in answers]

    def _answer(self, cases: str, at: int, observation: int | None, stop: Sequence[Any] | None) -> CaseAnswer:
        case = self._cases[cases][at]
        seen = None if observation is None else self._observations[observation]
        if stop is None:
            return CaseAnswer(case=case, observation=seen)
        return CaseAnswer(case=case, observation=seen, stop=messages.read_stop(stop))

    def _described(self, error: BaseException) -> tuple[str, str | None, int | None]:
        """Return the text of an error, and the file of the package and its line that raised it, if one did."""
        if isinstance(error, PackageError):
            text = str(error).removeprefix(f"{self._exercise.slug}: ").replace(f"{self._folder}/", "")
            file, line = self._place(error.__cause__ or error)
            return text, error.file or file, error.line or (line if error.file in (None, file) else None)
        file, line = self._place(error)
        text = f"{type(error).__name__}: {error}"
        return (f"{file}, line {line}, raised {text}." if file and line else text), file, line

    def _place(self, error: BaseException) -> tuple[str | None, int | None]:
        if isinstance(error, SyntaxError) and error.filename is not None:
            return self._inside(error.filename), error.lineno
        for entry in reversed(traceback.extract_tb(error.__traceback__)):
            if (file := self._inside(entry.filename)) is not None:
                return file, entry.lineno
        return None, None

    def _inside(self, filename: str) -> str | None:
        path = Path(filename)
        return path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else None
