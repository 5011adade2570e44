import pytest

from deploy.dev import debian
from deploy.dev.base import SetupError


def test_what_is_there_needs_nothing(monkeypatch):
    monkeypatch.setattr(debian, "install", lambda packages: pytest.fail(f"installs {packages}"))

    debian.need({"sh": "dash"})


def test_elsewhere_what_is_missing_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(debian, "can_install", lambda: False)

    with pytest.raises(SetupError, match=r"not installed: no-such-server\. On Debian: apt-get install a-package"):
        debian.need({"sh": "dash", "no-such-server": "a-package"})


def test_on_debian_as_root_what_is_missing_is_installed(monkeypatch):
    installed = []
    monkeypatch.setattr(debian, "can_install", lambda: True)
    monkeypatch.setattr(debian, "install", installed.extend)

    debian.need({"sh": "dash", "no-such-server": "a-package"})

    assert installed == ["a-package"]


def test_package_lists_are_fetched_before_installing_and_once(monkeypatch):
    commands = []
    monkeypatch.setattr(debian, "run", lambda command, **_: commands.append(command[:2]))
    debian.refresh.cache_clear()

    debian.install(["a"])
    debian.install(["b"])
    debian.refresh.cache_clear()

    assert commands == [["apt-get", "update"], ["apt-get", "install"], ["apt-get", "install"]]
