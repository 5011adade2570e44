import pytest

from deploy.dev import debian
from deploy.dev.base import SetupError


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
