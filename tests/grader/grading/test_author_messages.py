"""What the worker refuses of a reply: the package's author can have written any of it."""

import struct

import pytest
import torch

from grader.grading import author_messages as messages
from grader.grading.author import CaseAnswer, CheckFacts
from grader.harness.wire.values import WireError
from grader.packages.cases import Applied, Case, Function

CHECKS = [CheckFacts(name="runs", title="It runs", points=1), CheckFacts(name="right", title="It is right", points=9)]
ANSWERS = [
    CaseAnswer(case=Case(name="a", entry="f", public=True), observation=None),
    CaseAnswer(case=Case(name="b", entry="f"), observation=None),
]
CHART = {"case": "a", "title": "t", "series": []}


def finding(**changes):
    values = {"check": "runs", "status": "passed", "points": 1, "message": None, "data": {}, "hint": None}
    return values | {"diagnosis": None, "case": None, "evidence": {}} | changes


def judged(first=None, **changes):
    head = {"findings": [first or finding(), finding(check="right", points=9)], "unexplained": [], "charts": []}
    return messages.read_judgement(head | changes, CHECKS, ANSWERS)


def test_an_honest_judgement_is_read():
    judgement = judged(charts=[[0, CHART]], unexplained=["right"])

    assert [(one.title, one.points, one.max_points) for one in judgement.findings] == [
        ("It runs", 1, 1),
        ("It is right", 9, 9),
    ]
    assert list(judgement.charts) == [0]


@pytest.mark.parametrize(
    "changes",
    [
        *({"points": points} for points in (2, -1, "1", True, None, float("nan"), float("inf"))),
        *({"data": {"a": value}} for value in ({"b": 1}, [[1]], 10**30, float("inf"), list(range(60)))),
        *({"check": name} for name in ("right", "other", "", 7)),
        *({"status": "excellent"}, {"message": "m" * 300}, {"data": {str(i): i for i in range(99)}}),
        {"data": {"k" * 200: 1}},
        {"evidence": {"counterexample": {"call": "f()", "got": "1", "expected": "2"}}},
        {"evidence": {"heat_map": {"shape": [2], "got": [1.0], "expected": [1.0, 2.0]}}},
        {"evidence": {"heat_map": {"shape": [1], "got": [float("inf")], "expected": [1.0]}}},
        {"title": "mine"},
    ],
)
def test_a_forged_finding_is_refused(changes):
    with pytest.raises(WireError):
        judged(finding(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"findings": []},
        {"slug": "another/exercise"},
        {"unexplained": ["other"]},
        *({"charts": [[position, CHART]]} for position in (1, 2, -1, 400)),
        {"charts": [[0, CHART], [0, CHART]]},
    ],
)
def test_a_forged_judgement_is_refused(changes):
    with pytest.raises(WireError):
        judged(**changes)


@pytest.mark.parametrize(
    "checks",
    [[], [{"name": "a", "title": "t", "points": float("nan")}], 2 * [{"name": "a", "title": "t", "points": 1}]],
)
def test_checks_that_cannot_be_are_refused(checks):
    with pytest.raises(WireError):
        messages.read_checks({"checks": checks})


def test_cases_keep_what_they_have():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    applied = Applied(Function("square", {}), (x,))
    case = Case(name="n", entry="f", args=(x, applied, (1, 2.5, "s")), options={"at": 3}, mutable=(0,), public=True)

    (read,) = messages.read_cases(*messages.cases_head([case]))

    assert (read.name, read.group, read.public, read.mutable, read.options) == ("n", "f", True, (0,), {"at": 3})
    assert torch.equal(read.args[0], x)
    assert read.args[0].requires_grad
    assert read.args[1].function == applied.function
    assert read.args[2] == (1, 2.5, "s")


@pytest.mark.parametrize("changes", [{"probe": "shell"}, {"mutable": [900]}, {"public": 1}, {"secret": True}])
def test_cases_that_cannot_be_are_refused(changes):
    head, parts = messages.cases_head([Case(name="n", entry="f", args=(torch.ones(2),))])
    head["cases"][0] |= changes

    with pytest.raises(WireError):
        messages.read_cases(head, parts)


def test_whole_numbers_that_require_grad_are_refused():
    head, parts = messages.cases_head([Case(name="n", entry="f", args=(torch.ones(2, dtype=torch.int64),))])
    changed = parts[0].replace(b'"requires_grad": false', b'"requires_grad": true ')
    assert changed != parts[0]

    with pytest.raises(WireError):
        messages.read_cases(head, [changed])


@pytest.mark.parametrize(
    "message",
    [b"", b"\0" * 4, b"\xff" * 8, struct.pack(">II", 1, 100) + b"short", messages.join({"a": 1}) + b"more"],
)
def test_a_message_cut_off_or_too_long_is_refused(message):
    with pytest.raises(WireError):
        messages.split(message)
