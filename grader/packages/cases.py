"""What a package's `reference.py` hands to the grader: cases, near misses and exact kinds of answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.harness.wire.values import Applied, Function, Model


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One set of inputs for one call of an entry.

    `name` is the kind of case in a few words ("a 2x5 matrix"): it is all that a learner hears of a secret one. `entry`
    may reach into what it names (`CubedReLU.apply`). `args` are plain values, tensors (a tensor that requires grad
    arrives so), `Function`, `Model` and `Applied`. `group` is what checks select cases by, the entry where empty.
    `mutable` gives the positions of arguments that the code may change.
    """

    name: str
    entry: str
    args: tuple[Any, ...] = ()
    probe: str = "call"
    options: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    public: bool = False
    mutable: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.group:
            object.__setattr__(self, "group", self.entry)


@dataclass(frozen=True, kw_only=True, slots=True)
class NearMiss:
    """A wrong answer worth recognising: what it is called, the value that it would be, and what to say of it.

    `diagnosis` is an id of `grader.protocol.messages`, whose sentence and hint (`<id>.hint`) are filled in with `data`.
    """

    diagnosis: str
    value: Any
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Floats:
    """An expected list of floats; a tuple or a 1-D tensor of them does too."""

    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Curves of an answer to a public case, drawn beside those of the truth: a title, and numbers by name."""

    title: str
    lines: Mapping[str, Sequence[float]]


__all__ = ["Applied", "Case", "Chart", "Floats", "Function", "Model", "NearMiss"]
