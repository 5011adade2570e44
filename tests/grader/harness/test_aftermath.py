"""What is looked at once a submission has ended."""

import os

from grader.harness import aftermath


def test_files_left_behind_are_found_and_old_ones_are_not(tmp_path, monkeypatch):
    (tmp_path / "old").touch()
    monkeypatch.setattr(aftermath, "WRITABLE", (str(tmp_path), "/nowhere"))
    traces = aftermath.Traces.of_now()

    (tmp_path / "new").mkdir()

    assert traces.left() == [str(tmp_path / "new")]


def test_processes_beside_the_known_ones_are_found():
    others = aftermath.processes({os.getpid()})

    assert os.getpid() not in others
    assert os.getppid() in others


def test_a_child_is_charged_for_what_it_takes_and_not_for_what_it_was_born_with():
    go, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go[0], 1)
        hoard = bytearray(os.urandom(1)) * 50_000_000
        os.write(done[1], b"x")
        os.read(go[0], len(hoard) and 1)
        os._exit(0)
    before = aftermath.used_memory([pid])
    os.write(go[1], b"x")
    os.read(done[0], 1)
    after = aftermath.used_memory([pid])
    os.write(go[1], b"x")
    os.waitpid(pid, 0)
    for fd in (*go, *done):
        os.close(fd)

    assert after - before > 45_000_000


def test_a_process_that_has_gone_takes_nothing():
    assert aftermath.used_memory([2**22 + 1]) == 0
