"""Whether a worker is alive, for a container's health check.

    python -m grader.messaging.liveness               exit 0 if the worker was alive lately, 1 if not
    python -m grader.messaging.liveness --taking      the same, and 1 if it takes no jobs because no sandbox starts

A worker writes the file that CHAINRULE_HEALTH_FILE names every few seconds, from the loop that reads from the broker.
If it hangs or cannot reach the broker, the file grows old. Standard library only, so that a check costs little.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "CHAINRULE_HEALTH_FILE"
# The file of a live worker is at most this old (seconds).
TIMEOUT = 30.0


def record_alive(paused_because: str = "") -> None:
    """Record that this worker is alive, and why it takes no jobs if it takes none. Does nothing if no file is named."""
    named = os.environ.get(VARIABLE)
    if named:
        path = Path(named)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"at": time.time(), "paused": paused_because}))
        draft.replace(path)  # nobody reads half of it


def trouble(path: Path, *, taking: bool = False, timeout: float = TIMEOUT) -> str:
    """Return what is wrong with the worker that writes this file, as a sentence; "" if nothing is."""
    try:
        record = json.loads(path.read_text())
        age, paused = time.time() - float(record["at"]), str(record["paused"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{path} cannot be read: no worker writes it"
    if age > timeout:
        return f"the worker has not reported for {age:.0f} seconds: it hangs, or it cannot reach the broker"
    return f"the worker takes no jobs: {paused}" if taking and paused else ""


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong, if anything is, and return the exit status."""
    named = os.environ.get(VARIABLE)
    wrong = trouble(Path(named), taking="--taking" in arguments) if named else f"{VARIABLE} names no file"
    if wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 a command
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
