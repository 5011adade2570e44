import json

import pytest

from server.submissions.live.progress import LONGEST_CURVE, parse_message


def test_a_case_is_understood():
    message = json.dumps({"state": "running", "case": 2, "of": 5})

    assert parse_message(message) == {"state": "running", "case": 2, "of": 5}


def test_a_loss_means_that_the_code_runs():
    assert parse_message('{"loss": [[0, 1.5], [1, 1]]}') == {"state": "running", "loss": [[0.0, 1.5], [1.0, 1.0]]}


@pytest.mark.parametrize(
    "message",
    [
        None,
        b"\xff",
        "no json",
        "[]",
        "3",
        '{"state": "graded"}',
        '{"case": "<script>", "of": true}',
        '{"state": ["running"]}',
        '{"score": 10}',
        '{"case": -1, "of": ' + "9" * 4000 + "}",
        "[" * 100_000,
    ],
)
def test_what_is_not_progress_is_dropped(message):
    assert parse_message(message) == {}


def test_points_that_cannot_be_drawn_are_dropped():
    message = '{"loss": [[0, NaN], [1, Infinity], [2, "x"], [3], 4, [5, 0.5], [6, %s]]}' % ("9" * 400)

    assert parse_message(message)["loss"] == [[5.0, 0.5]]


def test_a_curve_has_a_longest_length():
    message = json.dumps({"loss": [[step, 1.0] for step in range(LONGEST_CURVE + 5)]})

    assert len(parse_message(message)["loss"]) == LONGEST_CURVE
