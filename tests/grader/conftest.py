"""Fixtures of the grader's tests."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from grader.sandboxes.unconfined import UnconfinedSandbox


@pytest.fixture
def exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty exercises folder that the grader reads instead of the project's."""
    root = tmp_path / "exercises"
    root.mkdir()
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(root))
    return root


@pytest.fixture
def inline() -> "UnconfinedSandbox":
    """A stand-in for a sandbox, for trusted code only."""
    # It imports torch, which `make pythons` does without.
    from grader.sandboxes.unconfined import UnconfinedSandbox

    return UnconfinedSandbox()
