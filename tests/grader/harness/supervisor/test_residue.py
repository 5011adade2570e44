"""What the supervisor looks at when a submission has ended."""

import mmap
import os

import pytest

from grader.harness.supervisor import residue


def test_new_files_are_found_and_old_ones_are_not(tmp_path, monkeypatch):
    (tmp_path / "old").touch()
    monkeypatch.setattr(residue, "WRITABLE", (str(tmp_path), "/nowhere"))
    snapshot = residue.FileSnapshot.take()

    (tmp_path / "new").mkdir()

    assert snapshot.added() == [str(tmp_path / "new")]


def test_processes_except_the_known_ones_are_found():
    others = residue.processes({os.getpid()})

    assert os.getpid() not in others
    assert os.getppid() in others


def private_memory(size):
    return bytearray(os.urandom(1)) * size


def shared_memory(size):
    memory = mmap.mmap(-1, size)
    memory.write(b"\1" * size)
    return memory


@pytest.mark.parametrize("allocate", [private_memory, shared_memory])
def test_only_memory_beyond_the_baseline_counts(allocate):
    go, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go[0], 1)
        taken = allocate(50_000_000)
        os.write(done[1], b"x")
        os.read(go[0], len(taken) and 1)
        os._exit(0)
    before = residue.used_memory([pid], baseline=residue.private_memory(os.getpid()))
    os.write(go[1], b"x")
    os.read(done[0], 1)
    after = residue.used_memory([pid], baseline=residue.private_memory(os.getpid()))
    os.write(go[1], b"x")
    os.waitpid(pid, 0)
    for fd in (*go, *done):
        os.close(fd)

    assert after - before > 45_000_000


def test_a_process_that_does_not_exist_uses_nothing():
    assert residue.used_memory([2**22 + 1], baseline=residue.private_memory(os.getpid())) == 0


def test_a_zombie_uses_nothing():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    assert residue.used_memory([pid], baseline=residue.private_memory(os.getpid())) == 0
    os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("counted", "kills"),
    [("low 0\noom 5\noom_kill 3\n", 3), ("low 0\n", 0), ("what is this", 0), ("oom_kill many\n", 0), (None, 0)],
)
def test_counted_out_of_memory_kills_are_read(tmp_path, monkeypatch, counted, kills):
    if counted is not None:
        (tmp_path / "events").write_text(counted)
    monkeypatch.setattr(residue, "_EVENTS", (str(tmp_path / "nowhere"), str(tmp_path / "events")))

    assert residue.oom_kills() == kills
