"""Which containers belong to a process that has ended."""

import os
import subprocess
import sys

from grader.sandboxes.orphans import is_orphan, owner


def test_a_container_of_a_living_process_is_no_orphan():
    assert not is_orphan(owner())


def dead_owner():
    """The label of a process of this machine that has ended."""
    code = "from grader.sandboxes.orphans import owner; print(owner())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_a_container_of_a_dead_process_is_an_orphan():
    assert is_orphan(dead_owner())


def test_a_later_process_with_the_same_id_is_no_owner():
    machine, pid, started = owner().rsplit(":", 2)

    assert int(pid) == os.getpid()
    assert is_orphan(f"{machine}:{pid}:{int(started) + 1}")


def test_a_container_of_another_machine_is_no_orphan():
    assert not is_orphan("elsewhere@1:1:1")
    assert not is_orphan("")
