"""The line to look at, over the known mistakes of some packages: `python -m tests.benchmarks.line` measures all.

The search gets more time than it has in a worker, so that a busy machine changes nothing.
"""

import pytest

from grader.grading import fault_line, repair_search
from grader.packages.catalogue import find_package
from grader.packages.mistakes import NO_LINE
from grader.sandboxes.select import open_sandbox
from tests.benchmarks.line import line_of, mistakes_of, right_answers_of

SLUGS = [
    "gradients/two-variables",
    "gradients/in-place",
    "gradients/vector-backward",
    "tracking/stop-gradient",
    "functions/straight-through",
]

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow]


@pytest.fixture(scope="module")
def sandbox():
    sandbox = open_sandbox(engine="bubblewrap")
    yield sandbox
    sandbox.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setattr(repair_search, "BATCH_SECONDS", 5.0)
    changes = {"MAX_SECONDS": 60.0, "SLOW_SECONDS": 10.0, "_RUN_SECONDS": 20.0}
    for name, value in (changes | {"PROCESSOR_SECONDS": 20.0, "_PATIENCE_SECONDS": 60.0}).items():
        monkeypatch.setattr(fault_line, name, value)


def test_lines_are_named_often_and_seldom_wrong(sandbox):
    expected, named, wrong = 0, 0, []
    for slug in SLUGS:
        package = find_package(slug)
        for one in mistakes_of(package):
            found, _ = line_of(one, sandbox, seed=7)
            expected += one.line != NO_LINE
            named += found is not None
            if found is not None and found != one.line:
                wrong.append((one.name, found, one.line))

    assert named >= 0.75 * expected
    assert len(wrong) <= 0.05 * named, wrong


@pytest.mark.parametrize("slug", SLUGS)
def test_no_right_answer_has_a_line(slug, sandbox):
    found = {one.name: line_of(one, sandbox, seed=7)[0] for one in right_answers_of(find_package(slug))}

    assert found == dict.fromkeys(found)
