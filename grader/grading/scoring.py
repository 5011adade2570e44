"""From trials to findings: every check looks at every trial that it covers. The learner's code never runs here.

A finding is about a public trial that failed if there is one, else about the first. Numbers of a secret case never
reach a finding: it names the kind of case that failed, and the smallest counterexample (see
`grader.grading.counterexamples`) gives the learner something to work out by hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from grader.checks.check import Check
from grader.checks.diagnosis import explain
from grader.checks.error_hints import listed
from grader.checks.failed_trial import Diagnosis, FailedTrial, fits
from grader.checks.failures import Failed, Mismatch
from grader.checks.trials import Trial
from grader.grading.author import MAX_HEAT
from grader.grading.exercise import Exercise
from grader.packages.cases import NearMiss
from grader.protocol.messages import OWN_WORDS, render
from grader.protocol.reports import Data, Evidence, Finding, Status

SECRET_MESSAGES = {"differs": "differs_secret", "differs_plain": "differs_secret"}
NUMBERS = ("got", "expected", "others")
BARE = frozenset({"differs", "differs_secret", "differs_plain"})
"""Messages that describe a wrong value without explaining it."""
CUT_OFF = frozenset({"zero_gradient", "no_gradient", "detached_path"})
"""Messages about a path of gradients that is cut."""


class Scored(Protocol):
    """What a finding takes from its check: a `Check`, or the facts that a worker has of it."""

    @property
    def name(self) -> str:
        """The name of its function."""
        ...

    @property
    def title(self) -> str:
        """What learners read."""
        ...

    @property
    def points(self) -> float:
        """The most points that it gives."""
        ...


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A check's trials, and those that failed, each with its failure."""

    check: Check
    trials: Sequence[Trial]
    failures: Sequence[tuple[Trial, Failed]]


def judge(exercise: Exercise, trials: Sequence[Trial]) -> list[Verdict | Finding]:
    """Return, check by check, a Verdict, or the Finding of a check that was skipped."""
    judged: list[Verdict | Finding] = []
    passed: set[str] = set()
    for check in exercise.checks:
        missed = [name for name in check.after if name not in passed]
        if missed:
            judged.append(skipped(check, "skipped_after", title=_title(exercise, missed[0])))
            continue
        verdict = _run(check, [trial for trial in trials if check.covers(trial)])
        if not verdict.failures:
            passed.add(check.name)
        judged.append(verdict if _was_run(verdict) else skipped(check, "not_run"))
    return judged


def needs_example(judged: Sequence[Verdict | Finding]) -> list[Verdict]:
    """Return the verdicts with a failed secret case: a counterexample would help the learner."""
    verdicts = [verdict for verdict in judged if isinstance(verdict, Verdict)]
    return [verdict for verdict in verdicts if any(not trial.case.public for trial, _ in verdict.failures)]


def finding_of(exercise: Exercise, judged: Verdict | Finding) -> Finding:
    """Return the Finding of a verdict."""
    if isinstance(judged, Finding):
        return judged
    if not judged.failures:
        return _finding(judged.check, Status.PASSED, judged.check.points)
    return _failed(exercise, judged)


def skipped(check: Scored, message: str, **data: Any) -> Finding:
    """Return the finding of a check that was not run."""
    return _finding(check, Status.SKIPPED, 0.0, message=message, data=data)


def failed(check: Scored, message: str, data: Data | None = None, *, hint: str | None = None) -> Finding:
    """Return the finding of a check that failed as a whole, such as the first one of code that does not load."""
    return _finding(check, Status.FAILED, 0.0, message=message, data=data or {}, hint=hint)


def fails(check: Check, trial: Trial) -> bool:
    """Whether a trial fails a check."""
    return bool(_run(check, [trial]).failures)


def _run(check: Check, trials: Sequence[Trial]) -> Verdict:
    failures: list[tuple[Trial, Failed]] = []
    for trial in trials:
        try:
            check.run(trial)
        except Failed as failure:
            failures.append((trial, failure))
    return Verdict(check=check, trials=trials, failures=failures)


def _was_run(verdict: Verdict) -> bool:
    """Return whether the run began any of the check's cases before it ended."""
    return len(verdict.failures) < len(verdict.trials) or any(f.message != "not_run" for _, f in verdict.failures)


def _failed(exercise: Exercise, verdict: Verdict) -> Finding:
    trial, failure = _most_telling(verdict.failures)
    found = _explanation(verdict) if isinstance(failure, Mismatch) else None
    if found is not None and found[1] is not None:
        trial, failure = found[1]
    message, data, hint, name = failure.message, failure.data, failure.hint, failure.diagnosis
    if found is not None:
        diagnosis = found[0]
        message, hint, name = diagnosis.id, f"{diagnosis.id}.hint", diagnosis.id
        data = data | dict(diagnosis.data)
        if message == "combined":
            data["other"] = _sentence(exercise, str(data["other"]), data)
    elif not trial.case.public:
        message = SECRET_MESSAGES.get(message, message)
    if not trial.case.public and isinstance(failure, Mismatch):
        data = {key: item for key, item in data.items() if key not in NUMBERS} | _kinds(failure)
    if hint is None and message in BARE:
        hint = "hint.by_hand"
    return _finding(
        verdict.check,
        Status.FAILED,
        _share(verdict),
        message=message,
        data=data | {"case": trial.case.name, "seen": _seen(trial, message)},
        hint=hint,
        diagnosis=name,
        case=trial.case.name,
        evidence=_evidence(trial, failure),
    )


