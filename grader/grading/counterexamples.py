"""The smallest input on which the code is wrong, for the learner to work out by hand.

If a secret case fails, the worker puts the package's tiny cases to a fresh process, smallest first (see
`grader.grading.ladders`). The learner sees the first one on which the same check fails: the call, the answer, and the
expected answer. The secret case stays secret.
"""

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from grader.checks.check import Check
from grader.checks.failures import Failed, Mismatch
from grader.checks.show import show, show_apart, show_expression
from grader.checks.trials import Trial
from grader.protocol.reports import CounterexampleEvidence


def smallest(check: Check, trials: Iterable[Trial]) -> CounterexampleEvidence | None:
    """Return the first of the trials that visibly fails the check, None if there is none."""
    for trial in trials:
        failure = _failure(check, trial)
        if failure is None:
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


def _put(trial: Trial, failure: Failed) -> str:
    """Return the call as text; if its gradients are wrong, the text says that we went backward from its result."""
    backward = isinstance(failure, Mismatch) and failure.part == "gradients"
    return f"gradients through {_call(trial)}" if backward else _call(trial)


def _call(trial: Trial) -> str:
    case = trial.case
    if case.probe == "expression":
        return show_expression(case.options["program"], case.args)
    shown = [show(arg) for arg in case.args]
    named = [f"{name} = {text}" for name, text in zip(trial.argument_names, shown, strict=False)]
    arguments = [
        text if text.startswith("f(x) = ") else with_name for text, with_name in zip(shown, named, strict=False)
    ]
    return f"{case.entry}({', '.join(arguments or shown)})"


def _answer(trial: Trial, failure: Failed) -> tuple[str, str]:
    """Return what the code returned and what was expected, as text."""
    if isinstance(failure, Mismatch):
        return _side_by_side(failure.got, failure.expected)
    error = failure.data.get("error")
    return str(error) if error else show(trial.observation and trial.observation.value), show(trial.truth)


def _side_by_side(got: Any, expected: Any) -> tuple[str, str]:
    """Show both; with their types if only these differ."""
    shown, wanted = show_apart(got, expected)
    if shown == wanted and isinstance(got, Tensor) and isinstance(expected, Tensor):
        return _with_type(expected, got), _with_type(expected, expected)
    return shown, wanted


def _with_type(numbers: Tensor, typed: Tensor) -> str:
    return f"{show(numbers)} ({str(typed.dtype).removeprefix('torch.')})"
