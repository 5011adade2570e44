"""Users: never the same twice, at random places."""

import os

import pytest

from grader.harness.supervisor.identity import Users


def test_users_count_up_and_never_come_again():
    users = Users(5000)

    assert [users.next() for _ in range(3)] == [5001, 5002, 5003]


def test_a_sandbox_that_cannot_switch_has_none():
    users = Users(None)

    assert not users.switches
    assert users.next() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_sandboxes_side_by_side_start_far_apart():
    firsts = {Users.of_this_sandbox().next() for _ in range(20)}

    assert len(firsts) == 20
    assert all(first > 2000 for first in firsts)


def test_whoever_is_not_root_has_one_user_for_all(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert not Users.of_this_sandbox().switches
