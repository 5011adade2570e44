"""A package's own code, answering in this process. See `grader.grading.author` for the calls."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from grader.checks.check import Check
from grader.checks.failures import Failed
from grader.checks.source_facts import UNKNOWN, SourceFacts
from grader.checks.trials import Trial
from grader.grading.author import CaseAnswer, CheckFacts, Judgement
from grader.grading.charts import charts_of
from grader.grading.counterexamples import smallest
from grader.grading.exercise import Exercise
from grader.grading.scoring import Verdict, fails, finding_of, judge, needs_example
from grader.packages.cases import Case
from grader.packages.messages import in_own_words
from grader.protocol.reports import CounterexampleEvidence, Finding


class InProcessAuthor:
    """The `Author` of a loaded exercise."""

    def __init__(self, exercise: Exercise, *, source: str = "") -> None:
        self._exercise = exercise
        self._facts = SourceFacts(source)
        self._findings: dict[str, Finding] = {}
        self._truths: dict[int, tuple[Case, Any]] = {}

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks."""
        return [CheckFacts(name=check.name, title=check.title, points=check.points) for check in self._exercise.checks]

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed."""
        return self._exercise.cases(seed, variant=variant)

    def judge(self, answers: Sequence[CaseAnswer]) -> Judgement:
        """Return what the checks find, and the curves of the public cases."""
        trials = [self._trial(answer) for answer in answers]
        verdicts = judge(self._exercise, trials)
        return Judgement(
            findings=tuple(self._finding(verdict) for verdict in verdicts),
            unexplained=tuple(verdict.check.name for verdict in needs_example(verdicts)),
            charts=charts_of(self._exercise, trials),
        )

    def failing(self, answers: Sequence[CaseAnswer]) -> Sequence[int]:
        """Return the positions of the answers that fail a check. The truth of a case is computed once."""
        return [
            i
            for i, answer in enumerate(answers)
            if self._fails(replace(self._trial(answer), compute_truth=self._truth))
        ]

    def _fails(self, trial: Trial) -> bool:
        return any(fails(check, trial) for check in self._exercise.checks if check.covers(trial))

    def _truth(self, case: Case) -> Any:
        if id(case) not in self._truths:
            self._truths[id(case)] = case, self._exercise.truth(case)
        return self._truths[id(case)][1]

    def ladder(self, check: str) -> Sequence[Case]:
        """Return the tiny cases that a check covers."""
        on = self._check(check).on
        return [case for case in self._tiny_cases if not on or case.group in on]

    def counterexample(self, check: str, answers: Sequence[CaseAnswer]) -> CounterexampleEvidence | None:
        """Return the first answer that visibly fails the check."""
        return smallest(self._check(check), map(self._trial, answers), self._findings.get(check))

    def _finding(self, judged: Verdict | Finding) -> Finding:
        finding = in_own_words(finding_of(self._exercise, judged), self._exercise.package.messages)
        self._findings[finding.check] = finding
        return finding

    def _trial(self, answer: CaseAnswer) -> Trial:
        return trial_of(self._exercise, answer, self._facts)

    @cached_property
    def _tiny_cases(self) -> Sequence[Case]:
        return self._exercise.counterexamples()

    def _check(self, name: str) -> Check:
        return next(check for check in self._exercise.checks if check.name == name)


def trial_of(exercise: Exercise, answer: CaseAnswer, facts: SourceFacts = UNKNOWN) -> Trial:
    """Return the trial that the checks of an exercise see of an answer."""
    return Trial(
        case=answer.case,
        observation=answer.observation,
        tolerance=exercise.tolerance,
        stopped=Failed(answer.stop.message, answer.stop.data, hint=answer.stop.hint),
        argument_names=exercise.argument_names(answer.case.entry),
        facts=facts,
        torch="torch" in exercise.manifest.imports,
        compute_truth=exercise.truth,
        compute_near_misses=exercise.near_misses,
    )
