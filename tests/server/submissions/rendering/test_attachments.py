import base64

import pytest

from server.submissions.rendering.attachments import Attachments
from server.submissions.rendering.curves import TABLE_ROWS, Curves
from server.submissions.rendering.figures import SIGNATURE, LearnerFigure, find_figure

PNG = base64.b64encode(SIGNATURE + b"pixels").decode()


def curves(yours, reference):
    series = [{"name": "sgd", "yours": yours, "reference": reference}]
    return Curves.read({"kind": "series", "case": "a run", "title": "The loss", "series": series})


def test_yours_is_drawn_beside_the_reference():
    series = curves([1.0, 0.5], [1.0, 0.4]).chart["series"]

    assert [(one["name"], one["dashed"]) for one in series] == [("sgd, yours", False), ("sgd, reference", True)]


def test_yours_and_the_reference_are_one_pair_with_titled_axes():
    chart = curves([1.0, 0.5], [1.0, 0.4]).chart

    assert {one["of"] for one in chart["series"]} == {"sgd"}
    assert (chart["x"], chart["y"]) == ("Step", curves([1.0], []).title)


def test_curves_are_told_in_words():
    assert (
        curves([1.0, 0.5], [1.0, float("inf")]).description == "sgd, yours: from 1 to 0.5; sgd, reference: from 1 to 1"
    )


def test_a_part_that_is_missing_leaves_the_reference_alone():
    assert [curve.name for curve in curves([], [1.0]).curves] == ["sgd, reference"]


def test_the_table_holds_every_number_of_a_short_curve():
    assert curves([1.0, None], [1.0, 0.4]).table == [(0, [1.0, 1.0]), (1, [None, 0.4])]


def test_the_table_of_a_long_curve_is_marked_as_partial():
    long = curves([], [float(i) for i in range(400)])

    assert len(long.table) <= TABLE_ROWS
    assert long.partial


def test_numbers_that_are_none_are_gaps():
    assert curves(["<b>", True, 1e999, 2.0], []).curves[0].values == [None, None, None, 2.0]


@pytest.mark.parametrize("series", [None, [], [5], [{"name": "x"}], [{"name": "x", "yours": [], "reference": []}]])
def test_what_holds_no_curves_is_not_drawn(series):
    assert Curves.read({"case": "x", "title": "y", "series": series}) is None


def test_a_figure_is_found_by_what_is_in_it():
    exhibit = {"kind": "figure", "case": "x", "png": PNG}
    name = LearnerFigure.read(exhibit).name

    assert find_figure([{"kind": "graph"}, exhibit], name).png == SIGNATURE + b"pixels"
    assert find_figure([exhibit], "0" * 32) is None


@pytest.mark.parametrize("png", [None, "", "not base64!", base64.b64encode(b"<svg onload=alert(1)>").decode()])
def test_what_is_no_png_is_no_figure(png):
    assert LearnerFigure.read({"case": "x", "png": png}) is None


def test_unknown_kinds_are_passed_over():
    shown = Attachments.read([5, {}, {"kind": "film"}, {"kind": "figure", "case": "x", "png": PNG}])

    assert (len(shown.figures), len(shown.graphs), len(shown.curves)) == (1, 0, 0)
