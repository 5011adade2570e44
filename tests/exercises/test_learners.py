"""Mistakes as learners make them, with what each must be told.

`learners/*.toml` has one table for each: the exercise, the source (or a change of `base`), and `says`: the id of a
diagnosis or a hint that one of the findings must have. `confined`: it needs a real sandbox, since it does not end,
starts processes, or imports what only a sandbox leaves out.
"""

import re
import tomllib
from pathlib import Path

import pytest

from grader.grading.pipeline import grade
from grader.protocol.reports import Status
from grader.sandboxes.select import open_sandbox
from grader.sandboxes.unconfined import UnconfinedSandbox
from tests.support.reports import make_job

FILES = sorted((Path(__file__).parent / "learners").glob("*.toml"))
FULL_MARKS = "full marks"


def mistakes():
    for file in FILES:
        tables = tomllib.loads(file.read_text())
        base = tables.pop("base", {}).get("source", "")
        for name, one in tables.items():
            assert "source" in one or one["old"] in base, name
            source = one.get("source") or base.replace(one["old"], one["new"], 1)
            yield pytest.param(one["exercise"], source, one["says"], id=name, marks=_marks(one))


def _marks(one):
    return [pytest.mark.docker, pytest.mark.slow] if one.get("confined") else []


@pytest.fixture(scope="module")
def docker():
    sandbox = open_sandbox(engine="docker")
    yield sandbox
    sandbox.close()


def words_of(report):
    """The ids of everything that the failed checks tell."""
    failed = [finding for finding in report.findings if finding.status is Status.FAILED]
    return {word for finding in failed for word in (finding.message, finding.diagnosis, finding.hint) if word}


# Torch warns of some mistakes. In a sandbox that is no error, and learners' code goes on.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("exercise", "source", "says"), list(mistakes()))
def test_a_mistake_is_told(exercise, source, says, request):
    confined = request.node.get_closest_marker("docker") is not None
    sandbox = request.getfixturevalue("docker") if confined else UnconfinedSandbox()
    report = grade(make_job(exercise=exercise, source=source, seed=7), sandbox=sandbox)

    if says == FULL_MARKS:
        assert report.points == report.max_points
        return
    assert report.points < report.max_points
    assert says in words_of(report)
    for finding in report.findings:
        assert_readable(finding)


def assert_readable(finding):
    """No sentence has a blank that was not filled in, a path like result[0][2], or two equal numbers as different."""
    texts = [text for text in (finding.message_text, finding.hint_text) if text]
    assert all("has no sentence" not in text and not re.search(r"result\[", text) for text in texts), texts
    assert finding.hint is None or len(finding.hint_texts) == 3
    for is_not in re.findall(r"is (\S+), expected (\S+?)[.;]? ", f"{finding.message_text} "):
        assert is_not[0] != is_not[1]
    example = finding.evidence.get("counterexample")
    assert example is None or example["got"] != example["expected"]
