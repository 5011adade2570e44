"""The smallest input on which the code is wrong, for the learner to work out by hand.

If a secret case fails, the worker puts the package's tiny cases to a fresh process, smallest first (see
`grader.grading.ladders`). The learner sees the first one on which the same check fails in the same way: what the number
is, the call, the answer, and the expected answer. The secret case stays secret.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from grader.checks.check import Check
from grader.checks.compare import as_floats
from grader.checks.failures import Failed, Mismatch
from grader.checks.show import show, show_apart, show_code, show_expression
from grader.checks.trials import Trial
from grader.grading.scoring import BARE, diagnosis_of
from grader.packages.cases import Floats
from grader.protocol.reports import CounterexampleEvidence, Finding

UNNAMED_IF_SMALL = frozenset(
    {
        "accumulated",
        "scaled",
        "mean_for_sum",
        "sum_for_mean",
        "sign_flipped",
        "combined",
        "nearly_right",
        "low_precision",
    }
    | {"finite_differences", "rounded_off", "half_precision", "one_late", "one_early", "wrong_order", "names_swapped"}
)
"""Diagnoses that need several numbers to be recognised: a tiny example can have no name, or another of these."""


def smallest(check: Check, trials: Iterable[Trial], finding: Finding | None = None) -> CounterexampleEvidence | None:
    """Return the first of the trials that visibly fails the check in the way that the finding tells, None if none does.

    Without a finding, every visible failure counts.
    """
    for trial in trials:
        failure = _failure(check, trial)
        if failure is None or (finding is not None and not _tells(finding, trial, failure, gradient=check.gradient)):
            continue
        got, expected = _answer(trial, failure)
        if got != expected:
            return CounterexampleEvidence(call=_put(trial, failure), got=got, expected=expected)
    return None


def _failure(check: Check, trial: Trial) -> Failed | None:
    if trial.observation is None:
        return None
    try:
        check.run(trial)
    except Failed as failure:
        return failure
    return None


def _tells(finding: Finding, trial: Trial, failure: Failed, *, gradient: bool) -> bool:
    """Whether a failure is of the kind that the finding describes: an example must not contradict its sentence."""
    raised = finding.message in ("raised", "raised_at")
    if raised or failure.message in ("raised", "raised_at"):
        return raised and failure.message in ("raised", "raised_at") and _same_error(finding, failure)
    if not isinstance(failure, Mismatch) or finding.message in (*BARE, "timed_out", "not_run"):
        return True
    if finding.diagnosis is None:
        return failure.message == finding.message
    own = diagnosis_of(trial, failure, gradient=gradient)
    name = own.id if own is not None else failure.diagnosis
    return name == finding.diagnosis or (finding.diagnosis in UNNAMED_IF_SMALL and name in {None, *UNNAMED_IF_SMALL})


def _same_error(finding: Finding, failure: Failed) -> bool:
    return str(finding.data.get("error")).partition(":")[0] == str(failure.data["error"]).partition(":")[0]


def _put(trial: Trial, failure: Failed) -> str:
    """Return what the numbers are, and the call that gives them, as text."""
    name = failure.name.removeprefix("the ") if isinstance(failure, Mismatch) else ""
    return f"{name} of {_call(trial)}" if name else _call(trial)


def _call(trial: Trial) -> str:
    case = trial.case
    if case.probe == "expression":
        return _expression(trial)
    code = [show_code(arg) for arg in case.args]
    named = dict(enumerate(trial.argument_names))
    functions = [text for text in code if text.startswith("f(x) = ")]
    arguments = [
        named.get(i, "f") if text.startswith("f(x) = ") else f"{named[i]}={text}" if i in named else text
        for i, text in enumerate(code)
    ]
    call = f"{case.entry}({', '.join(arguments)})"
    weights = case.options.get("cotangent") if case.probe == "backward" else None
    if isinstance(weights, Tensor) and not bool((weights == 1).all()):
        functions.append(f"the incoming gradient {show_code(weights)}")
    return f"{call} with {' and '.join(functions)}" if functions else call


def _expression(trial: Trial) -> str:
    """Return an expression of the learner's class as code: "a * b with a = Value(2.0), b = Value(-1.0)"."""
    formula, _, values = show_expression(trial.case.options["program"], trial.case.args).partition(" with ")
    made = (f"{name} = {trial.case.entry}({float(number)!r})" for name, number in _pairs(values))
    return f"{formula} with {', '.join(made)}"


def _pairs(values: str) -> Iterable[tuple[str, str]]:
    for part in values.split(", "):
        name, _, number = part.partition(" = ")
        yield name, number


def _answer(trial: Trial, failure: Failed) -> tuple[str, str]:
    """Return what the code returned and what was expected, as text."""
    if isinstance(failure, Mismatch):
        return _side_by_side(*_named_part(failure))
    error = failure.data.get("error")
    key = {"backward": "value", "expression": "data"}.get(trial.case.probe)
    truth = trial.truth[key] if key and isinstance(trial.truth, Mapping) else trial.truth
    value = trial.observation and trial.observation.value
    shown = value.get(key) if key and isinstance(value, Mapping) else value
    return str(error) if error else show(shown), show(truth)


def _named_part(failure: Mismatch) -> tuple[Any, Any]:
    """Return the two values that `failure.name` names: the leaf, if its path leads inside the compared part."""
    got, expected = failure.got, failure.expected
    for key in failure.path if failure.name else ():
        got, expected = got[key], expected[key]
    if failure.name.startswith("the gradient for `") and isinstance(expected, Floats):
        position = int(failure.index.strip("[]") or 0)
        return as_floats(got)[position], torch.tensor(expected.values, dtype=torch.float64)[position]
    return got, expected


def _side_by_side(got: Any, expected: Any) -> tuple[str, str]:
    """Show both; with their types if only these differ."""
    shown, wanted = show_apart(got, expected)
    if shown == wanted and isinstance(got, Tensor) and isinstance(expected, Tensor):
        return _with_type(expected, got), _with_type(expected, expected)
    return shown, wanted


def _with_type(numbers: Tensor, typed: Tensor) -> str:
    return f"{show(numbers)} ({str(typed.dtype).removeprefix('torch.')})"
