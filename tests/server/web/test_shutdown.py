import subprocess
import sys

from deploy.dev.base import ROOT

LOOP = """
import asyncio, os, signal
from server.web import shutdown

async def main():
    loop, received = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, received.set)
    shutdown.listen()
    shutdown.listen()
    print(shutdown.requested())
    os.kill(os.getpid(), signal.SIGTERM)
    await received.wait()
    print(shutdown.requested())

asyncio.run(main())
"""
ALONE = """
import os, signal
from server.web import shutdown

shutdown.listen()
os.kill(os.getpid(), signal.SIGTERM)
print("still there")
"""
THREAD = """
import signal, threading
from server.web import shutdown

signal.signal(signal.SIGTERM, lambda *_: None)
before = signal.getsignal(signal.SIGTERM)
thread = threading.Thread(target=shutdown.listen)
thread.start()
thread.join()
print(signal.getsignal(signal.SIGTERM) is before)
"""


def run(script):
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_loop_keeps_its_own_signal_handler():
    done = run(LOOP)

    assert (done.stdout.split(), done.returncode) == (["False", "True"], 0), done.stderr


def test_without_a_handler_the_signal_ends_the_process():
    done = run(ALONE)

    assert (done.stdout, done.returncode) == ("", -15), done.stderr


def test_another_thread_changes_nothing():
    assert run(THREAD).stdout == "True\n"
