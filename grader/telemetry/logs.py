"""Logs: a line for each event, on the error stream, with the ids that lead from a request to its sandbox.

    request_id   made (or taken over) when a request arrives, and sent along in the header of its Celery task
    submission   the submission that the line is about
    task         the current Celery task

`bound` adds the three to every line that is written inside its block. CHAINRULE_LOGS chooses the format of a line:
"json", or "text" for people. If a value's name suggests a secret, the value is never written.
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars as bound
from structlog.contextvars import get_contextvars

__all__ = ["HEADER", "JSON", "bound", "carried", "configure", "request_id"]

# The header of a Celery task that carries the id of the request that it came from.
HEADER = "request_id"
JSON = "json"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_current = {"style": "text"}
_HIDDEN = "[hidden]"
_SECRET = re.compile(r"password|secret|authorization|cookie|credential|token$|api_key|signature|source")
# Our own lines report the same with less noise.
_QUIET = {
    "httpx": logging.WARNING,
    "urllib3": logging.WARNING,
    "asyncio": logging.WARNING,
    "celery.worker.strategy": logging.WARNING,
    # It writes whole reports.
    "celery.app.trace": logging.WARNING,
    # They write whole addresses, and some contain keys: see `server.observability.requests`.
    "django.request": logging.CRITICAL,
    "django.security.csrf": logging.CRITICAL,
}

Event = MutableMapping[str, Any]
Count = Callable[[str, str], None]


def configure(style: str | None = None, *, level: int = logging.INFO, count: Count | None = None) -> None:
    """Make structlog and the standard library's logging write the same format.

    `count` is called with the (level, event) of every line. The style is the argument, else CHAINRULE_LOGS, else the
    style of the last call, else text.
    """
    chosen = _current["style"] = style or os.environ.get("CHAINRULE_LOGS") or _current["style"]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
        structlog.processors.StackInfoRenderer(),
    ]
    # Not structlog's default traceback: it shows the values of variables, and passwords are among them.
    last: list[Any] = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    if chosen == JSON:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[_counter(count), structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Replace every value, at any depth, whose name suggests a secret."""
    return {key: value if key == "event" else _without_secrets(key, value) for key, value in event.items()}


def _without_secrets(key: Any, value: Any) -> Any:
    if isinstance(key, str) and _SECRET.search(key.lower()):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {name: _without_secrets(name, inner) for name, inner in value.items()}
    return value


def _counter(count: Count | None) -> Callable[[Any, str, Event], Event]:
    def counted(_logger: Any, _method: str, event: Event) -> Event:
        if count is not None:
            record = event.get("_record")
            # Our own events are names. Libraries log sentences with numbers in them, so their logger is counted.
            name = str(event.get("event")) if event.get("_from_structlog") else str(event.get("logger"))
            count(record.levelname.lower() if record else "error", name)
        return event

    return counted


def request_id() -> str | None:
    """Return the id of the current request, or of the request that a task came from; None if there is none."""
    found = get_contextvars().get("request_id")
    return found if isinstance(found, str) else None


def carried() -> dict[str, str]:
    """Return the headers with which a Celery task carries the id of the current request."""
    known = request_id()
    return {} if known is None else {HEADER: known}


def valid_request_id(given: Any) -> str | None:
    """Return an id that a stranger sent, or None if it is not safe to write into our logs."""
    return given if isinstance(given, str) and REQUEST_ID.fullmatch(given) else None
