"""Direct pipes to a process that made its ends as a supervisor does."""

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.sandboxes.direct_pipes import open_direct_pipes

MANY = 50  # more than the other threads of this process can open meanwhile
SUPERVISOR = """
import json, os, sys
from grader.harness.supervisor.direct_pipes import DirectPipes
pipes = DirectPipes()
print(json.dumps(pipes.far_ends()), flush=True)
sys.stdin.readline()
source, sink = pipes.take()
while request := os.read(source, 100):
    os.write(sink, request.upper())
"""


@dataclass
class SupervisorProcess:
    process: subprocess.Popen
    pipes: dict

    def take(self):
        self.process.stdin.write("opened\n")
        self.process.stdin.flush()


@pytest.fixture
def supervisor():
    command = [sys.executable, "-c", SUPERVISOR]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield SupervisorProcess(process, json.loads(process.stdout.readline()))
        process.kill()


def read(fd):
    os.set_blocking(fd, True)
    return os.read(fd, 100)


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_requests_are_answered_and_closing_ends_the_process(supervisor):
    pipes = open_direct_pipes(supervisor.process.pid, supervisor.pipes)
    with closing(pipes):
        supervisor.take()
        os.write(pipes.sink, b"question")

        assert read(pipes.source) == b"QUESTION"

    assert supervisor.process.wait(10) == 0


def test_the_death_of_a_supervisor_ends_the_pipes(supervisor):
    with closing(open_direct_pipes(supervisor.process.pid, supervisor.pipes)) as pipes:
        supervisor.take()
        supervisor.process.kill()

        assert read(pipes.source) == b""


def test_other_pipes_of_that_number_are_refused_and_closed(supervisor):
    requests, responses = supervisor.pipes["requests"], supervisor.pipes["responses"]
    before = open_descriptors()

    for _ in range(MANY):
        assert open_direct_pipes(supervisor.process.pid, {"requests": requests, "responses": [responses[0], 1]}) is None
        assert open_direct_pipes(supervisor.process.pid, {"requests": [requests[0], 1], "responses": responses}) is None
        assert open_direct_pipes(os.getpid(), supervisor.pipes) is None
    assert open_descriptors() < before + MANY


def test_a_file_that_is_no_pipe_is_refused(supervisor, tmp_path):
    (tmp_path / "file").write_text("")
    with (tmp_path / "file").open() as file:
        end = [file.fileno(), os.fstat(file.fileno()).st_ino]

        assert open_direct_pipes(os.getpid(), {"requests": end, "responses": end}) is None


def test_an_ended_process_has_no_pipes(supervisor):
    supervisor.process.kill()
    supervisor.process.wait()

    assert open_direct_pipes(supervisor.process.pid, supervisor.pipes) is None