def _seen(trial: Trial, message: str) -> str:
    """Return a sentence about what the code uses that can cut a gradient off; "" if it uses nothing like that."""
    if message not in CUT_OFF or not trial.torch:
        return ""
    return f" Your code uses {listed(trial.facts.cuts)}: is it on that way?" if trial.facts.cuts else ""


def _sentence(exercise: Exercise, message: str, data: Data) -> str:
    own = exercise.package.messages.get(message)
    words = {OWN_WORDS: [message, own.sentence, "", "", ""]} if own else {}
    return render(message, {**data, **words}) or ""


def _kinds(failure: Mismatch) -> dict[str, Any]:
    """Return what a learner can see of a secret case's value: types and shapes, no numbers."""
    if failure.message in ("differs", "differs_plain"):
        return {}
    return {key: failure.data[key] for key in ("got", "expected") if key in failure.data}


def _most_telling(failures: Sequence[tuple[Trial, Failed]]) -> tuple[Trial, Failed]:
    """Prefer a public trial to a secret one, and a wrong answer to a call that was not run."""
    return min(failures, key=lambda pair: (pair[1].message == "not_run", not pair[0].case.public))


def _explanation(verdict: Verdict) -> tuple[Diagnosis, tuple[Trial, Mismatch] | None] | None:
    """Return the diagnosis of the wrong values, and the trial to show with it if it fits only some of them."""
    mismatches = [(trial, failure) for trial, failure in verdict.failures if isinstance(failure, Mismatch)]
    samples = [_sample(trial, failure) for trial, failure in mismatches]
    first = mismatches[0][0]
    found = explain(samples, gradient=verdict.check.gradient, facts=first.facts, torch=first.torch)
    if found is not None:
        return found.diagnosis, None if found.trial is None else mismatches[found.trial]
    modified = _modified(mismatches)
    return None if modified is None else (modified, None)


def diagnosis_of(trial: Trial, failure: Mismatch, *, gradient: bool) -> Diagnosis | None:
    """Return the diagnosis of one wrong value alone; None if nothing explains it."""
    found = explain([_sample(trial, failure)], gradient=gradient, facts=trial.facts, torch=trial.torch)
    return found.diagnosis if found else _modified([(trial, failure)])


def _sample(trial: Trial, failure: Mismatch) -> FailedTrial:
    return FailedTrial(
        got=failure.got,
        expected=failure.expected,
        args=trial.case.args,
        near_misses=_of_part(_fitting_whole(trial) or trial.near_misses, failure.part),
        whole=failure.whole,
        rounded=partial(_rounded, trial, failure.part),
        secret=not trial.case.public,
    )


def _rounded(trial: Trial, part: Any) -> Iterator[Any]:
    for truth in trial.truths_of_rounded():
        yield truth if part is None else truth[part]


def _modified(mismatches: Sequence[tuple[Trial, Mismatch]]) -> Diagnosis | None:
    """Explain wrong numbers by a changed input, if every call changed its input and nothing else explains them."""
    plain = mismatches and all(failure.diagnosis is None and trial.changed_input for trial, failure in mismatches)
    return Diagnosis(id="input_modified", data={"name": mismatches[0][0].changed_input}) if plain else None


def _fitting_whole(trial: Trial) -> Sequence[NearMiss]:
    """Return the near misses that explain the whole answer: they explain its parts better than others."""
    return [miss for miss in trial.near_misses if fits(trial.value, miss.value)]


def _of_part(misses: Sequence[NearMiss], part: Any) -> Sequence[NearMiss]:
    """Return the near misses of one part of the answer."""
    return misses if part is None else [replace(miss, value=miss.value[part]) for miss in misses]


def _share(verdict: Verdict) -> float:
    """Return the points for the trials that passed.

    A public trial that passes gives nothing if the check has secret ones: its answer can be copied from the page. One
    that fails takes something away.
    """
    check = verdict.check
    failed = [trial for trial, _ in verdict.failures]
    secret = [trial for trial in verdict.trials if not trial.case.public]
    counted = secret + [trial for trial in failed if trial.case.public] if secret else verdict.trials
    if not check.partial or not counted:
        return 0.0
    return round(check.points * (len(counted) - len(failed)) / len(counted), 2)


def _evidence(trial: Trial, failure: Failed) -> Evidence:
    """Return the heat map of a wrong tensor of a public case; nothing of a secret one."""
    if not trial.case.public or failure.message != "differs" or not isinstance(failure, Mismatch):
        return {}
    got, expected = failure.got, failure.expected
    if not isinstance(got, Tensor) or not isinstance(expected, Tensor) or not 1 < expected.numel() <= MAX_HEAT:
        return {}
    if not torch.isfinite(got).all() or not torch.isfinite(expected).all():
        return {}  # JSON and the colour scale have finite numbers only
    shape = list(expected.shape)
    return {
        "heat_map": {"shape": shape, "got": got.reshape(-1).tolist(), "expected": expected.reshape(-1).tolist()},
    }


def _title(exercise: Exercise, name: str) -> str:
    return next(check.title for check in exercise.checks if check.name == name)


def _finding(check: Scored, status: Status, points: float, **rest: Any) -> Finding:
    return Finding(check=check.name, title=check.title, status=status, points=points, max_points=check.points, **rest)
