"""The state of a grade in a GradeChange: points and decision as JSON data."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from server.gradebook.models import Grade
from server.gradebook.rules import Decision

DECIDED = ["override", "exempt", "due_at", "closes_at", "extra_attempts"]


def state_of(row: Grade) -> dict[str, Any]:
    """Return a grade and its decision as JSON data."""
    decision = asdict(row.decision)
    moments = {key: value.isoformat() if value else None for key, value in decision.items() if key.endswith("_at")}
    slip_days = {"slip_days": row.slip_days} if row.slip_days else {}
    return {"raw": row.raw, "penalty": row.penalty, "final": row.final} | decision | moments | slip_days


def decision_in(state: dict[str, Any]) -> Decision:
    """Return the decision in a state from `state_of`."""
    moments = {key: _moment(state[key]) for key in ("due_at", "closes_at")}
    return Decision(**{key: state[key] for key in DECIDED} | moments)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# The state of a grade without any record.
BLANK = state_of(Grade())
