"""Writes the containers' seccomp profiles beside this file: `python -m deploy.sandbox.profile`.

A container can make the calls that a submission can make, and those that its supervisor needs to start and to give up
its rights. Each child then installs the narrower filter of `grader.harness.child.syscalls`.
"""

import json
import socket
from pathlib import Path
from typing import Any

from grader.harness.child.syscalls import ABSENT, ALLOWED, DRIVER, DRIVER_START, NAMESPACES, SUPERVISOR

FOLDER = Path(__file__).parent
ENOSYS = 38


def profile(*, gpu: bool = False) -> dict[str, Any]:
    """Return a profile in Docker's format."""
    extra = (*DRIVER, *DRIVER_START) if gpu else ()
    allowed = sorted({*ALLOWED, *SUPERVISOR, *extra} - {"clone"})
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [
            {"names": allowed, "action": "SCMP_ACT_ALLOW"},
            _allow("clone", {"index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}),
            *([_allow("socket", {"index": 0, "value": socket.AF_UNIX, "op": "SCMP_CMP_EQ"})] if gpu else []),
            {
                "names": [name for name in ABSENT if name not in extra],
                "action": "SCMP_ACT_ERRNO",
                "errnoRet": ENOSYS,
            },
        ],
    }


def _allow(name: str, argument: dict[str, Any]) -> dict[str, Any]:
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [argument]}


def render(*, gpu: bool = False) -> str:
    """Return the profile as the content of its file."""
    return json.dumps(profile(gpu=gpu), indent=1) + "\n"


if __name__ == "__main__":
    (FOLDER / "seccomp.json").write_text(render())
    (FOLDER / "seccomp-gpu.json").write_text(render(gpu=True))
