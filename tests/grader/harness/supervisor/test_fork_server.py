"""The fork server, in processes of its own: a process with threads, as pytest can be, must not fork like this."""

import subprocess
import sys

import pytest

from tests.grader.harness.own_process import printed

BEGIN = """
import os, signal, threading, time
from grader.harness.child.confine import ChildPipes
from grader.harness.supervisor.fork_server import ForkServer, ForkServerDied, InProcessForker, start_fork_server

def preload():
    return {"torch": "1.0"}, child_main

def response_of(forker, uid=None):
    source, sink = os.pipe()
    pid = forker.fork(uid, ChildPipes(request_fd=0, response_fd=sink, output_fd=sink, wakeup_fd=sink))
    os.close(sink)
    with os.fdopen(source) as file:
        response = file.read()
    assert os.waitpid(pid, 0) == (pid, 0)
    return pid, response
"""


def result(program):
    """Return what BEGIN and the program print."""
    return printed(BEGIN + program)


def test_children_belong_to_the_supervisor_and_get_their_user_id():
    program = """
def child_main(uid, pipes):
    os.write(pipes.response_fd, f"{os.getpid()} {os.getppid()} {uid}".encode())
    os._exit(0)

server = ForkServer(preload)
assert server.await_ready() == {"torch": "1.0"}
for uid in (7, None):
    pid, response = response_of(server, uid)
    print(response == f"{pid} {os.getpid()} {uid}", pid != server.pid)
"""
    assert result(program) == ["True"] * 4


def test_a_closed_pipe_is_closed_for_the_child():
    """Supervisor and fork server share descriptors: no other process holds an end that the supervisor has closed."""
    program = """
def child_main(uid, pipes):
    os.close(pipes.response_fd)
    os._exit(0 if os.read(pipes.request_fd, 1) == b"" else 1)

server = ForkServer(preload)
server.await_ready()
source, sink = os.pipe()
pid = server.fork(None, ChildPipes(request_fd=source, response_fd=sink, output_fd=1, wakeup_fd=1))
os.close(sink)
print(os.waitpid(pid, 0)[1])
"""
    assert result(program) == ["0"]


def test_the_c_library_knows_the_childs_own_thread_id():
    """The library looks a thread's clock up by the id that it stores, and that must not be the fork server's."""
    program = """
def child_main(uid, pipes):
    clock = time.pthread_getcpuclockid(threading.get_ident())
    os.write(pipes.response_fd, b"%d" % (time.clock_gettime(clock) >= 0))
    os._exit(0)

server = ForkServer(preload)
server.await_ready()
print(response_of(server)[1])
"""
    assert result(program) == ["1"]


def test_a_failed_preload_raises_fork_server_died():
    program = """
def preload():
    raise ImportError("no torch")

os.dup2(1, 2)
try:
    ForkServer(preload).await_ready()
except ForkServerDied:
    print("died")
"""
    *traceback, last = result(program)
    assert "ImportError:" in traceback
    assert last == "died"


def test_a_killed_fork_server_raises_fork_server_died():
    program = """
def child_main(uid, pipes):
    os._exit(0)

server = ForkServer(preload)
server.await_ready()
os.kill(server.pid, signal.SIGKILL)
try:
    server.fork(None, ChildPipes(request_fd=0, response_fd=1, output_fd=1, wakeup_fd=1))
except ForkServerDied:
    print("died")
"""
    assert result(program) == ["died"]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_fork_server_ends_with_its_supervisor(end):
    """Otherwise it would keep the supervisor's output open, and a reader would wait for ever."""
    program = f"""
child_main = None
ForkServer(preload).await_ready()
print("ready", flush=True)
{end}
"""
    done = subprocess.run([sys.executable, "-c", BEGIN + program], stdout=subprocess.PIPE, timeout=30, check=False)

    assert done.stdout == b"ready\n"


def test_without_a_fork_server_the_supervisor_forks():
    program = """
def child_main(uid, pipes):
    os.write(pipes.response_fd, f"{os.getpid()} {os.getppid()} {uid} {signal.set_wakeup_fd(-1)}".encode())
    os._exit(0)

source, sink = os.pipe2(os.O_NONBLOCK)
signal.set_wakeup_fd(sink)
forker = InProcessForker(preload)
assert forker.await_ready() == {"torch": "1.0"}
pid, response = response_of(forker, 7)
print(response == f"{pid} {os.getpid()} 7 -1", forker.pid == os.getpid())
"""
    assert result(program) == ["True"] * 2


def test_this_kernel_supports_a_fork_server():
    program = """
child_main = None
forker = start_fork_server(preload)
forker.await_ready()
print(type(forker).__name__, os.waitpid(-1, os.WNOHANG))  # the processes that tried it are gone
"""
    assert result(program) == ["ForkServer", "(0,", "0)"]
