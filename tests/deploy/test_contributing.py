"""What a forge, an editor and git's hooks read: each calls the commands that exist, and keeps no list of its own."""

import json
import re

import pytest
import yaml

from deploy.dev import checks, quick
from deploy.dev.base import ROOT, SetupError
from deploy.dev.debian import ENGINE, PROGRAMS

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DEVCONTAINER = ROOT / ".devcontainer"


def test_hooks_call_the_parts_of_quick_and_check():
    (repository,) = HOOKS["repos"]
    parts = {"quick": quick.PARTS, "checks": checks.PARTS, "prose": {}}

    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        words = hook["entry"].split()
        if words != ["make", "quick"]:
            assert words[:2] == [".venv/bin/python", "-m"]
            module = words[2].removeprefix("deploy.dev.")
            assert set(words[3:]) <= set(parts[module]), hook["id"]


@pytest.mark.parametrize("command", [quick.quick, checks.check])
def test_a_part_that_does_not_exist_is_named(command):
    with pytest.raises(SetupError, match="there is no part forms; the parts are form, types"):
        command(["forms"])


def test_chosen_parts_run_alone_and_in_their_order(monkeypatch):
    done = []
    monkeypatch.setattr(checks, "PARTS", {name: lambda name=name: done.append(name) for name in checks.PARTS})

    checks.check(["prose", "form"])

    assert done == ["form", "prose"]


def test_the_development_container_has_no_list_of_packages():
    dockerfile = (DEVCONTAINER / "Dockerfile").read_text(encoding="utf-8")
    settings = json.loads((DEVCONTAINER / "devcontainer.json").read_text(encoding="utf-8"))

    assert "python3 -m deploy.dev.debian" in dockerfile
    assert not [name for name in (PROGRAMS | ENGINE).values() if re.search(rf"\b{re.escape(name)}\b", dockerfile)]
    assert settings["build"] == {"dockerfile": "Dockerfile", "context": ".."}
    assert settings["postCreateCommand"] == "make setup"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_what_the_forge_needs(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert form["name"]
    assert form["description"]
    questions = [one for one in form["body"] if one["type"] != "markdown"]
    assert [one["attributes"]["label"] for one in questions]
    assert len({one["id"] for one in questions}) == len(questions)
    assert any(one.get("validations", {}).get("required") for one in questions)


def test_contributing_says_how_each_of_these_is_used():
    names = [".editorconfig", "pre-commit install", ".devcontainer", ".github/ISSUE_TEMPLATE", "PULL_REQUEST_TEMPLATE"]

    assert [name for name in [*names, "make docs", "make release"] if name not in CONTRIBUTING] == []
