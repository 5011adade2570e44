"""A course's own package, answering in an author's instance. See `grader.grading.author` for the calls.

The worker runs none of its code. What comes back is read strictly (`grader.grading.author_messages`). If the package
raises, exceeds its limits or answers nonsense, that is its author's mistake: a PackageError with file and line.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

from grader.checks.source_facts import SourceFacts
from grader.errors import PackageError
from grader.grading import author_messages as messages
from grader.grading.author import NOT_RUN, CaseAnswer, CheckFacts, Judgement
from grader.grading.exercise import Exercise
from grader.grading.packed_version import packed_version, read_compiled
from grader.harness.wire.values import WireError
from grader.packages.cases import Case
from grader.protocol.reports import CounterexampleEvidence
from grader.sandboxes.author_session import AUTHOR_LIMITS, AuthorSession, SentPackage, Unanswered
from grader.sandboxes.base import Limits, Observation
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.pool import SandboxPool

T = TypeVar("T")

_WHY = {
    "time": "took longer than the {seconds:g} seconds that the code of a package has for one grading",
    "memory": "took more memory than the {memory} MB that the code of a package has",
    "ended": "ended its process ({detail})",
    "malformed": "answered with something that cannot be: {detail}",
}
_CACHED_PACKAGES = 32


@contextmanager
def sandboxed_author(
    exercise: Exercise,
    sandbox: SandboxPool,
    *,
    source: str = "",
    limits: Limits = AUTHOR_LIMITS,
    cancellation: Cancellation | None = None,
) -> Iterator["SandboxedAuthor"]:
    """Open a package in a fresh child of an author's instance. Raises NoSandbox if no instance starts."""
    sent = sent_package(exercise, _packed(exercise, sandbox, cancellation), source)
    with sandbox.ask(sent, limits=limits, cancellation=cancellation) as session:
        yield SandboxedAuthor(exercise, session, limits=limits)


def sent_package(exercise: Exercise, packed: bytes, source: str = "") -> SentPackage:
    """Return what a child gets of a package. Of the learner's source it gets the code, without comments and strings."""
    package = exercise.package
    facts = {"slug": package.slug, "digest": package.digest, "source": SourceFacts(source).stripped}
    return SentPackage(facts=facts, files=packed)


# The messages of `PackedVersion` by library and digest, those used last at the end. Each library has copies of its own.
_kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()


def _packed(exercise: Exercise, sandbox: SandboxPool, cancellation: Cancellation | None) -> bytes:
    """Return the message with a version's files and its compiled code, which a child of its own makes at first use."""
    key = exercise.package.library, exercise.package.digest
    if key not in _kept:
        version = packed_version(exercise.package)
        version = replace(version, compiled=_compiled(exercise, version.pack(), sandbox, cancellation))
        _kept[key] = version.pack()
    _kept.move_to_end(key)
    if len(_kept) > _CACHED_PACKAGES:
        _kept.popitem(last=False)
    return _kept[key]


def _compiled(
    exercise: Exercise, packed: bytes, sandbox: SandboxPool, cancellation: Cancellation | None
) -> dict[str, bytes]:
    """Return the compiled code of a version, from a child that gets only its files; nothing if it cannot be compiled.

    Then each grading compiles it, and gets the error.
    """
    with sandbox.ask(sent_package(exercise, packed), limits=AUTHOR_LIMITS, cancellation=cancellation) as session:
        try:
            return SandboxedAuthor(exercise, session).ask({"call": "compile"}, read=read_compiled)
        except PackageError:
            return {}


