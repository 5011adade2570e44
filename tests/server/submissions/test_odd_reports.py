"""If an attacker controls a grader, it can send anything: it is refused, or pages and the API can show it."""

import base64
from collections import Counter

import pytest

from grader.protocol.reports import Report
from server.analytics import services as analytics
from server.api.presentation import show_report
from server.common.reports import read_report
from server.hints.access import access_for
from server.hints.services import record_given
from server.submissions.rendering.figures import SIGNATURE
from server.submissions.rendering.presentation import result_of
from tests.support.oddities import MISSING, places, replaced
from tests.support.people import make_report, make_submission, record

REPORT = make_report(
    0,
    message="differs",
    data={"where": "result", "got": 4.0, "expected": 22.0, "difference": 18.0, "wrong": 1, "of": 2, "line": 3},
    hint="scaled.hint",
    diagnosis="scaled",
    case="a batch",
    evidence={
        "heat_map": {"shape": [2], "got": [4.0, None], "expected": [22.0, 40.0]},
        "counterexample": {"call": "square([1, 2])", "got": "[1]", "expected": "[1, 4]"},
    },
) | {
    "output": "printed",
    "exhibits": [
        {
            "kind": "graph",
            "case": "a batch",
            "graph": {
                "nodes": [
                    {"id": 0, "name": "SumBackward0", "shape": None},
                    {"id": 1, "name": "torch::autograd::AccumulateGrad", "shape": [3, 3]},
                ],
                "edges": [[0, 1]],
                "capped": False,
            },
            "cut_off": ["y"],
        },
        {
            "kind": "series",
            "case": "a run",
            "title": "The loss",
            "series": [{"name": "sgd", "yours": [1.0], "reference": [1.0, 0.5]}],
        },
        {"kind": "figure", "case": "a run", "png": base64.b64encode(SIGNATURE + b"pixels").decode()},
    ],
}
# As many levels as the queue can carry.
DEEP = [[]]
for _ in range(400):
    DEEP = [DEEP]
ODD = [
    MISSING,
    None,
    True,
    -1,
    10**400,
    1.7e308,
    "",
    "<b>",
    "x" * 100_000,
    [],
    [None],
    [{}, "x"],
    {},
    {"kind": 1},
    DEEP,
]


def odd_reports():
    return ((way, value, replaced(REPORT, way, value)) for way in places(REPORT) for value in ODD)


def test_whatever_stands_in_a_place_it_is_refused_or_shown(db, assignment):
    submission = make_submission(None, assignment)
    fates, failed = Counter(), []
    for way, value, odd in odd_reports():
        read = read_report(odd)
        fates["refused" if read is None else "shown"] += 1
        try:
            if read is not None:
                submission.report, submission.given, submission.max = read.to_dict(), read.points, read.max_points
                result_of(submission)
                show_report(submission, access_for(submission.learner, submission)).model_dump_json()
                analytics.record_failed_checks(submission=submission, report=read)
                record_given(submission=submission, report=read)
        except Exception as error:
            failed.append((way, repr(value)[:40], repr(error)))

    assert not failed
    assert min(fates["refused"], fates["shown"]) > 100


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("way", [("findings", 0, "data"), ("findings", 0, "data", "got"), ("exhibits", 0, "cut_off")])
def test_what_is_taken_has_its_page(client, student, assignment, way, value):
    submission = make_submission(student, assignment)
    client.force_login(student)

    record(submission, replaced(REPORT, way, value))

    assert client.get(submission.get_absolute_url()).status_code == 200


def test_a_valid_report_is_accepted_unchanged():
    assert read_report(REPORT) == Report.from_dict(REPORT)
    assert read_report({key: value for key, value in REPORT.items() if key != "grader"}).grader == ""


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("findings", 0, "data"), 3),
        (("findings", 0, "evidence"), []),
        (("findings", 0, "diagnosis"), ["scaled"]),
        (("findings", 0, "points"), True),
        (("findings", 0, "max_points"), 10**400),
        (("findings", 0, "max_points"), 1e308),
        (("exhibits",), {"kind": "graph"}),
        (("exhibits", 0), "graph"),
        (("output",), None),
        (("output",), "x" * 8_000_000),
        (("seconds",), "1"),
        (("runtime",), 7),
        (("findings", 0, "data", "deep"), DEEP),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_has_another_type_or_size_is_no_report(way, value):
    assert read_report(replaced(REPORT, way, value)) is None
