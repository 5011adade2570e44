import subprocess
import sys

from deploy.dev.base import ROOT

LOOP = """
import asyncio, os, signal
from server.web import stopping

async def main():
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, heard.set)
    stopping.listen()
    stopping.listen()
    print(stopping.asked())
    os.kill(os.getpid(), signal.SIGTERM)
    await heard.wait()
    print(stopping.asked())

asyncio.run(main())
"""
ALONE = """
import os, signal
from server.web import stopping

stopping.listen()
os.kill(os.getpid(), signal.SIGTERM)
print("still there")
"""
THREAD = """
import signal, threading
from server.web import stopping

signal.signal(signal.SIGTERM, lambda *_: None)
before = signal.getsignal(signal.SIGTERM)
thread = threading.Thread(target=stopping.listen)
thread.start()
thread.join()
print(signal.getsignal(signal.SIGTERM) is before)
"""


def run(script):
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_loop_that_handles_the_signal_still_does():
    done = run(LOOP)

    assert (done.stdout.split(), done.returncode) == (["False", "True"], 0), done.stderr


def test_where_nobody_handles_the_signal_the_process_ends_by_it():
    done = run(ALONE)

    assert (done.stdout, done.returncode) == ("", -15), done.stderr


def test_another_thread_changes_nothing():
    assert run(THREAD).stdout == "True\n"
