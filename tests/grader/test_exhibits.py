import math

import pytest

from grader.exhibits import MAX_POINTS, exhibits_of
from grader.packages.cases import Chart, Floats
from tests.grader.builders import double, make_trial


class Drawing:
    """An exercise of which only the chart matters."""

    def chart(self, case, value):
        losses = value.get("losses", ())
        numbers = losses.values if isinstance(losses, Floats) else list(losses)
        path = value["path"].tolist() if "path" in value else []
        return Chart(title="Loss", lines={"losses": numbers, "path": path})


class Plain:
    def chart(self, case, value):
        return None


TRUTH = {"losses": Floats((2.0, 1.0)), "path": double(1.0, 0.5)}


def series(value, truth=TRUTH, **case):
    exhibits = exhibits_of(Drawing(), [make_trial(value, truth, **{"public": True} | case)])
    return [exhibit for exhibit in exhibits if exhibit["kind"] == "series"]


def test_curves_stand_beside_the_references():
    (exhibit,) = series({"losses": [2.0, 1.5], "path": double(1.0, 0.25)})

    assert exhibit["title"] == "Loss"
    assert exhibit["series"] == [
        {"name": "losses", "yours": [2.0, 1.5], "reference": [2.0, 1.0]},
        {"name": "path", "yours": [1.0, 0.25], "reference": [1.0, 0.5]},
    ]


@pytest.mark.parametrize("value", [None, "rubbish", {}, {"losses": ["a", "b"], "path": double(1.0)}])
def test_what_has_not_the_shape_of_the_truth_is_not_drawn(value):
    (exhibit,) = series(value)

    assert [line["yours"] for line in exhibit["series"]] == [[], []]


def test_a_secret_case_shows_nothing():
    assert series({"losses": [2.0, 1.5]}, public=False) == []


def test_a_number_that_is_not_finite_leaves_a_gap():
    (exhibit,) = series({"losses": [math.nan, math.inf], "path": double(1.0, 0.25)})

    assert exhibit["series"][0]["yours"] == [None, None]


def test_long_curves_are_thinned_out():
    long = {"losses": Floats(tuple(map(float, range(3 * MAX_POINTS)))), "path": double()}

    (exhibit,) = series({"losses": [1.0] * (3 * MAX_POINTS), "path": double()}, truth=long)

    assert exhibit["series"][0]["reference"][:3] == [0.0, 3.0, 6.0]
    assert len(exhibit["series"][0]["yours"]) == MAX_POINTS


def test_an_exercise_without_a_chart_shows_none():
    assert exhibits_of(Plain(), [make_trial({}, {}, public=True)]) == []
