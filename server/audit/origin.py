"""The origin of a change: a page, the API, an LMS, a command, or the system itself.

The entrance of a request or command says so once, with `acting`. Services need not pass it on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from server.audit.models import Origin


def _nobody() -> None:
    return None


def _nothing() -> str:
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who acts, and through what. The person and the token are looked up only if something is recorded."""

    origin: Origin = Origin.SYSTEM
    person: Callable[[], Any] = _nobody
    token: Callable[[], str] = _nothing


_actor: ContextVar[Actor] = ContextVar("actor", default=Actor())  # noqa: B039 an Actor cannot be changed


@contextmanager
def acting(
    origin: Origin, *, person: Callable[[], Any] = _nobody, token: Callable[[], str] = _nothing
) -> Iterator[None]:
    """Record what happens inside as coming from here. `person` returns the user who acts, or None."""
    before = _actor.set(Actor(origin=origin, person=person, token=token))
    try:
        yield
    finally:
        _actor.reset(before)


def current_actor() -> Actor:
    """Return who acts now; the system if nobody said otherwise."""
    return _actor.get()
