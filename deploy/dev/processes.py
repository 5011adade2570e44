"""Processes that we start, and that are gone when we are.

Each runs in a session of its own: Ctrl+C at the terminal reaches only us, and we stop the others in order, first
politely. Should we be killed outright, the kernel tells them to stop (Linux).
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
_PORTS = range(12_000, 32_000)  # below what connections are given, above what browsers refuse


@contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    ask: signal.Signals = signal.SIGTERM,
    patience: float = 20,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process while the block runs; its output goes to the file `log`, or to the terminal.

    At the end it is asked to stop with the signal `ask`, and what is left of its group after `patience` seconds is
    killed.
    """
    with output_to(log) as output:
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
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
        stop(process, ask=ask, patience=patience)


def _stop_with_parent() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def output_to(log: Path | None) -> Iterator[IO[bytes] | None]:
    """Open a log for writing, from its beginning; None stands for the terminal."""
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        yield file


def ask_all(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask processes to stop, without waiting: each gets on with it while the others do."""
    for process in processes:
        process.terminate()


def stop(process: subprocess.Popen[bytes], *, ask: signal.Signals, patience: float) -> None:
    """Ask a process to stop, wait, then kill its whole group."""
    process.send_signal(ask)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(
    ready: Callable[[], bool], *, name: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60
) -> None:
    """Wait until a process can be used. Raises SetupError with the end of its log if it ends or never is."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise SetupError(f"{name} ended while starting; the end of {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise SetupError(f"{name} was not ready after {seconds:.0f} seconds; the end of {log}:\n{tail(log)}")
        time.sleep(_POLL_SECONDS)


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port of the loopback address that nobody uses now.

    None of those that Linux gives to whoever asks for any, as every connection does: it may have gone to one before the
    server that it is meant for has started.
    """
    while is_taken(port := secrets.choice(_PORTS)):
        pass
    return port


def is_taken(port: int) -> bool:
    """Whether somebody else has this port, so that a server of ours could not listen on it."""
    with socket.socket() as probe:
        # As servers do: a connection that just ended does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let the first signal that means "stop" raise KeyboardInterrupt in the block; later ones do not hurry it.

    Ctrl+C is set up here too: a shell starts what runs in its background with Ctrl+C ignored.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ENDINGS}
    _stop_with_parent()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
