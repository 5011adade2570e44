"""Verifications cross the queue as plain data: nothing is lost, and nothing out of bounds is read."""

import json
from dataclasses import replace

import pytest

from grader.protocol.reports import Outcome
from grader.protocol.verifications import (
    LESSON_PROMISES,
    MAX_CHECKS,
    MAX_MISTAKES,
    MAX_NUMBERS,
    MAX_PROBLEMS,
    MAX_SLUGS,
    MAX_TEXT,
    MAX_VARIANTS,
    PROMISES,
    MistakeResult,
    PackageProblem,
    Verified,
    VerifiedCheck,
    VerifyJob,
    bounded,
    promises_of,
)

JOB = VerifyJob(verification="v1", token="t1", kind="exercise", slug="unit/slope", digest="a" * 64, library="course-1")
RESULT = MistakeResult(name="twice", score=1, outcome=Outcome.GRADED, findings={"slope": "accumulated"}, line=6)
VERIFIED = Verified(
    problems=(PackageProblem(promise="mistakes", text="`twice` gets 1 points.", file="mistakes.toml", line=3),),
    promises_done=("files", "loads"),
    mistakes=(RESULT, replace(RESULT, line="none"), replace(RESULT, line=None)),
    checks=(VerifiedCheck(name="slope", title="The slope is right", points=9),),
    variants=({"a": 2, "b": -0.5}, {"a": 3, "b": 1.5}),
    slugs=("unit/first",),
    seconds=1.5,
)


def through_json(data):
    return json.loads(json.dumps(data, allow_nan=False))


def test_a_job_survives_json():
    assert VerifyJob.from_dict(through_json(JOB.to_dict())) == JOB


@pytest.mark.parametrize("change", [{"kind": "project"}, {"variants": 101}, {"score": 1}, {"slug": 5}])
def test_a_wrong_job_is_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        VerifyJob.from_dict(JOB.to_dict() | change)


def test_a_result_survives_json():
    read = Verified.from_dict(through_json(VERIFIED.to_dict()))

    assert read == VERIFIED
    assert [type(number) for number in read.variants[0].values()] == [int, float]
    assert not read.passed
    assert Verified().passed


@pytest.mark.parametrize(
    "change",
    [
        {"problems": [{"promise": "files", "text": "a" * (MAX_TEXT + 1)}]},
        {"problems": [{"promise": "files", "text": "x"}] * (MAX_PROBLEMS + 1)},
        {"problems": [{"promise": "files", "text": "x", "line": 0}]},
        {"problems": [{"promise": "files", "text": "x", "html": "<b>"}]},
        {"variants": [{"a": "<script>"}]},
        {"variants": [{"a": float("nan")}]},
        {"variants": [{"a": float("inf")}]},
        {"variants": [{"a": 10**400}]},
        {"variants": [{"a": True}]},
        {"variants": [{}] * (MAX_VARIANTS + 1)},
        {"variants": [{str(i): i for i in range(MAX_NUMBERS + 1)}]},
        {"checks": [{"name": "a", "title": "b", "points": float("nan")}]},
        {"checks": [{"name": "a", "title": "b", "points": -1}]},
        {"mistakes": [{"name": "a", "score": float("inf"), "outcome": "graded"}]},
        {"mistakes": [{"name": "a", "score": 1, "outcome": "perfect"}]},
        {"mistakes": [{"name": "a", "score": 1, "outcome": "graded", "line": "all"}]},
        {"slugs": ["a/b"] * (MAX_SLUGS + 1)},
        {"seconds": float("nan")},
        {"score": 10},
    ],
)
def test_a_result_beyond_its_bounds_is_refused(change):
    with pytest.raises(ValueError, match=r"Verified|PackageProblem"):
        Verified.from_dict(VERIFIED.to_dict() | change)


def test_bounded_keeps_what_is_small():
    assert bounded(VERIFIED) == VERIFIED


def test_bounded_makes_any_result_readable():
    huge = "x" * 10_000
    problem = PackageProblem(promise=huge, text=huge, file=huge, line=10**9)
    result = MistakeResult(
        name=huge, score=float("nan"), outcome=Outcome.GRADED, findings={f"{i}{huge}": huge for i in range(500)}
    )
    verified = Verified(
        problems=(problem,) * 5000,
        promises_done=("files",) * 500,
        mistakes=(result,) * (MAX_MISTAKES + 1),
        checks=(VerifiedCheck(name=huge, title=huge, points=float("inf")),) * (MAX_CHECKS + 1),
        variants=({f"{i}{huge}": 10**400 for i in range(100)}, {"nan": float("nan")}) * MAX_VARIANTS,
        slugs=(huge,) * 500,
        seconds=float("inf"),
    )

    read = Verified.from_dict(through_json(bounded(verified).to_dict()))

    assert len(read.problems) == MAX_PROBLEMS
    assert read.problems[-1].text == f"There are {5000 - MAX_PROBLEMS + 1} more problems."
    assert set(read.variants[0].values()) == {0}


def test_each_promise_has_one_id_and_a_sentence():
    for promises in (PROMISES, LESSON_PROMISES):
        ids = [name for name, _ in promises]
        assert len(set(ids)) == len(ids)
        assert all(sentence[0].isupper() and not sentence.endswith(".") for _, sentence in promises[2:])
    assert promises_of("exercise") is PROMISES
    assert promises_of("lesson") is LESSON_PROMISES
