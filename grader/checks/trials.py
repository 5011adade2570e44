"""A trial: one case, its observation, and the methods that an author's check can call.

@check(points=6, on="gradient_of_sum")
def gradient_is_right(trial):
    \"\"\"`gradient_of_sum` agrees with autograd.\"\"\"
    trial.agrees()
"""

import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from torch import Tensor, float64

from grader.checks.compare import compare, rounded, show_keys, widened
from grader.checks.error_hints import Raised, hint_for
from grader.checks.failures import Failed, Mismatch
from grader.checks.places import RESULT, Path, name_at, name_of, sentence_start
from grader.checks.source_facts import UNKNOWN, SourceFacts
from grader.packages.cases import Case, NearMiss
from grader.packages.manifest import Tolerance
from grader.sandboxes.base import LearnerError, Observation

SINGLE = Tolerance(rtol=1e-6, atol=1e-8)
"""The error of a number that was rounded to float32 once stays within this."""


@dataclass(kw_only=True)
class Trial:
    """One case and its observation. If the run ended before the answer came, the observation is None; see `stopped`.

    `facts` is what is known of the source, `torch` whether the exercise is about torch: hints depend on both.
    """

    case: Case
    observation: Observation | None
    tolerance: Tolerance
    stopped: Failed = field(default_factory=lambda: Failed("not_run"))
    argument_names: tuple[str, ...] = ()
    facts: SourceFacts = UNKNOWN
    torch: bool = True
    compute_truth: Callable[[Case], Any] = field(repr=False)
    compute_near_misses: Callable[[Case], Sequence[NearMiss]] = field(repr=False, default=lambda case: ())

    @cached_property
    def truth(self) -> Any:
        """The expected value, computed by the reference."""
        return self.compute_truth(self.case)

    def truths_of_rounded(self) -> Iterator[Any]:
        """Yield the truths of inputs rounded to single precision: all of them, then one argument at a time."""
        args = self.case.args
        yield self.compute_truth(replace(self.case, args=rounded(args)))
        for i, arg in enumerate(args):
            if isinstance(arg, Tensor) and arg.dtype == float64 and len(args) > 1:
                yield self.compute_truth(replace(self.case, args=(*args[:i], rounded(arg), *args[i + 1 :])))

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
            raise self._raised(self.observation.error)
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
            raise self._returned_none()
        return value

    def _returned_none(self) -> Failed:
        """Suspect a missing `return` only if the function has none."""
        entry, facts = self.case.entry, self.facts
        if not facts.returns(entry):
            hint = "hint.return"
        elif re.search(r"return[^\n]*\.(?:backward|append|extend|zero_grad|step)\(", facts.body(entry) or ""):
            hint = "hint.returns_nothing"
        else:
            hint = "hint.return_of_grad" if self.torch and ".grad" in facts.stripped else "hint.returned_none"
        return Failed("returned_none", {"entry": entry}, hint=hint, diagnosis="returned_none")

    def agrees(
        self,
        *,
        part: Any = None,
        what: str | Sequence[str] = "",
        tolerance: Tolerance | None = None,
        single: bool = False,
    ) -> None:
        """Raise Failed unless the value equals the truth within the tolerance and the inputs are unchanged.

        Structure, shape and dtype must be exact. If `part` is given (the key of a dict or the position in a tuple),
        only that part is compared. `what` is what a learner reads for it ("the gradient for `x`"), or the names of the
        parts of a list. If `single` is set, float32 is accepted for a float64 truth.
        """
        if self.value is None and self.truth is not None:
            raise self._returned_none()
        value, truth = (self.value, self.truth) if part is None else (self.part(part), self.truth[part])
        try:
            compare(widened(value) if single else value, truth, tolerance or (SINGLE if single else self.tolerance))
        except Mismatch as mismatch:
            mismatch.part = part
            mismatch.whole = None if part is None else (self.value, self.truth)
            base, rest, index = self._name(part, what, mismatch.path, mismatch.index)
            mismatch.name = "" if base == RESULT and not rest else name_of(rest, base=base)
            mismatch.data["where"] = sentence_start(name_of(rest, base=base, index=index))
            raise
        self.left_inputs_alone()

    def _name(self, part: Any, what: str | Sequence[str], path: Path, index: str) -> tuple[str, Path, str]:
        """Return the name of what was compared, the path inside it, and the index that is left to name."""
        if what:
            return *name_at(what, path), index
        if self.case.probe == "expression" and part in ("gradients", "inner"):
            position = int(index.strip("[]") or 0)
            leaf = dict(enumerate(self.tracked_names)).get(position, "a")
            return f"the gradient for `{leaf}`" if part == "gradients" else "the gradient of a node on the way", (), ""
        if self.case.probe == "expression" and part == "data":
            return "`.data` of the result", path, index
        if self.case.probe == "backward" and part in ("gradients", "second") and path:
            argument = dict(enumerate(self.tracked_names)).get(int(path[0]), "the input")
            named = argument if argument == "the input" else f"`{argument}`"
            kind = "gradient" if part == "gradients" else "second derivative"
            return f"the {kind} for {named}", path[1:], index
        if self.case.probe == "backward" and part == "value":
            return "the value", path, index
        if self.case.probe == "walk" and path:
            return f"the point after {path[0]}", path[1:], index
        return RESULT, path if part is None else (part, *path), index

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
                data = {"where": sentence_start(RESULT), "got": show_keys(value), "expected": show_keys(truth)}
                raise Failed("wrong_keys", data, hint="wrong_keys.hint", diagnosis="wrong_keys")
            return value[key]
        both = isinstance(truth, list | tuple) and isinstance(value, list | tuple)
        if both and len(value) == len(truth):
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

    def _raised(self, error: LearnerError) -> Failed:
        text = f"{error.type}: {error.message}" if error.message else error.type
        hint, known = hint_for(Raised(text=text, line=error.line, facts=self.facts, torch=self.torch))
        data = {"error": text[:500], "line": error.line, "traceback": error.traceback[:4000], **known}
        return Failed("raised" if error.line is None else "raised_at", data, hint=hint)


__all__ = ["Failed", "Mismatch", "Trial"]
