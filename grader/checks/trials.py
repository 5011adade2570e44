"""A trial: one case, what was observed, and what an author's check may ask of it.

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
"""What a number that was rounded to float32 once keeps to."""


@dataclass(kw_only=True)
class Trial:
    """One case and its observation: None where the run ended before its answer, and then `stopped` says why."""

    case: Case
    observation: Observation | None
    tolerance: Tolerance
    stopped: Failed = field(default_factory=lambda: Failed("not_run"))
    argument_names: tuple[str, ...] = ()
    compute_truth: Callable[[Case], Any] = field(repr=False)
    compute_near_misses: Callable[[Case], Sequence[NearMiss]] = field(repr=False, default=lambda case: ())

    @cached_property
    def truth(self) -> Any:
        """The expected value, from the reference."""
        return self.compute_truth(self.case)

    def truth_of_rounded(self) -> Any:
        """Return what would be expected of inputs that were rounded to single precision."""
        return self.compute_truth(replace(self.case, args=rounded(self.case.args)))

    @cached_property
    def near_misses(self) -> Sequence[NearMiss]:
        """The wrong answers worth recognising, from the reference."""
        return self.compute_near_misses(self.case)

    @property
    def seen(self) -> Observation:
        """What was observed, or Failed where the call did not return."""
        if self.observation is None:
            raise self.stopped
        if self.observation.error is not None:
            raise _raised(self.observation.error)
        return self.observation

    @property
    def value(self) -> Any:
        """What the probe returned, or Failed where the call did not return."""
        return self.seen.value

    def returned(self) -> Any:
        """Return the value if there is one, else raise Failed: the code raised, or returned None."""
        value = self.value
        probed = self.case.probe == "backward" and isinstance(value, Mapping)
        if (value.get("value") if probed else value) is None:
            raise Failed("returned_none", {"entry": self.case.entry}, hint="hint.return")
        return value

    def agrees(self, *, part: Any = None, tolerance: Tolerance | None = None, single: bool = False) -> None:
        """Raise Failed unless the value is the truth within the tolerance, and the inputs are as they were.

        Type, structure, shape and dtype must be exact. `part` is the key of a dict, or the position in a tuple, that is
        looked at alone; the rest may be wrong. With `single`, float32 does where the truth is float64.
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
        """Return what a learner calls a place inside a part: "result[1][0]", or "x.grad[0]" where we went backward."""
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
        """The names of the arguments that we differentiate by; the leaves of an expression are a, b, c, ..."""
        if self.case.probe == "expression":
            return list(string.ascii_lowercase[: len(self.case.args)])
        named = zip(self.argument_names, self.case.args, strict=False)
        return [name for name, arg in named if isinstance(arg, Tensor) and arg.requires_grad]

    def part(self, key: Any) -> Any:
        """Return one part of a value that must have the structure of the truth at the top, or raise Failed."""
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
        """Raise Failed where an argument's values changed, but for those that the case lets the code change."""
        name = self.changed_input
        if name is not None:
            raise Failed("input_modified", {"name": name}, hint="input_modified.hint", diagnosis="input_modified")

    @property
    def changed_input(self) -> str | None:
        """The name of the first argument whose values changed, but for those that the case lets the code change."""
        changed = [i for i in self.seen.modified if i not in self.case.mutable]
        return dict(enumerate(self.argument_names)).get(changed[0], f"argument {changed[0] + 1}") if changed else None

    def require(self, condition: bool, message: str, **data: Any) -> None:
        """Raise Failed with the message (its hint is `<message>.hint`) unless the condition holds."""
        if not condition:
            raise Failed(message, data, hint=f"{message}.hint")


def _raised(error: LearnerError) -> Failed:
    text = f"{error.type}: {error.message}" if error.message else error.type
    hint = next((hint for part, hint in HINTS if part in text), None)
    data = {"error": text[:500], "line": error.line, "traceback": error.traceback[:4000]}
    return Failed("raised" if error.line is None else "raised_at", data, hint=hint)


__all__ = ["Failed", "Mismatch", "Trial"]
