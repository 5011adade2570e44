"""Builders that fill in what a test is not about."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.checks.failures import Failed
from grader.checks.trials import Trial
from grader.packages.cases import Case
from grader.packages.manifest import Tolerance
from grader.packages.scaffold import scaffold
from grader.protocol.jobs import Job
from grader.protocol.messages import fields_of
from grader.protocol.reports import Finding, Outcome, Report, Status
from grader.sandboxes.base import Observation


def make_job(**changes: Any) -> Job:
    values: dict[str, Any] = {
        "submission": "s1",
        "token": "t1",
        "exercise": "unit/slope",
        "digest": "",
        "source": "",
        "seed": 1,
    }
    return Job(**values | changes)


def make_finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "runs",
        "title": "It runs",
        "status": Status.PASSED,
        "points": 1.0,
        "max_points": 1.0,
    }
    return Finding(**values | changes)


def make_report(*findings: Finding, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "slug": "unit/slope",
        "digest": "d",
        "outcome": Outcome.GRADED,
        "findings": findings or (make_finding(),),
    }
    return Report(**values | changes)


def make_trial(value: Any = None, truth: Any = None, **changes: Any) -> Trial:
    """A trial that was observed to return `value`, of which the reference says `truth`."""
    case_changes = {key: changes.pop(key) for key in ("public", "args", "group", "mutable", "probe") if key in changes}
    observation = changes.pop("observation", Observation(value=value))
    return Trial(
        case=Case(name="a case", entry="slope", **case_changes),
        observation=observation,
        tolerance=changes.pop("tolerance", Tolerance()),
        compute_truth=changes.pop("compute_truth", lambda case: truth),
        **changes,
    )


def double(*numbers: Any) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def make_package(root: Path, slug: str = "unit/slope", **files: str | None) -> Path:
    """Scaffold a package below `root` (which CHAINRULE_EXERCISES names) and change files by stem; None removes one."""
    folder = scaffold(slug)
    assert folder.is_relative_to(root)
    for stem, text in files.items():
        path = next(path for path in folder.iterdir() if path.stem == stem)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    return folder


def failure_of(run: Any, *args: Any) -> Failed:
    """Call something that must fail and return how it failed. It must bring along what its sentences speak of."""
    with pytest.raises(Failed) as raised:
        run(*args)
    failed = raised.value
    known = {name for name, value in failed.data.items() if value is not None}
    for message in filter(None, (failed.message, failed.hint)):
        assert fields_of(message) <= known | {"tensor"}
    return failed
