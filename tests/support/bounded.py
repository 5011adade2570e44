"""Runs a function in a process of its own, with limits that the kernel enforces: the attacks on our own processes."""

import os
import pickle
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections

# These separate kinds: what is linear takes a tenth of a second, what is quadratic minutes.
SECONDS = 4
MEBIBYTES = 100
# An address space is larger than what is used of it.
ADDRESSES = 2048 << 20


@dataclass(frozen=True)
class Spent:
    """What a function returned (an exception: its name and text), its seconds of processor, and MiB at its peak."""

    result: Any
    error: str
    seconds: float
    mebibytes: float


def spend(function: Callable[..., Any], *args: Any, seconds: int = SECONDS) -> Spent:
    """Run a function in a fork. Fails if it dies of a limit: a processor's `seconds`, or two more GiB of addresses."""
    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _child(function, args, writing, seconds)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    assert told, f"it died of a limit: {signal.Signals(status & 127).name if status & 127 else status}"
    return pickle.loads(told)


def assert_cheap(function: Callable[..., Any], *args: Any) -> Spent:
    """Run a function as `spend` does, and fail if it needs more than `MEBIBYTES`. An exception is for the caller."""
    spent = spend(function, *args)
    assert spent.mebibytes <= MEBIBYTES, spent
    return spent


def _child(function: Callable[..., Any], args: tuple[Any, ...], pipe: int, seconds: int) -> None:
    size = _status("VmSize") << 10
    resource.setrlimit(resource.RLIMIT_AS, (size + ADDRESSES, size + ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before, began = _status("VmRSS"), time.process_time()
    result, error = None, ""
    try:
        result = function(*args)
    except Exception as wrong:
        error = f"{type(wrong).__name__}: {str(wrong)[:300]}"
    spent = Spent(result, error, time.process_time() - began, (_status("VmHWM") - before) / 1024)
    with os.fdopen(pipe, "wb") as out:
        out.write(pickle.dumps(spent))
    os._exit(0)


def _status(name: str) -> int:
    """Return a size of this process in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
