"""Whose container is whose, and who has gone."""

import os
import subprocess
import sys

from grader.sandboxes.orphans import is_orphan, owner


def test_what_a_living_process_owns_is_not_an_orphan():
    assert not is_orphan(owner())


def dead_owner():
    """The label of a process of this machine that has ended."""
    code = "from grader.sandboxes.orphans import owner; print(owner())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_what_a_dead_process_owned_is_an_orphan():
    assert is_orphan(dead_owner())


def test_a_process_that_only_has_the_same_number_is_not_the_owner():
    machine, pid, started = owner().rsplit(":", 2)

    assert int(pid) == os.getpid()
    assert is_orphan(f"{machine}:{pid}:{int(started) + 1}")


def test_what_another_machine_owns_is_left_to_it():
    assert not is_orphan("elsewhere@1:1:1")
    assert not is_orphan("")
