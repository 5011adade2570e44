"""What a package's `reference.py` gives to the grader: cases, near misses and exact kinds of answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.harness.wire.values import Applied, Function, Model


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One set of inputs for one call of an entry.

    `name` is the kind of case in a few words ("a 2x5 matrix"): a learner sees nothing else of a secret case. `entry`
    can be an attribute (`CubedReLU.apply`). `args` are plain values, tensors (one that requires grad still does in the
    submission), `Function`, `Model` and `Applied`. Checks select cases by `group`; if it is empty, it is the entry.
    `mutable` gives the positions of arguments that the code can change.
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
    """A wrong answer to recognise: its name, its value, and the data of its message.

    `diagnosis` is an id of `grader.protocol.messages`, `data` fills in its sentence and its hint (`<id>.hint`).
    """

    diagnosis: str
    value: Any
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Floats:
    """An expected list of floats; a tuple or a 1-D tensor of them is also right."""

    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Curves of an answer to a public case, drawn beside those of the truth: a title, and numbers by name."""

    title: str
    lines: Mapping[str, Sequence[float]]


__all__ = ["Applied", "Case", "Chart", "Floats", "Function", "Model", "NearMiss"]