class SandboxedAuthor:
    """The `Author` of a package in an author's instance."""

    def __init__(self, exercise: Exercise, session: AuthorSession, *, limits: Limits = AUTHOR_LIMITS) -> None:
        self._slug = exercise.slug
        self._session = session
        self._limits = limits
        self._checks: list[CheckFacts] | None = None
        self._places: dict[int, tuple[Case, str, int]] = {}  # by id of the case: the list that it is in, and where
        self._sent: dict[int, tuple[Observation, int]] = {}  # by id of the observation
        self._unexplained: tuple[str, ...] = ()
        self._ladders: dict[str, list[Case]] | None = None

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks."""
        if self._checks is None:
            self._checks = self.ask({"call": "checks"}, read=lambda head, _: messages.read_checks(head))
        return self._checks

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed."""
        self._checks, cases = self.ask(
            {"call": "cases", "seed": seed, "variant": variant}, read=messages.read_checks_and_cases
        )
        self._place("cases", cases)
        return cases

    def judge(self, answers: Sequence[CaseAnswer]) -> Judgement:
        """Return what the checks find, and the curves of the public cases."""
        checks = self.checks()
        judgement: Judgement = self.ask_about(
            {"call": "judge"}, answers, read=lambda head, _: messages.read_judgement(head, checks, answers)
        )
        self._unexplained = judgement.unexplained
        return judgement

    def failing(self, answers: Sequence[CaseAnswer]) -> Sequence[int]:
        """Return the positions of the answers that fail a check."""
        failing: list[int] = self.ask_about(
            {"call": "failing"}, answers, read=lambda head, _: messages.read_failing(head, len(answers))
        )
        return failing

    def ladder(self, check: str) -> Sequence[Case]:
        """Return the tiny cases that a check covers. Those of all unexplained checks come in one answer."""
        if self._ladders is None:
            wanted = list(dict.fromkeys((*self._unexplained, check)))
            cases, self._ladders = self.ask({"call": "ladders", "checks": wanted}, read=messages.read_ladders)
            self._place("tiny", cases)
        return self._ladders.get(check, [])

    def counterexample(self, check: str, answers: Sequence[CaseAnswer]) -> CounterexampleEvidence | None:
        """Return the first answer that visibly fails the check."""
        example: CounterexampleEvidence | None = self.ask_about(
            {"call": "counterexample", "check": check},
            answers,
            read=lambda head, _: messages.read_counterexample(head),
        )
        return example

    def numbers(self, variants: Sequence[int]) -> list[dict[str, int | float]]:
        """Return the numbers of each variant."""
        numbers: list[dict[str, int | float]] = self.ask(
            {"call": "numbers", "variants": list(variants)},
            read=lambda head, _: messages.read_numbers(head, len(variants)),
        )
        return numbers

    def ask_about(
        self, head: dict[str, Any], answers: Sequence[CaseAnswer], *, read: Callable[[dict[str, Any], list[bytes]], T]
    ) -> T:
        """Return what `read` makes of the reply to a question about answers to this side's own cases."""
        parts: list[bytes] = []
        documents = []
        for answer in answers:
            _, name, at = self._places[id(answer.case)]
            stop = None if answer.stop is NOT_RUN else messages.stop_document(answer.stop)
            documents.append([name, at, self._number_of(answer.observation, parts), stop])
        return self.ask(head | {"answers": documents}, parts, read=read)

    def _number_of(self, observation: Observation | None, parts: list[bytes]) -> int | None:
        """Return the number of an observation; if it was not sent before, it is added to `parts`."""
        if observation is None:
            return None
        if id(observation) not in self._sent:
            self._sent[id(observation)] = observation, len(self._sent)
            parts.append(observation.message)
        return self._sent[id(observation)][1]

    def _place(self, name: str, cases: Sequence[Case]) -> None:
        for at, case in enumerate(cases):
            self._places[id(case)] = case, name, at

    def ask(
        self, head: dict[str, Any], parts: Sequence[bytes] = (), *, read: Callable[[dict[str, Any], list[bytes]], T]
    ) -> T:
        """Return what `read` makes of the reply to a question. Raises PackageError if the package gives no good one."""
        call = str(head.get("question", head["call"]))
        try:
            reply, its_parts = messages.split(self._session.ask(messages.join(head, parts)))
            error = messages.read_error(reply)
            if error is None:
                return read(reply, its_parts)
        except Unanswered as unanswered:
            self._blame(call, unanswered)
        except WireError as malformed:
            self._blame(call, Unanswered("malformed", str(malformed)))
        raise PackageError(f"{self._slug}: {error.text}", file=error.file, line=error.line)

    def _blame(self, call: str, unanswered: Unanswered) -> NoReturn:
        limits = {"seconds": self._limits.wall_seconds, "memory": self._limits.memory_mb, "detail": unanswered.detail}
        why = _WHY[unanswered.reason].format(**limits)
        raise PackageError(f"{self._slug}: the package's code, asked for `{call}`, {why}.") from unanswered
