"""The sandboxes of this pool child: one `SandboxPool`, opened before the first job and again after a failure."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from billiard import current_process

from grader.errors import NoSandbox
from grader.sandboxes.base import Sandbox
from grader.sandboxes.select import open_sandbox
from grader.worker import circuit_breaker

RUNTIME = os.environ.get("CHAINRULE_RUNTIME", "cpu")
ENGINE = os.environ.get("CHAINRULE_SANDBOX") or None

_opened: dict[str, Sandbox] = {}


def sandbox() -> Sandbox:
    """Return this process's sandboxes, opened if necessary. Raises NoSandbox if none can be used here."""
    if "sandbox" not in _opened:
        # The position among the pool's children decides which GPU this child uses.
        slot = getattr(current_process(), "index", 0)
        _opened["sandbox"] = open_sandbox(
            runtime=RUNTIME, engine=ENGINE, slot=slot, on_replaced=circuit_breaker.record_replacement
        )
    return _opened["sandbox"]


def close(**_: Any) -> None:
    """Close this process's sandboxes. The next job opens others."""
    opened = _opened.pop("sandbox", None)
    if opened is not None:
        opened.close()


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
