"""Landlock, put on a child of this process and tried there."""

import os
from pathlib import Path

import pytest

from grader.harness.child import landlock
from grader.harness.system import PR_SET_NO_NEW_PRIVS, prctl

pytestmark = pytest.mark.skipif(landlock.version() == 0, reason="needs a kernel with Landlock")


def inside(scratch, attempt, **more):
    """What `attempt` answers in a process that may only use `scratch`, and `more`."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict(str(scratch), **more)
        try:
            os.write(sink, str(attempt()).encode())
        except OSError as error:
            os.write(sink, type(error).__name__.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(sink)
    with os.fdopen(source) as file:
        return file.read()


def test_the_scratch_may_be_written_and_read(tmp_path):
    assert inside(tmp_path, lambda: (tmp_path / "file").write_text("x") and (tmp_path / "file").read_text()) == "x"


def test_a_folder_beside_it_may_not_be_looked_into(tmp_path):
    scratch, other = tmp_path / "scratch", tmp_path / "other"
    scratch.mkdir()
    other.mkdir()

    assert inside(scratch, lambda: list(other.iterdir())) == "PermissionError"
    assert inside(scratch, lambda: (other / "file").write_text("x")) == "PermissionError"


def test_the_interpreter_may_be_read_and_not_written(tmp_path):
    assert inside(tmp_path, lambda: Path("/usr/lib").exists()) == "True"
    assert inside(tmp_path, lambda: os.open("/usr/left-behind", os.O_CREAT | os.O_WRONLY)) == "PermissionError"


def test_no_pipe_by_name_and_no_device_may_be_made_elsewhere(tmp_path):
    other = tmp_path.parent

    assert inside(tmp_path, lambda: os.mkfifo(other / "pipe")) == "PermissionError"


@pytest.mark.parametrize(("devices", "answer"), [((), "PermissionError"), (("/dev/null",), "named")])
def test_only_where_there_is_a_gpu_are_threads_named(tmp_path, devices, answer):
    def name_the_first_thread():
        Path(f"/proc/self/task/{os.getpid()}/comm").write_text("cuda")
        return "named"

    assert inside(tmp_path, name_the_first_thread, devices=devices) == answer


@pytest.mark.parametrize("name", ["oom_score_adj", "environ"])
def test_with_a_gpu_too_little_else_of_a_process_may_be_written(tmp_path, name):
    attempt = lambda: Path(f"/proc/self/{name}").write_text("0")  # noqa: E731

    assert inside(tmp_path, attempt, devices=("/dev/null",)) == "PermissionError"
