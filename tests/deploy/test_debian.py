import pytest

from deploy.dev import debian
from deploy.dev.base import ROOT, SetupError


def test_an_installed_package_is_not_installed_again(monkeypatch):
    monkeypatch.setattr(debian, "install", lambda packages: pytest.fail(f"installs {packages}"))

    debian.need({"sh": "dash"})


def test_other_systems_get_instructions_for_missing_packages(monkeypatch):
    monkeypatch.setattr(debian, "can_install", lambda: False)

    with pytest.raises(SetupError, match=r"not installed: no-such-server\. On Debian: apt-get install a-package"):
        debian.need({"sh": "dash", "no-such-server": "a-package"})


def test_root_on_debian_installs_missing_packages(monkeypatch):
    installed = []
    monkeypatch.setattr(debian, "can_install", lambda: True)
    monkeypatch.setattr(debian, "install", installed.extend)

    debian.need({"sh": "dash", "no-such-server": "a-package"})

    assert installed == ["a-package"]


def test_package_lists_are_fetched_once_before_installing(monkeypatch):
    commands = []
    monkeypatch.setattr(debian, "run", lambda command, **_: commands.append(command[:2]))
    debian.refresh.cache_clear()

    debian.install(["a"])
    debian.install(["b"])
    debian.refresh.cache_clear()

    assert commands == [["apt-get", "update"], ["apt-get", "install"], ["apt-get", "install"]]


def test_the_guide_has_the_package_of_each_program():
    rows = [line.split(" | ") for line in (ROOT / "docs/developer/set-up.md").read_text().splitlines()]
    named = {row[0].removeprefix("| "): row[1] for row in rows if len(row) == 4 and row[0] != "| program"}

    assert named == debian.PROGRAMS | debian.ENGINE
