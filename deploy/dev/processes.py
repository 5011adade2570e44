"""Processes that a command starts and stops again.

Each runs in a session of its own, so Ctrl+C at the terminal reaches only the command, which then stops the others in
order: a signal first, then SIGKILL. If the command itself is killed, the kernel sends them SIGTERM (Linux).
"""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from deploy.dev.base import ROOT, SetupError

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.1
_PORTS = range(12_000, 32_000)  # below the ports of connections, above those that browsers refuse


@contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    patience: float = 20,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process while the block runs; its output goes to the file `log`, or to the terminal if that is None.

    At the end it gets the signal `stop_signal`. If it still runs after `patience` seconds, its process group is killed.
    Raises SetupError if it cannot be started.
    """
    with output_to(log) as output:
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_stop_with_parent,  # noqa: PLW1509 - set-up has no threads
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        except OSError as error:
            raise SetupError(f"{name} cannot be started: {error}") from error
    try:
        yield process
    finally:
        stop(process, stop_signal=stop_signal, patience=patience)


def _stop_with_parent() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def output_to(log: Path | None) -> Iterator[IO[bytes] | None]:
    """Open a log and empty it; yields None for the terminal."""
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        yield file


def terminate_all(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Send SIGTERM to processes without waiting, so that they stop at the same time."""
    for process in processes:
        process.terminate()


def stop(process: subprocess.Popen[bytes], *, stop_signal: signal.Signals, patience: float) -> None:
    """Signal a process, wait for it, then kill its whole group."""
    process.send_signal(stop_signal)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(
    ready: Callable[[], bool], *, name: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60
) -> None:
    """Wait until a process is ready. Raises SetupError with the end of its log if it exits first or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise SetupError(f"{name} exited at its start; the end of {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise SetupError(f"{name} was not ready after {seconds:.0f} seconds; the end of {log}:\n{tail(log)}")
        time.sleep(_POLL_SECONDS)


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port of the loopback address that no process uses now.

    It is outside the range that Linux assigns to connections: one of those could be taken before the server starts.
    """
    while is_taken(port := secrets.choice(_PORTS)):
        pass
    return port


def is_taken(port: int) -> bool:
    """Whether another process has this port, so that a server cannot listen on it."""
    with socket.socket() as probe:
        # As servers do: a port is free if its last connection has just ended.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt in the block at the first signal that means "stop"; later ones are ignored.

    This covers Ctrl+C too: a shell starts background processes with SIGINT ignored.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOP_SIGNALS}
    _stop_with_parent()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
