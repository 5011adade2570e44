"""Starts the process that fetches, and reads its answer. Never raises because of the repository or its server."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import structlog

from server.sources.git.messages import MAX_ANSWER, Fetch, Fetched

ROOT = Path(__file__).parents[3]
# What the process needs of our environment. It gets no secrets: no SECRET_KEY, no database, no queue.
PASSED = ("PATH", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", "SSL_CERT_FILE", "SSL_CERT_DIR", "LANG")
TOO_SLOW = "The repository took too long to be read. Try again, or keep the packages in a smaller one."

log = structlog.get_logger(__name__)


def fetch(asked: Fetch, *, seconds: float) -> Fetched:
    """Return what the branch has now. Takes at most `seconds`, whatever the server does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server.sources.git"],
        cwd=ROOT,
        env={name: os.environ[name] for name in PASSED if name in os.environ} | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    timer = threading.Timer(seconds, _kill, [process])
    timer.daemon = True
    timer.start()
    try:
        answer = _ask(process, asked)
    finally:
        timer.cancel()
        _kill(process)
        process.wait()
    return _read(answer, process.returncode)


def _ask(process: subprocess.Popen[bytes], asked: Fetch) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout, contextlib.suppress(BrokenPipeError):
        with process.stdin:
            process.stdin.write(msgspec.msgpack.encode(asked))
        answer = process.stdout.read(MAX_ANSWER + 1)
        process.wait()
        return answer
    return b""


def _read(answer: bytes, code: int) -> Fetched:
    if code in {-signal.SIGKILL, -signal.SIGXCPU}:
        return Fetched(error=TOO_SLOW)
    try:
        if len(answer) > MAX_ANSWER:
            raise msgspec.DecodeError("too long")
        return msgspec.msgpack.decode(answer, type=Fetched)
    except msgspec.DecodeError:
        log.error("git_fetch_failed", exit_code=code)
        return Fetched(error="The repository could not be read. Try again.")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
