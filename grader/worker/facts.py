"""What this worker reports about itself for the page Health: version, engine, jobs in hand, clock, free disk."""

import shutil
import sys
import time
from typing import Any

from celery.worker.state import reserved_requests

from grader import VERSION
from grader.sandboxes.runtimes import Runtime
from grader.telemetry.version import build

_runtime: list[Runtime] = []


def note_runtime(runtime: Runtime) -> None:
    """Note which runtime of `deploy/runtimes.toml` this worker uses, when its engine has answered."""
    _runtime[:] = [runtime]


def facts() -> dict[str, Any]:
    """Return the facts, as JSON data. The keys are a protocol: servers of other versions read them.

    `engine`, `image` and `kernel` are empty if no engine has answered. `at` is this machine's clock. The disk is the
    one below the worker's files: in a container, that of the engine's images.
    """
    disk = shutil.disk_usage("/")
    return {
        "version": VERSION,
        "build": build(),
        "torch": str(getattr(sys.modules.get("torch"), "__version__", "")),
        "in_hand": len(reserved_requests),
        "at": time.time(),
        "disk_free": disk.free,
        "disk_total": disk.total,
        **_of_sandbox(),
    }


def _of_sandbox() -> dict[str, str]:
    if not _runtime:
        return {"engine": "", "image": "", "kernel": ""}
    (runtime,) = _runtime
    is_docker = runtime.engine == "docker"
    return {
        "engine": str(runtime.engine),
        "image": runtime.image if is_docker else "",
        "kernel": (runtime.oci_runtime or "runc") if is_docker else "the host's",
    }
