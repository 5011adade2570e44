"""The data that the page's script needs to draw a chart. A table beside each chart shows the same numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from server.dashboard.selectors.analytics import Bar


def bars(counts: Sequence[Bar], name: str) -> dict[str, Any]:
    """Return a bar chart of counts."""
    return {
        "kind": "bar",
        "categories": [bar.label for bar in counts],
        "series": [{"name": name, "values": [bar.count for bar in counts]}],
        "y": name,
    }


def lines(days: Mapping[str, Mapping[date, int]]) -> dict[str, Any]:
    """Return one line per name, over all days from the first to the last. A day without counts is zero."""
    every = [day for counts in days.values() for day in counts]
    between = [date.fromordinal(n) for n in range(min(every).toordinal(), max(every).toordinal() + 1)] if every else []
    return {
        "kind": "line",
        "categories": [f"{day.day} {day:%b}" for day in between],
        "series": [{"name": name, "values": [counts.get(day, 0) for day in between]} for name, counts in days.items()],
        "x": "Day",
        "y": "Times",
    }
