"""The sandboxes of this pool child: one `SandboxPool`, opened before the first job and again after a failure."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from billiard import current_process

from grader.errors import NoSandbox
from grader.sandboxes.base import Sandbox
from grader.sandboxes.pool import SandboxPool
from grader.sandboxes.select import open_author_sandbox, open_sandbox
from grader.worker import circuit_breaker

RUNTIME = os.environ.get("CHAINRULE_RUNTIME", "cpu")
ENGINE = os.environ.get("CHAINRULE_SANDBOX") or None

_opened: dict[str, SandboxPool] = {}


def sandbox() -> Sandbox:
    """Return this process's sandboxes, opened if necessary. Raises NoSandbox if none can be used here."""
    if "sandbox" not in _opened:
        # The position among the pool's children decides which GPU this child uses.
        slot = getattr(current_process(), "index", 0)
        _opened["sandbox"] = open_sandbox(
            runtime=RUNTIME, engine=ENGINE, slot=slot, on_replaced=circuit_breaker.record_replacement
        )
    return _opened["sandbox"]


def author_sandbox() -> SandboxPool:
    """Return this process's sandbox for the code of courses' packages. It starts when the first job needs it.

    Raises NoSandbox if none can be used here.
    """
    if "author" not in _opened:
        _opened["author"] = open_author_sandbox(RUNTIME, ENGINE, on_replaced=circuit_breaker.record_replacement)
    return _opened["author"]


def close(**_: Any) -> None:
    """Close this process's sandboxes. The next job opens others."""
    while _opened:
        _opened.popitem()[1].close()


@contextmanager
def starts_recorded() -> Iterator[None]:
    """Report to the circuit breaker whether a sandbox started for the work inside the block."""
    try:
        yield
    except NoSandbox as error:
        circuit_breaker.record_failure(str(error))
        close()
        raise
    else:
        circuit_breaker.record_success()
