"""Makes Django log in the same format as the rest of Chainrule: the value of LOGGING_CONFIG."""

from typing import Any

from grader.telemetry import logs, metrics


def configure(settings: dict[str, Any]) -> None:
    """Configure logging. `settings` is Django's LOGGING; its key "style" chooses the format of the lines."""
    logs.configure(settings["style"], count=metrics.count_line)
