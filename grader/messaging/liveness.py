"""Whether a worker is alive, as a health check of a container can ask.

    python -m grader.messaging.liveness               exit 0 where the worker was heard of lately, 1 where not
    python -m grader.messaging.liveness --taking      the same, and 1 where it takes no jobs because its sandboxes do not start

A worker says so each few seconds in the file that CHAINRULE_HEALTH_FILE names, from the loop in which it listens to
the broker: one that hangs, or cannot reach the broker, falls silent. Standard library only, so that asking is cheap.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "CHAINRULE_HEALTH_FILE"
# How long a worker may be silent (seconds).
PATIENCE = 30.0


def beat(why_out: str = "") -> None:
    """Say that this worker is alive, and why it takes no jobs where it does not; nothing where no file is named."""
    named = os.environ.get(VARIABLE)
    if named:
        path = Path(named)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"at": time.time(), "out": why_out}))
        draft.replace(path)  # nobody reads half of it


def trouble(path: Path, *, taking: bool = False, patience: float = PATIENCE) -> str:
    """Return what is wrong with the worker that writes this file, in words; empty where it is well."""
    try:
        said = json.loads(path.read_text())
        silent, out = time.time() - float(said["at"]), str(said["out"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{path} cannot be read: no worker writes it"
    if silent > patience:
        return f"nothing was heard of the worker for {silent:.0f} seconds: it hangs, or cannot reach the broker"
    return f"the worker takes no jobs: {out}" if taking and out else ""


def main(arguments: Sequence[str]) -> int:
    """Ask, say what is wrong, and return the exit status."""
    named = os.environ.get(VARIABLE)
    wrong = trouble(Path(named), taking="--taking" in arguments) if named else f"{VARIABLE} names no file"
    if wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 a command
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
