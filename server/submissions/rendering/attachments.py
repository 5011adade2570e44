"""The attachments of a report, which show the learner's public cases, by kind."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from server.submissions.rendering.curves import Curves
from server.submissions.rendering.figures import LearnerFigure
from server.submissions.rendering.graph import Graph

Shown = TypeVar("Shown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachments:
    """Graphs, curves and figures, each in the report's order."""

    graphs: Sequence[Graph] = field(default_factory=list)
    curves: Sequence[Curves] = field(default_factory=list)
    figures: Sequence[LearnerFigure] = field(default_factory=list)

    @classmethod
    def read(cls, attachments: Iterable[Mapping[str, Any]]) -> Self:
        """Return the attachments of a report; those in an unknown format are left out."""
        every = [attachment for attachment in attachments if isinstance(attachment, Mapping)]
        return cls(
            graphs=_each(every, "graph", Graph.read),
            curves=_each(every, "series", Curves.read),
            figures=_each(every, "figure", LearnerFigure.read),
        )


def _each(
    attachments: Iterable[Mapping[str, Any]], kind: str, read: Callable[[Mapping[str, Any]], Shown | None]
) -> list[Shown]:
    found = (read(attachment) for attachment in attachments if attachment.get("kind") == kind)
    return [one for one in found if one is not None]
