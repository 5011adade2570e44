"""User ids: never the same twice, and random at the start."""

import os

import pytest

from grader.harness.supervisor.identity import UserIds


def test_user_ids_count_up():
    user_ids = UserIds(5000)

    assert [user_ids.next() for _ in range(3)] == [5001, 5002, 5003]


def test_a_sandbox_that_cannot_switch_has_none():
    user_ids = UserIds(None)

    assert not user_ids.switches
    assert user_ids.next() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to switch user")
def test_sandboxes_on_one_machine_start_far_apart():
    firsts = {UserIds.of_this_sandbox().next() for _ in range(20)}

    assert len(firsts) == 20
    assert all(first > 2000 for first in firsts)


def test_without_root_there_is_one_user_for_all(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert not UserIds.of_this_sandbox().switches
