"""What is looked at once a submission has ended."""

import mmap
import os

import pytest

from grader.harness.supervisor import residue


def test_files_left_behind_are_found_and_old_ones_are_not(tmp_path, monkeypatch):
    (tmp_path / "old").touch()
    monkeypatch.setattr(residue, "WRITABLE", (str(tmp_path), "/nowhere"))
    traces = residue.Traces.of_now()

    (tmp_path / "new").mkdir()

    assert traces.left() == [str(tmp_path / "new")]


def test_processes_beside_the_known_ones_are_found():
    others = residue.processes({os.getpid()})

    assert os.getpid() not in others
    assert os.getppid() in others


def taken_privately(size):
    return bytearray(os.urandom(1)) * size


def taken_as_shared_memory(size):
    memory = mmap.mmap(-1, size)
    memory.write(b"\1" * size)
    return memory


@pytest.mark.parametrize("take", [taken_privately, taken_as_shared_memory])
def test_a_child_is_charged_for_what_it_takes_and_not_for_what_it_was_born_with(take):
    go, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go[0], 1)
        hoard = take(50_000_000)
        os.write(done[1], b"x")
        os.read(go[0], len(hoard) and 1)
        os._exit(0)
    before = residue.used_memory([pid], born_with=residue.private_memory(os.getpid()))
    os.write(go[1], b"x")
    os.read(done[0], 1)
    after = residue.used_memory([pid], born_with=residue.private_memory(os.getpid()))
    os.write(go[1], b"x")
    os.waitpid(pid, 0)
    for fd in (*go, *done):
        os.close(fd)

    assert after - before > 45_000_000


def test_a_process_that_has_gone_takes_nothing():
    assert residue.used_memory([2**22 + 1], born_with=residue.private_memory(os.getpid())) == 0


def test_a_process_that_nobody_has_collected_yet_takes_nothing():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    assert residue.used_memory([pid], born_with=residue.private_memory(os.getpid())) == 0
    os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("counted", "kills"),
    [("low 0\noom 5\noom_kill 3\n", 3), ("low 0\n", 0), ("what is this", 0), ("oom_kill many\n", 0), (None, 0)],
)
def test_kills_for_want_of_memory_are_read_where_the_kernel_counts_them(tmp_path, monkeypatch, counted, kills):
    if counted is not None:
        (tmp_path / "events").write_text(counted)
    monkeypatch.setattr(residue, "_EVENTS", (str(tmp_path / "nowhere"), str(tmp_path / "events")))

    assert residue.oom_kills() == kills
