"""Decisions and terms in a few words, for the audit log."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from server.common.local_times import in_words
from server.gradebook.models import Assignment

# The fields of an assignment that change its grades or who can hand in, and their names for people.
TERMS = {
    "exercise": "exercise",
    "own_title": "title",
    "points": "points",
    "opens_at": "opens",
    "due_at": "due",
    "closes_at": "closes",
    "attempts": "attempts",
    "cooldown_seconds": "seconds between attempts",
    "keeps": "keeps",
    "late_percent_per_day": "late % per day",
    "late_percent_cap": "late % at most",
    "grace_minutes": "grace minutes",
    "takes_slip_days": "slip days",
    "practice": "practice after closing",
    "hint_rule": "hints",
    "results_held": "results held back",
    "release_at": "released",
    "bonus_points": "bonus points",
    "show_edit": "edits shown",
}
DECISION = {
    "final": "points",
    "override": "set by hand",
    "exempt": "exempt",
    "due_at": "due",
    "closes_at": "closes",
    "extra_attempts": "extra attempts",
    "slip_days": "slip days",
}


def decision_change(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str]:
    """Return what changed between two states of a grade (see `states.state_of`), before and after."""
    return _changed(DECISION, old, new)


def terms_change(before: Assignment | None, after: Assignment) -> tuple[str, str]:
    """Return which terms of an assignment changed, before and after."""
    return _changed(TERMS, _fields(before) if before else {}, _fields(after))


def _fields(row: Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TERMS}


def _changed(names: dict[str, str], old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str]:
    keys = [key for key in names if old.get(key) != new.get(key)]
    return tuple(", ".join(f"{names[key]} {_word(state.get(key))}" for key in keys) for state in (old, new))  # type: ignore[return-value]


def _word(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, datetime):
        return in_words(value)
    return in_words(datetime.fromisoformat(value)) if str(value)[10:11] == "T" else str(value)
