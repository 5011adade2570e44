"""Starts the keeper: `python3 -I <root>/grader/harness/__main__.py`, with third-party packages in <root>/site."""

import argparse
import functools
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Set up the interpreter, warm it, and keep."""
    options = _options()
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    from grader.harness.confine import ENVIRONMENT, Walls  # noqa: PLC0415 - only found by now

    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | ENVIRONMENT, HOME="/scratch", TMPDIR="/scratch", MPLCONFIGDIR="/scratch/.matplotlib")
    from grader.harness import cuda, landlock, rehearsal, syscalls, warmth  # noqa: PLC0415 - torch reads the environment
    from grader.harness.digest import digest  # noqa: PLC0415
    from grader.harness.keeper import Keeper  # noqa: PLC0415
    from grader.harness.system import PR_SET_DUMPABLE, prctl  # noqa: PLC0415

    prctl(PR_SET_DUMPABLE, 0)
    gpu = options.device is not None
    version = warmth.warm(rehearse=not gpu)
    walls = Walls(
        seccomp=syscalls.build_filter(devices=gpu, forks=not options.no_forks),
        readable=(sys.base_prefix, "/proc/driver"),
        devices=cuda.device_files() if gpu else (),
    )
    warm = functools.partial(cuda.initialise, options.gpu_memory_mb) if gpu else rehearsal.rehearse
    hello = {"harness": digest(), "torch": version, "landlock": landlock.version()}
    Keeper(walls, warm=warm, hello=hello).serve()


_KEPT = ("PATH", "LD_LIBRARY_PATH")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="harness")
    parser.add_argument("--device", choices=["cuda"])
    parser.add_argument("--gpu-memory-mb", type=int, default=0)
    parser.add_argument("--no-forks", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
