"""Starts the keeper: `python3 -I <root>/grader/harness/__main__.py`, with third-party packages in <root>/site."""

import argparse
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.harness.supervisor.fork_server import ChildMain

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Start the nursery, which warms, and keep."""
    options = _options()
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    from grader.harness.child.confine import ENVIRONMENT  # noqa: PLC0415 - only found by now

    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | ENVIRONMENT, HOME="/scratch", TMPDIR="/scratch", MPLCONFIGDIR="/scratch/.matplotlib")
    from grader.harness.supervisor.fork_server import start_fork_server  # noqa: PLC0415
    from grader.harness.supervisor.supervisor import Supervisor, take_over_pipes  # noqa: PLC0415
    from grader.harness.system import PR_SET_DUMPABLE, prctl  # noqa: PLC0415

    prctl(PR_SET_DUMPABLE, 0)
    pipes = take_over_pipes()
    Supervisor(start_fork_server(functools.partial(_rear, options)), *pipes).serve()


def _rear(options: argparse.Namespace) -> tuple[dict[str, Any], "ChildMain"]:
    """Import all that a submission needs, and prepare what each child does."""
    # torch reads the environment when it is imported, and a keeper that has a nursery does without it
    from grader.harness.child import cuda, landlock, syscalls, warmup  # noqa: PLC0415
    from grader.harness.child.confine import Walls  # noqa: PLC0415
    from grader.harness.child.main import live  # noqa: PLC0415
    from grader.harness.digest import digest  # noqa: PLC0415
    from grader.harness.supervisor import preload  # noqa: PLC0415

    gpu = options.device is not None
    version = preload.warm(rehearse=not gpu)
    walls = Walls(
        seccomp=syscalls.build_filter(devices=gpu, forks=not options.no_forks),
        readable=(sys.base_prefix, "/proc/driver"),
        devices=cuda.device_files() if gpu else (),
    )
    told = {"harness": digest(), "torch": version, "landlock": landlock.version()}
    warm = functools.partial(cuda.initialise, options.gpu_memory_mb) if gpu else _nothing
    rehearse = functools.partial(warmup.rehearse, options.device)
    return told, functools.partial(live, walls=walls, warm=warm, rehearse=rehearse)


def _nothing() -> None:
    """There is nothing to prepare."""


_KEPT = ("PATH", "LD_LIBRARY_PATH")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="harness")
    parser.add_argument("--device", choices=["cuda"])
    parser.add_argument("--gpu-memory-mb", type=int, default=0)
    parser.add_argument("--no-forks", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
