"""Starts the supervisor: `python3 -I <root>/grader/harness/__main__.py`, with third-party packages in <root>/site."""

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
    """Start the fork server, which imports torch, and then the supervisor."""
    options = _options()
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    # Because of -I, Python finds this package only after the line above.
    from grader.harness.child.confine import ENVIRONMENT  # noqa: PLC0415

    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | ENVIRONMENT, HOME="/scratch", TMPDIR="/scratch", MPLCONFIGDIR="/scratch/.matplotlib")
    # As above: Python finds these only now.
    from grader.harness.supervisor.fork_server import ForkServer, InProcessForker, start_fork_server  # noqa: PLC0415
    from grader.harness.supervisor.supervisor import Supervisor, take_over_pipes  # noqa: PLC0415
    from grader.harness.system import PR_SET_DUMPABLE, prctl  # noqa: PLC0415

    prctl(PR_SET_DUMPABLE, 0)
    pipes = take_over_pipes()
    forker = start_fork_server(functools.partial(_preload, options))
    # If there is a fork server, this process has no torch: its own forks cannot use it.
    plain = InProcessForker(functools.partial(_preload_plain, options)) if isinstance(forker, ForkServer) else None
    Supervisor(forker, *pipes, plain_forker=plain).serve()


def _preload(options: argparse.Namespace) -> tuple[dict[str, Any], "ChildMain"]:
    """Import what submissions need; return the handshake and what each child does (see `fork_server.Preload`)."""
    # torch reads the environment when it is imported, and a supervisor with a fork server does without torch.
    from grader.harness.child import cuda, landlock, syscalls, warmup  # noqa: PLC0415
    from grader.harness.child.confine import Confinement  # noqa: PLC0415
    from grader.harness.child.main import child_main  # noqa: PLC0415
    from grader.harness.child.with_torch import WITH_TORCH  # noqa: PLC0415
    from grader.harness.digest import digest  # noqa: PLC0415
    from grader.harness.supervisor import preload  # noqa: PLC0415

    gpu = options.device is not None
    version = preload.preload(run_warmup=not gpu)
    confinement = Confinement(
        seccomp=syscalls.build_filter(devices=gpu, forks=not options.no_forks),
        readable=(sys.base_prefix, landlock.PACKAGES, "/proc/driver"),
        devices=cuda.device_files() if gpu else (),
    )
    handshake = {"harness": digest(), "torch": version, "landlock": landlock.version()}
    start_device = functools.partial(cuda.initialise, options.gpu_memory_mb) if gpu else _do_nothing
    warm_up = functools.partial(warmup.warm_up, options.device)
    main = functools.partial(
        child_main, evaluator=WITH_TORCH, confinement=confinement, start_device=start_device, warm_up=warm_up
    )
    return handshake, main


def _preload_plain(options: argparse.Namespace) -> tuple[dict[str, Any], "ChildMain"]:
    """Import what submissions need that must not have torch, as `_preload` does for others."""
    # As in `main`: Python finds these only after it has changed the path.
    from grader.harness.child import syscalls  # noqa: PLC0415
    from grader.harness.child.confine import Confinement  # noqa: PLC0415
    from grader.harness.child.main import child_main  # noqa: PLC0415
    from grader.harness.child.plain import PLAIN  # noqa: PLC0415

    filter_ = syscalls.build_filter(devices=False, forks=not options.no_forks)
    confinement = Confinement(seccomp=filter_, readable=(sys.base_prefix,))
    main = functools.partial(
        child_main, evaluator=PLAIN, confinement=confinement, start_device=_do_nothing, warm_up=_do_nothing
    )
    return {}, main


def _do_nothing() -> None:
    """Start no device, and warm up nothing."""


_KEPT = ("PATH", "LD_LIBRARY_PATH")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="harness")
    parser.add_argument("--device", choices=["cuda"])
    parser.add_argument("--gpu-memory-mb", type=int, default=0)
    parser.add_argument("--no-forks", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
