"""Data from outside as PostgreSQL can store it: NUL is text for Python, but not for PostgreSQL."""

from typing import Any


def without_nul(data: Any) -> Any:
    """Return JSON data with each NUL replaced by the sign for what cannot be shown."""
    match data:
        case str():
            return data.replace("\0", "\ufffd")
        case dict():
            return {without_nul(key): without_nul(value) for key, value in data.items()}
        case list() | tuple():
            return [without_nul(value) for value in data]
        case _:
            return data
