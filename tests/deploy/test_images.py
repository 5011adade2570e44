"""What production's images contain and what they do not. tests/support/production starts them."""

import pytest

from deploy.dev import images
from deploy.dev.base import ROOT

RECIPES = {one.name: one for one in images.recipes(base="base", sandbox="sandbox:1", proxy_base="caddy")}


def contents(name):
    return {str(path.relative_to(ROOT)) for path in RECIPES[name].files()}


def test_the_web_image_has_pages_and_exercises_but_no_sources():
    files = contents("web")

    assert {"manage.py", "server/asgi.py", "exercises/derivatives/sin/statement.md"} <= files
    assert not [name for name in files if "/frontend/" in name or "__pycache__" in name]


def test_the_grading_image_has_nothing_of_the_server():
    files = contents("grading")

    assert {"grader/worker/tasks.py", "deploy/runtimes.toml", "deploy/sandbox/seccomp.json"} <= files
    assert not [name for name in files if name.startswith("server/")]


@pytest.mark.parametrize("name", RECIPES)
def test_a_dockerfile_copies_existing_files_and_ends_without_root(name):
    lines = RECIPES[name].dockerfile.read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]

    for source in copied:
        assert source == f"var/wheels/{name}/" or (ROOT / source).exists(), source
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]


def test_the_tag_follows_the_content(monkeypatch):
    before = RECIPES["web"].tag()
    monkeypatch.setattr(images, "files_of", lambda path: [ROOT / "Makefile"])

    assert RECIPES["web"].tag() != before
