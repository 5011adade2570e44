"""The nursery: in processes of their own, since whoever has threads, as pytest may, must not fork like this."""

import subprocess
import sys

import pytest

from tests.grader.harness.alone import printed

BEGIN = """
import os, signal, threading, time
from grader.harness.child.confine import Ends
from grader.harness.supervisor.fork_server import InProcessForker, Nursery, ForkServerDied, hire

def rear():
    return {"warm": True}, birth

def born(nursery, uid=None):
    source, sink = os.pipe()
    pid = nursery.fork(uid, Ends(told=0, said=sink, text=sink, bell=sink))
    os.close(sink)
    with os.fdopen(source) as file:
        said = file.read()
    assert os.waitpid(pid, 0) == (pid, 0)
    return pid, said
"""


def result(program):
    """What a program prints that begins as above."""
    return printed(BEGIN + program)


def test_a_child_is_the_keepers_and_says_what_it_was_born_to_say():
    program = """
def birth(uid, ends):
    os.write(ends.said, f"{os.getpid()} {os.getppid()} {uid}".encode())
    os._exit(0)

nursery = Nursery(rear)
assert nursery.await_warm() == {"warm": True}
for uid in (7, None):
    pid, said = born(nursery, uid)
    print(said == f"{pid} {os.getpid()} {uid}", pid != nursery.pid)
"""
    assert result(program) == ["True"] * 4


def test_a_pipe_that_is_closed_ends_for_the_child_too():
    """Descriptors are common to keeper and nursery: nobody else may hold the end that the keeper has closed."""
    program = """
def birth(uid, ends):
    os.close(ends.said)
    os._exit(0 if os.read(ends.told, 1) == b"" else 1)

nursery = Nursery(rear)
nursery.await_warm()
told, sink = os.pipe()
pid = nursery.fork(None, Ends(told=told, said=sink, text=1, bell=1))
os.close(sink)
print(os.waitpid(pid, 0)[1])
"""
    assert result(program) == ["0"]


def test_the_c_library_knows_a_child_by_its_own_number():
    """A thread's clock is looked up by the number that the library holds, and the nursery's is none of the child's."""
    program = """
def birth(uid, ends):
    clock = time.pthread_getcpuclockid(threading.get_ident())
    os.write(ends.said, b"%d" % (time.clock_gettime(clock) >= 0))
    os._exit(0)

nursery = Nursery(rear)
nursery.await_warm()
print(born(nursery)[1])
"""
    assert result(program) == ["1"]


def test_a_nursery_that_cannot_warm_is_told_of():
    program = """
def rear():
    raise ImportError("no torch")

os.dup2(1, 2)
try:
    Nursery(rear).await_warm()
except ForkServerDied:
    print("died")
"""
    *said, last = result(program)
    assert "ImportError:" in said
    assert last == "died"


def test_a_nursery_that_is_killed_is_told_of():
    program = """
def birth(uid, ends):
    os._exit(0)

nursery = Nursery(rear)
nursery.await_warm()
os.kill(nursery.pid, signal.SIGKILL)
try:
    nursery.fork(None, Ends(told=0, said=1, text=1, bell=1))
except ForkServerDied:
    print("died")
"""
    assert result(program) == ["died"]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_nursery_does_not_outlive_its_keeper(end):
    """It would hold the keeper's output open, and whoever reads that would wait for ever."""
    program = f"""
birth = None
Nursery(rear).await_warm()
print("warm", flush=True)
{end}
"""
    done = subprocess.run([sys.executable, "-c", BEGIN + program], stdout=subprocess.PIPE, timeout=30, check=False)

    assert done.stdout == b"warm\n"


def test_without_a_nursery_children_are_born_at_home():
    program = """
def birth(uid, ends):
    os.write(ends.said, f"{os.getpid()} {os.getppid()} {uid} {signal.set_wakeup_fd(-1)}".encode())
    os._exit(0)

source, sink = os.pipe2(os.O_NONBLOCK)
signal.set_wakeup_fd(sink)
nurse = InProcessForker(rear)
assert nurse.await_warm() == {"warm": True}
pid, said = born(nurse, 7)
print(said == f"{pid} {os.getpid()} 7 -1", nurse.pid == os.getpid())
"""
    assert result(program) == ["True"] * 2


def test_this_kernel_can_have_a_nursery():
    program = """
birth = None
nurse = start_fork_server(rear)
nurse.await_warm()
print(type(nurse).__name__, os.waitpid(-1, os.WNOHANG))  # of whom it tried that with, nobody is left
"""
    assert result(program) == ["Nursery", "(0,", "0)"]
