"""A trial: one case, its observation, and the methods that an author's check can call.

@check(points=6, on="gradient_of_sum")
def gradient_is_right(trial):
    \"\"\"`gradient_of_sum` agrees with autograd.\"\"\"
    trial.agrees()
"""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from torch import Tensor

from grader.checks.compare import compare, rounded, widened
from grader.checks.failures import Failed, Mismatch
from grader.packages.cases import Case, NearMiss
from grader.packages.manifest import Tolerance
from grader.sandboxes.base import LearnerError, Observation

HINTS: tuple[tuple[str, str], ...] = (
    ("does not require grad", "hint.no_graph"),
    ("modified by an inplace operation", "hint.in_place"),
    ("a leaf Variable that requires grad", "hint.in_place_leaf"),
    ("a view of a leaf Variable", "hint.in_place_leaf"),
    ("backward through the graph a second time", "hint.second_backward"),
    ("grad can be implicitly created only for scalar", "hint.scalar_only"),
    ("not have been used in the graph", "hint.unused"),
    ("Can't call numpy() on Tensor that requires grad", "hint.numpy"),
    ("positional argument", "hint.arity"),
    ("unexpected keyword argument", "hint.arity"),
    ("must match the size of tensor", "hint.shapes"),
    ("shapes cannot be multiplied", "hint.shapes"),
    ("size mismatch", "hint.shapes"),
    ("to have the same dtype", "hint.dtypes"),
    ("must have the same dtype", "hint.dtypes"),
    ("forward gradient that has a different size", "hint.shapes"),
    ("nly Tensors of floating point", "hint.floating"),
    ("tensors to be on the same device", "hint.devices"),
    ("device type tensor to numpy", "hint.devices"),
    ("device-side assert", "hint.gpu_index"),
    ("not compiled with CUDA", "hint.no_gpu"),
    ("Found no NVIDIA driver", "hint.no_gpu"),
    ("No CUDA GPUs are available", "hint.no_gpu"),
    ("NoneType", "hint.none"),
)

SINGLE = Tolerance(rtol=1e-6, atol=1e-8)
"""The error of a number that was rounded to float32 once stays within this."""


@dataclass(kw_only=True)
class Trial:
    """One case and its observation. If the run ended before the answer came, the observation is None; see `stopped`."""

    case: Case
    observation: Observation | None
    tolerance: Tolerance
    stopped: Failed = field(default_factory=lambda: Failed("not_run"))
    argument_names: tuple[str, ...] = ()
    compute_truth: Callable[[Case], Any] = field(repr=False)
    compute_near_misses: Callable[[Case], Sequence[NearMiss]] = field(repr=False, default=lambda case: ())

    @cached_property
    def truth(self) -> Any:
        """The expected value, computed by the reference."""
        return self.compute_truth(self.case)

    def truth_of_rounded(self) -> Any:
        """Return the truth of the same inputs rounded to single precision."""
        return self.compute_truth(replace(self.case, args=rounded(self.case.args)))

    @cached_property
    def near_misses(self) -> Sequence[NearMiss]:
        """The wrong answers worth recognising, computed by the reference."""
        return self.compute_near_misses(self.case)

    @property
    def seen(self) -> Observation:
        """The observation. Raises Failed if the call did not return."""
        if self.observation is None:
            raise self.stopped
        if self.observation.error is not None:
            raise _raised(self.observation.error)
        return self.observation

    @property
    def value(self) -> Any:
        """The value that the probe returned. Raises Failed if the call did not return."""
        return self.seen.value

    def returned(self) -> Any:
        """Return the value. Raises Failed if the code raised an exception or returned None."""
        value = self.value
        probed = self.case.probe == "backward" and isinstance(value, Mapping)
        if (value.get("value") if probed else value) is None:
            raise Failed("returned_none", {"entry": self.case.entry}, hint="hint.return")
        return value

    def agrees(self, *, part: Any = None, tolerance: Tolerance | None = None, single: bool = False) -> None:
        """Raise Failed unless the value equals the truth within the tolerance and the inputs are unchanged.

        Type, structure, shape and dtype must be exact. If `part` is given (the key of a dict or the position in a
        tuple), only that part is compared. If `single` is set, float32 is accepted for a float64 truth.
        """
        value, truth = (self.value, self.truth) if part is None else (self.part(part), self.truth[part])
        try:
            compare(widened(value) if single else value, truth, tolerance or (SINGLE if single else self.tolerance))
        except Mismatch as mismatch:
            mismatch.part = part
            mismatch.whole = None if part is None else (self.value, self.truth)
            mismatch.data["where"] = self._place(part, mismatch.data["where"])
            raise
        self.left_inputs_alone()

    def _place(self, part: Any, where: str) -> str:
        """Return the name of a place inside a part: "result[1][0]", or "x.grad[0]" if the probe ran backward."""
        inner = where.removeprefix("result")
        if part is None:
            return where
        if self.case.probe == "call":
            return f"result[{part!r}]{inner}"
        if part == "gradients" and inner:
            position, _, rest = inner.removeprefix("[").partition("]")
            names = dict(enumerate(self.tracked_names))
            return f"{names.get(int(position), 'input')}.grad{rest}"
        return where

    @property
    def tracked_names(self) -> list[str]:
        """The names of the arguments that require grad; the leaves of an expression are called a, b, c, ..."""
        if self.case.probe == "expression":
            return list(string.ascii_lowercase[: len(self.case.args)])
        named = zip(self.argument_names, self.case.args, strict=False)
        return [name for name, arg in named if isinstance(arg, Tensor) and arg.requires_grad]

    def part(self, key: Any) -> Any:
        """Return one part of the value. Raises Failed if the value's outermost structure is not that of the truth."""
        value, truth = self.value, self.truth
        if isinstance(truth, Mapping) and isinstance(value, Mapping):
            if key not in value:
                keys = ", ".join(map(str, value)) or "none"
                raise Failed("wrong_keys", {"where": "result", "got": keys[:200], "expected": ", ".join(truth)})
            return value[key]
        if type(value) is type(truth) and len(value) == len(truth):
            return value[key]
        compare(value, truth, self.tolerance)
        raise AssertionError("compare() lets a value of another structure pass")

    def left_inputs_alone(self) -> None:
        """Raise Failed if the values of an argument changed that the case does not declare `mutable`."""
        name = self.changed_input
        if name is not None:
            raise Failed("input_modified", {"name": name}, hint="input_modified.hint", diagnosis="input_modified")

    @property
    def changed_input(self) -> str | None:
        """The name of the first argument whose values changed and that is not `mutable`; None if there is none."""
        changed = [i for i in self.seen.modified if i not in self.case.mutable]
        return dict(enumerate(self.argument_names)).get(changed[0], f"argument {changed[0] + 1}") if changed else None

    def require(self, condition: bool, message: str, **data: Any) -> None:
        """Raise Failed with the message (its hint is `<message>.hint`) if the condition does not hold."""
        if not condition:
            raise Failed(message, data, hint=f"{message}.hint")


def _raised(error: LearnerError) -> Failed:
    text = f"{error.type}: {error.message}" if error.message else error.type
    hint = next((hint for part, hint in HINTS if part in text), None)
    data = {"error": text[:500], "line": error.line, "traceback": error.traceback[:4000]}
    return Failed("raised" if error.line is None else "raised_at", data, hint=hint)


__all__ = ["Failed", "Mismatch", "Trial"]
