"""Has Django log as all of Chainrule does: the value of LOGGING_CONFIG."""

from typing import Any

from grader.telemetry import logs, metrics


def configure(settings: dict[str, Any]) -> None:
    """Set logging up; `settings` is LOGGING, with the style of the lines."""
    logs.configure(settings["style"], count=metrics.count_line)
