"""The smallest input on which the code is wrong, for the learner to work out by hand.

When a secret case fails, the package's tiny cases are put to the same running submission, smallest first, and the first
on which the same check fails is shown: the call, what came, what was expected. The secret case stays secret.
"""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from grader.checks.check import Check
from grader.checks.failures import Failed, Mismatch
from grader.checks.show import show, show_apart, show_expression
from grader.checks.trials import Trial
from grader.packages.cases import Case

Ask = Callable[[Sequence[Case]], Sequence[Trial]]
"""Puts cases to the submission that is still loaded; fewer trials than cases where it ended."""


def smallest(check: Check, ladder: Sequence[Case], ask: Ask) -> dict[str, Any]:
    """Return evidence {"counterexample": {"call", "got", "expected"}}, or {} where no tiny case visibly fails."""
    cases = [case for case in ladder if not check.on or case.group in check.on]
    for trial in ask(cases) if cases else ():
        failure = _failure(check, trial)
        if failure is None:
            continue
        answer = _answer(trial, failure)
        if answer["got"] != answer["expected"]:
            return {"counterexample": {"call": _asked(trial, failure), **answer}}
    return {}


def _failure(check: Check, trial: Trial) -> Failed | None:
    if trial.observation is None:
        return None
    try:
        check.run(trial)
    except Failed as failure:
        return failure
    return None


def _asked(trial: Trial, failure: Failed) -> str:
    """Return the call, and that we went backward from its result where what came back is what is wrong."""
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


def _answer(trial: Trial, failure: Failed) -> dict[str, str]:
    if isinstance(failure, Mismatch):
        return _side_by_side(failure.got, failure.expected)
    error = failure.data.get("error")
    return {
        "got": str(error) if error else show(trial.observation and trial.observation.value),
        "expected": show(trial.truth),
    }


def _side_by_side(got: Any, expected: Any) -> dict[str, str]:
    """Show both; with their types where only these tell them apart."""
    shown = dict(zip(("got", "expected"), show_apart(got, expected), strict=True))
    if shown["got"] == shown["expected"] and isinstance(got, Tensor) and isinstance(expected, Tensor):
        types = {"got": got.dtype, "expected": expected.dtype}
        return {key: f"{show(expected)} ({str(types[key]).removeprefix('torch.')})" for key in types}
    return shown
