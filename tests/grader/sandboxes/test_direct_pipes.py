"""The line past an engine, to a process that has made its pipes as a keeper does."""

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.sandboxes.direct_pipes import open_direct_pipes

MANY = 50  # more than what else there is in this process may open meanwhile
KEEPER = """
import json, os, sys
from grader.harness.supervisor.direct_pipes import DirectPipes
line = DirectPipes()
print(json.dumps(line.told()), flush=True)
sys.stdin.readline()
source, sink = line.take()
while asked := os.read(source, 100):
    os.write(sink, asked.upper())
"""


@dataclass
class Supervisor:
    process: subprocess.Popen
    told: dict

    def take(self):
        self.process.stdin.write("take it\n")
        self.process.stdin.flush()


@pytest.fixture
def keeper():
    command = [sys.executable, "-c", KEEPER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Supervisor(process, json.loads(process.stdout.readline()))
        process.kill()


def read(fd):
    os.set_blocking(fd, True)
    return os.read(fd, 100)


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_is_asked_on_the_line_is_answered_there_and_each_hears_of_the_others_end(keeper):
    line = open_direct_pipes(keeper.process.pid, keeper.told)
    with closing(line):
        keeper.take()
        os.write(line.sink, b"question")

        assert read(line.source) == b"QUESTION"

    assert keeper.process.wait(10) == 0


def test_a_keeper_that_dies_ends_the_line(keeper):
    with closing(open_direct_pipes(keeper.process.pid, keeper.told)) as line:
        keeper.take()
        keeper.process.kill()

        assert read(line.source) == b""


def test_another_process_of_that_number_is_let_alone_and_nothing_of_it_kept_open(keeper):
    asks, answers = keeper.told["requests"], keeper.told["responses"]
    before = open_descriptors()

    for _ in range(MANY):
        assert open_direct_pipes(keeper.process.pid, {"requests": asks, "responses": [answers[0], 1]}) is None
        assert open_direct_pipes(keeper.process.pid, {"requests": [asks[0], 1], "responses": answers}) is None
        assert open_direct_pipes(os.getpid(), keeper.told) is None
    assert open_descriptors() < before + MANY


def test_what_is_no_pipe_is_none_of_ours(keeper, tmp_path):
    (tmp_path / "file").write_text("")
    with (tmp_path / "file").open() as file:
        end = [file.fileno(), os.fstat(file.fileno()).st_ino]

        assert open_direct_pipes(os.getpid(), {"requests": end, "responses": end}) is None


def test_a_process_that_has_gone_has_no_line(keeper):
    keeper.process.kill()
    keeper.process.wait()

    assert open_direct_pipes(keeper.process.pid, keeper.told) is None
