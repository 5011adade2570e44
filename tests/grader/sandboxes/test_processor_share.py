"""The share of the processors that root gives to a bubblewrap sandbox."""

import os
import subprocess

import pytest

from grader.sandboxes import processor_share
from grader.sandboxes.processor_share import ProcessorShare, can_share, remove_orphans


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A folder in place of the cgroup file system of version 2, as a machine shows it to root."""
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory\n")
    monkeypatch.setattr(processor_share, "_ROOT", tmp_path)
    return tmp_path


def test_a_share_has_a_quota_and_a_weight(groups):
    share = ProcessorShare.create(1.5)

    (folder,) = groups.glob("chainrule-*")
    assert (folder / "cpu.max").read_text() == "150000 100000"
    assert int((folder / "cpu.weight").read_text()) > 100
    assert share.command()[-1] == str(folder / "cgroup.procs")


def test_without_the_controller_there_is_no_share(groups):
    (groups / "cgroup.subtree_control").write_text("memory\n")

    assert not can_share()
    assert ProcessorShare.create(1) is None


def test_groups_of_dead_owners_are_removed(groups):
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead, own = groups / f"chainrule-{ended.pid}-ab", groups / f"chainrule-{os.getpid()}-cd"
    dead.mkdir()
    own.mkdir()

    remove_orphans()

    assert not dead.exists()
    assert own.exists()


@pytest.mark.bubblewrap
def test_a_command_runs_in_its_group():
    share = ProcessorShare.create(1.0)
    assert (share is not None) == can_share()
    if share is None:
        return  # not root, or the cgroups are read-only: the worker then says that it has no share

    group = subprocess.run([*share.command(), "cat", "/proc/self/cgroup"], capture_output=True, text=True, check=True)
    share.remove()

    assert share._folder.name in group.stdout
    assert not share._folder.exists()
