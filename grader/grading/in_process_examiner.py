"""A package's own code, answering what `verify` asks, in this process. See `grader.grading.examiner` for the calls."""

import json
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.checks.compare import compare
from grader.checks.failures import Mismatch
from grader.errors import PackageError
from grader.grading.attachments import attachments_of
from grader.grading.author import CaseAnswer, CheckFacts
from grader.grading.charts import charts_of
from grader.grading.examiner import MAX_ANSWERS, MAX_USED, WITNESS_SEEDS, Fault, NullAnswer, Used
from grader.grading.exercise import Exercise
from grader.grading.in_process import trial_of
from grader.grading.null_answers import empty_figures, hard_coded_answers, null_answers
from grader.grading.possible_cases import impossible_cases
from grader.grading.scoring import finding_of, judge
from grader.packages.cases import Case
from grader.packages.manifest import Tolerance
from grader.protocol.messages import render
from grader.protocol.reports import Finding
from grader.sandboxes.base import Observation

SEED = 1
WITNESS_TOLERANCE = Tolerance(rtol=1e-5, atol=1e-6)  # the accuracy of fourth-order differences


class InProcessExaminer:
    """The `Examiner` of a loaded exercise."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._truth, self._near_misses = _once(exercise.truth), _once(exercise.near_misses)

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks. Loads the package's code."""
        with self._placed():
            _ = self._exercise.reference
            checks = self._exercise.checks
            return [CheckFacts(name=check.name, title=check.title, points=check.points) for check in checks]

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed."""
        with self._placed(f"reference.py: cases({seed})"):
            return self._exercise.cases(seed, variant=variant)

    def cases_again(self, seed: int) -> Sequence[Case]:
        """Return the cases of a seed, made after those of the last call."""
        return self.cases(seed)

    def impossible_cases(self) -> Sequence[str]:
        """Return what the cases use that does not exist."""
        cases = self.cases(SEED, variant=SEED)
        with self._placed():
            return list(impossible_cases([*cases, *self._exercise.counterexamples()], self._exercise.manifest))

    def disagreement(self) -> str | None:
        """Return how truth and witness differ in the first case in which they do."""
        with self._placed():
            seeded = [case for seed in WITNESS_SEEDS for case in self._exercise.cases(seed, variant=seed)]
            cases = [*seeded, *self._exercise.counterexamples()]
        for case in cases:
            with self._placed(case=case):
                problem = self._disagreement(case)
            if problem:
                return f"truth and witness of the case “{case.name}” disagree; {problem}"
        return None

    def _disagreement(self, case: Case) -> str | None:
        truth, witness = self._exercise.truth(case), self._exercise.reference.witness(case)
        try:
            compare(witness, truth, WITNESS_TOLERANCE)
        except Mismatch as mismatch:
            return f"compared with the truth, the witness is wrong: {render(mismatch.message, mismatch.data)}"
        return None

    def near_misses(self) -> Sequence[Used]:
        """Return the messages of the near misses."""
        cases = self.cases(SEED)
        with self._placed():
            misses = [miss for case in cases for miss in self._exercise.near_misses(case)]
            return list(dict.fromkeys((str(miss.diagnosis), _names(miss.data)) for miss in misses))[:MAX_USED]

    def null_answers(self) -> Sequence[NullAnswer]:
        """Return what each null answer got."""
        cases = self.cases(SEED)
        with self._placed():
            named = list(null_answers(self._exercise, seed=SEED))
        return self._judged(cases, named)

    def public_answers(self, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        """Return what the solution's answers get if only those to public cases are kept."""
        cases = [answer.case for answer in answers]
        with self._placed():
            named = list(hard_coded_answers(self._exercise, cases, _observations(answers)))
        return self._judged(cases, named)

    def empty_figures(self, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        """Return what the solution's figures get with zeros for all their numbers."""
        cases = [answer.case for answer in answers]
        if not any(case.probe == "figure" for case in cases):
            return []
        return self._judged(cases, [("the solution's figures, of zeros", empty_figures(cases, _observations(answers)))])

    def numbers(self, variants: Sequence[int]) -> Sequence[Mapping[str, Any]]:
        """Return the numbers of each variant."""
        with self._placed():
            return [self._exercise.package.numbers(variant) for variant in variants]

    def _judged(self, cases: Sequence[Case], named: Iterable[tuple[str, list[Observation]]]) -> list[NullAnswer]:
        pairs = list(named)[:MAX_ANSWERS]
        return [self._null_answer(name, cases, observations) for name, observations in pairs]

    def _null_answer(self, name: str, cases: Sequence[Case], observations: Sequence[Observation]) -> NullAnswer:
        pairs = zip(cases, observations, strict=True)
        answers = [CaseAnswer(case=case, observation=observation) for case, observation in pairs]
        try:
            findings = self._findings(answers)
        except Exception as error:
            file, line = place_of(error, self._exercise.package.folder)
            return NullAnswer(name=name, error=Fault(text=_described(error), file=file, line=line))
        used = dict.fromkeys((finding.message, _names(finding.data)) for finding in findings if finding.message)
        points = float(sum(finding.points for finding in findings))
        return NullAnswer(name=name, points=points, used=tuple(used)[:MAX_USED])

    def _findings(self, answers: list[CaseAnswer]) -> list[Finding]:
        """Return the findings about the answers. Raises if a check raises, or if a finding is not valid JSON."""
        trials = [
            replace(trial_of(self._exercise, answer), compute_truth=self._truth, compute_near_misses=self._near_misses)
            for answer in answers
        ]
        findings = [finding_of(self._exercise, verdict) for verdict in judge(self._exercise, trials)]
        attachments = attachments_of(self._exercise, answers, charts_of(self._exercise, trials))
        json.dumps([[finding.to_dict() for finding in findings], attachments], allow_nan=False)
        return findings

    @contextmanager
    def _placed(self, what: str = "", *, case: Case | None = None) -> Iterator[None]:
        """Raise what the package's own code raises as a PackageError that names the place, and the case if given."""
        try:
            yield
        except PackageError:
            raise
        except Exception as error:
            file, line = place_of(error, self._exercise.package.folder)
            if file is None and not what and case is None:
                raise
            where = what or (f"{file}, line {line}," if file else "the grader")
            about = f"the case “{case.name}”: " if case is not None else ""
            text = f"{self._exercise.slug}: {about}{where} raised {_described(error)}."
            raise PackageError(text, file=file or "reference.py", line=line) from error


def _once(compute: Callable[[Case], Any]) -> Callable[[Case], Any]:
    """Return a function that computes once for each case, since many null answers use the same cases."""
    known: dict[int, tuple[Case, Any]] = {}

    def cached(case: Case) -> Any:
        if id(case) not in known:
            known[id(case)] = case, compute(case)
        return known[id(case)][1]

    return cached


def _observations(answers: Sequence[CaseAnswer]) -> list[Observation]:
    return [answer.observation or Observation() for answer in answers]


def _names(data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, data))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def place_of(error: Exception, folder: Path) -> tuple[str | None, int | None]:
    """Return the place in the package's own code that raised, such as ("checks.py", 9); Nones if it is elsewhere."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    return (Path(frames[-1].filename).name, frames[-1].lineno) if frames else (None, None)
