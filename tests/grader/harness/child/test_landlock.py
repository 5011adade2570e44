"""Landlock, on a child of this process."""

import os
from pathlib import Path

import pytest

from grader.harness.child import landlock
from grader.harness.system import PR_SET_NO_NEW_PRIVS, prctl

pytestmark = pytest.mark.skipif(landlock.version() == 0, reason="needs a kernel with Landlock")


def inside(scratch, attempt, **more):
    """Return the result of `attempt`, or its error's name, in a process that is restricted to `scratch` and `more`."""
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


def test_the_scratch_folder_can_be_written_and_read(tmp_path):
    assert inside(tmp_path, lambda: (tmp_path / "file").write_text("x") and (tmp_path / "file").read_text()) == "x"


def test_a_folder_beside_it_cannot_be_read(tmp_path):
    scratch, other = tmp_path / "scratch", tmp_path / "other"
    scratch.mkdir()
    other.mkdir()

    assert inside(scratch, lambda: list(other.iterdir())) == "PermissionError"
    assert inside(scratch, lambda: (other / "file").write_text("x")) == "PermissionError"


def test_the_interpreter_can_be_read_but_not_written(tmp_path):
    assert inside(tmp_path, lambda: Path("/usr/lib").exists()) == "True"
    assert inside(tmp_path, lambda: os.open("/usr/left-behind", os.O_CREAT | os.O_WRONLY)) == "PermissionError"


def test_no_named_pipe_can_be_made_elsewhere(tmp_path):
    other = tmp_path.parent

    assert inside(tmp_path, lambda: os.mkfifo(other / "pipe")) == "PermissionError"


@pytest.mark.parametrize(("devices", "answer"), [((), "PermissionError"), (("/dev/null",), "named")])
def test_threads_can_be_named_only_with_devices(tmp_path, devices, answer):
    def name_the_first_thread():
        Path(f"/proc/self/task/{os.getpid()}/comm").write_text("cuda")
        return "named"

    assert inside(tmp_path, name_the_first_thread, devices=devices) == answer


@pytest.mark.parametrize("name", ["oom_score_adj", "environ"])
def test_devices_open_no_other_file_of_a_process(tmp_path, name):
    attempt = lambda: Path(f"/proc/self/{name}").write_text("0")  # noqa: E731

    assert inside(tmp_path, attempt, devices=("/dev/null",)) == "PermissionError"
