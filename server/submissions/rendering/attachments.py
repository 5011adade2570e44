"""Everything that a report shows of the learner's public cases, by kind."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from server.submissions.rendering.curves import Curves
from server.submissions.rendering.figures import Figure
from server.submissions.rendering.graph import Graph

Shown = TypeVar("Shown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachments:
    """Graphs, curves and figures, each in the report's order."""

    graphs: Sequence[Graph] = field(default_factory=list)
    curves: Sequence[Curves] = field(default_factory=list)
    figures: Sequence[Figure] = field(default_factory=list)

    @classmethod
    def read(cls, exhibits: Iterable[Mapping[str, Any]]) -> Self:
        """Return what can be shown of a report's exhibits; what cannot be read is left out."""
        every = [exhibit for exhibit in exhibits if isinstance(exhibit, Mapping)]
        return cls(
            graphs=_each(every, "graph", Graph.read),
            curves=_each(every, "series", Curves.read),
            figures=_each(every, "figure", Figure.read),
        )


def _each(
    exhibits: Iterable[Mapping[str, Any]], kind: str, read: Callable[[Mapping[str, Any]], Shown | None]
) -> list[Shown]:
    found = (read(exhibit) for exhibit in exhibits if exhibit.get("kind") == kind)
    return [one for one in found if one is not None]
