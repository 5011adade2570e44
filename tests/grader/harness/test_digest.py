"""The harness digest: it covers every source file, and only those."""

from pathlib import Path

import grader.harness
from deploy.dev.image import harness
from grader.harness.digest import digest

HARNESS = Path(grader.harness.__file__).parent


def test_digest_and_image_cover_the_same_files():
    sources = set(HARNESS.rglob("*.py"))

    assert set(harness()) == sources | {HARNESS.parent / "__init__.py"}
    assert {path.parent.name for path in sources} >= {"supervisor", "child", "memory", "wire"}


def test_the_digest_ignores_compiled_files(tmp_path, monkeypatch):
    from grader.harness import digest as module

    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "child").mkdir()
    (tmp_path / "child" / "main.py").write_text("x = 1\n")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "digest.py"))
    before = digest.__wrapped__()
    (tmp_path / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"compiled")
    unchanged = digest.__wrapped__()
    (tmp_path / "child" / "main.py").write_text("x = 2\n")

    assert before == unchanged != digest.__wrapped__()
