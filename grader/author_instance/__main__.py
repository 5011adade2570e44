"""Starts the supervisor of an author's instance, as `grader/harness/__main__.py` does for a learner's sandbox."""

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
    """Start the fork server, which imports torch and the grader's checks, and then the supervisor."""
    parser = argparse.ArgumentParser(prog="author_instance")
    parser.add_argument("--no-forks", action="store_true")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    # Because of -I, Python finds these only after the line above.
    from grader.harness.child.confine import ENVIRONMENT  # noqa: PLC0415
    from grader.harness.supervisor.fork_server import start_fork_server  # noqa: PLC0415
    from grader.harness.supervisor.supervisor import Supervisor, take_over_pipes  # noqa: PLC0415
    from grader.harness.system import PR_SET_DUMPABLE, prctl  # noqa: PLC0415

    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | ENVIRONMENT, HOME="/scratch", TMPDIR="/scratch", MPLCONFIGDIR="/scratch/.matplotlib")
    prctl(PR_SET_DUMPABLE, 0)
    pipes = take_over_pipes()
    Supervisor(start_fork_server(functools.partial(_preload, forks=not options.no_forks)), *pipes).serve()


def _preload(*, forks: bool) -> tuple[dict[str, Any], "ChildMain"]:
    """Import what packages need; return the handshake and what each child does (see `fork_server.Preload`)."""
    # torch reads the environment when it is imported, and a supervisor with a fork server does without torch.
    from grader.author_instance import preload  # noqa: PLC0415
    from grader.author_instance.child import child_main  # noqa: PLC0415
    from grader.author_instance.warmup import warm_up  # noqa: PLC0415
    from grader.harness.child import landlock, syscalls  # noqa: PLC0415
    from grader.harness.child.confine import Confinement  # noqa: PLC0415
    from grader.harness.digest import digest  # noqa: PLC0415
    from grader.sandboxes.layers import author_digest  # noqa: PLC0415

    version = preload.preload()
    confinement = Confinement(
        seccomp=syscalls.build_filter(devices=False, forks=forks), readable=(sys.base_prefix, landlock.PACKAGES)
    )
    handshake = {
        "harness": digest(),
        "author": author_digest(),
        "torch": version,
        "landlock": landlock.version(),
    }
    return handshake, functools.partial(child_main, confinement=confinement, warm_up=warm_up)


if __name__ == "__main__":
    main()
