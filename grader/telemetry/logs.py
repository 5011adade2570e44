"""Logs: a line for each event, on the error stream, with the ids that lead from a request to its sandbox.

    request_id   made (or taken over) where a request comes in, carried along in the header of its Celery task
    submission   the submission that the line is about
    task         the Celery task at work

The three are bound to what is going on (`bound`), so that every line carries them, whoever writes it. CHAINRULE_LOGS
says how a line looks: "json", or "text" for people. Values whose name says that they are secret are never written.
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

_present = {"style": "text"}
_HIDDEN = "[hidden]"
_SECRET = re.compile(r"password|secret|authorization|cookie|credential|token$|api_key|signature|source")
# What these say at each turn is said better by our own lines.
_QUIET = {
    "httpx": logging.WARNING,
    "urllib3": logging.WARNING,
    "asyncio": logging.WARNING,
    "celery.worker.strategy": logging.WARNING,
    # Writes whole reports.
    "celery.app.trace": logging.WARNING,
    # Writes whole addresses, and there are keys in some: see `server.observability.requests`.
    "django.request": logging.CRITICAL,
    "django.security.csrf": logging.CRITICAL,
}

Event = MutableMapping[str, Any]
Count = Callable[[str, str], None]


def configure(style: str | None = None, *, level: int = logging.INFO, count: Count | None = None) -> None:
    """Have structlog and the standard library's logging write alike; `count` hears of every (level, event) written.

    The style is the one given, else that of CHAINRULE_LOGS, else the one there was, which is text at first.
    """
    chosen = _present["style"] = style or os.environ.get("CHAINRULE_LOGS") or _present["style"]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
        structlog.processors.StackInfoRenderer(),
    ]
    # Not structlog's own choice of a traceback, which shows the values of variables: passwords are among them.
    last: list[Any] = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    if chosen == JSON:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[_counting(count), structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
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
    """Replace the values, however deep, whose names say that nobody should read them."""
    return {key: value if key == "event" else _hidden(key, value) for key, value in event.items()}


def _hidden(key: Any, value: Any) -> Any:
    if isinstance(key, str) and _SECRET.search(key.lower()):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {inner: _hidden(inner, held) for inner, held in value.items()}
    return value


def _counting(count: Count | None) -> Callable[[Any, str, Event], Event]:
    def counted(_logger: Any, _method: str, event: Event) -> Event:
        if count is not None:
            record = event.get("_record")
            # Our own events are names; what others say is a sentence with numbers in it, so the speaker counts.
            name = str(event.get("event")) if event.get("_from_structlog") else str(event.get("logger"))
            count(record.levelname.lower() if record else "error", name)
        return event

    return counted


def request_id() -> str | None:
    """Return the id of the request that is being answered, or that a task came from; None where there is none."""
    found = get_contextvars().get("request_id")
    return found if isinstance(found, str) else None


def carried() -> dict[str, str]:
    """Return the headers that have a Celery task carry the id of the present request along."""
    known = request_id()
    return {} if known is None else {HEADER: known}


def understood(given: Any) -> str | None:
    """Return an id that somebody else gave, None where it is not one: it will stand in our logs."""
    return given if isinstance(given, str) and REQUEST_ID.fullmatch(given) else None
