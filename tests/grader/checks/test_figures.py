import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from grader.checks.figures import figure_of, is_labelled, shows_lines, shows_parts
from grader.harness.child.figures import describe
from tests.support.reports import failure_of, make_trial


@pytest.fixture(autouse=True)
def _close_figures():
    """Figures that pyplot opened stay open otherwise, and it warns of many."""
    yield
    plt.close("all")


def curve(length, start=1.0):
    return torch.linspace(start, start + 1.0, length, dtype=torch.float64)


def drawn(*curves, **labels):
    figure = Figure()
    axes = figure.subplots()
    for values in curves:
        axes.plot(values)
    axes.set(**labels)
    return figure


def seen(figure):
    return make_trial(describe(figure, picture=False))


LOSS, OTHER = curve(5), curve(3, start=4.0)
CURVES = {"loss": LOSS, "other": OTHER}


def test_every_curve_needs_a_line():
    shows_lines(seen(drawn(OTHER, LOSS)), CURVES)
    failure = failure_of(shows_lines, seen(drawn(OTHER)), CURVES)

    assert (failure.message, failure.data) == ("wrong_lines", {"got": 1, "expected": 2})


def test_a_line_with_missing_points_is_not_a_missing_line():
    failure = failure_of(shows_lines, seen(drawn(OTHER, LOSS[1:3])), CURVES)

    assert (failure.message, failure.data["missing"]) == ("wrong_points", 1)


def test_extra_lines_do_not_matter():
    shows_lines(seen(drawn(LOSS, OTHER[:2])), {"loss": LOSS})


@pytest.mark.parametrize(
    "change", [torch.zeros_like, torch.ones_like, lambda y: y + 0.1, lambda y: y.flip(0), lambda y: y * 1.01]
)
def test_a_line_of_other_numbers_shows_nothing(change):
    failure = failure_of(shows_lines, seen(drawn(change(LOSS), OTHER)), CURVES)

    assert (failure.message, failure.data) == ("wrong_curve", {"name": "loss"})


@pytest.mark.parametrize("change", [lambda y: y.float(), torch.log10, torch.log, torch.log1p, lambda y: y.tolist()])
def test_rounded_numbers_and_logarithms_are_the_curve(change):
    shows_lines(seen(drawn(change(LOSS), OTHER)), CURVES)


def test_one_line_shows_one_curve():
    failure = failure_of(shows_lines, seen(drawn(LOSS, torch.zeros(5))), {"loss": LOSS, "the same": LOSS})

    assert failure.data == {"name": "the same"}


@pytest.mark.parametrize("x", [torch.zeros(5), torch.arange(5).flip(0), torch.full((5,), torch.nan)])
def test_a_line_must_go_to_the_right(x):
    figure = Figure()
    figure.subplots().plot(x, LOSS)

    assert failure_of(shows_lines, seen(figure), {"loss": LOSS}).message == "wrong_curve"


def test_a_scatter_plot_cannot_be_counted():
    figure, axes = plt.subplots()
    axes.scatter([1, 2], [3, 4])
    plt.close(figure)

    assert failure_of(shows_lines, seen(figure), CURVES).message == "cannot_count"


TABLE = {f"w{i}": curve(7, start=i) for i in range(4)}


@pytest.mark.parametrize("draw", ["imshow", "pcolormesh"])
def test_a_row_of_an_image_can_show_a_part(draw):
    figure = Figure()
    getattr(figure.subplots(), draw)(torch.stack(list(TABLE.values())).numpy())

    shows_parts(seen(figure), TABLE)
    assert failure_of(lambda: shows_parts(seen(figure), {"w": LOSS})).message == "wrong_rows"


def test_a_row_of_other_numbers_shows_nothing():
    figure = Figure()
    figure.subplots().imshow(torch.zeros(4, 7).numpy())

    failure = failure_of(lambda: shows_parts(seen(figure), TABLE))
    assert (failure.message, failure.data) == ("wrong_row", {"name": "w0"})


def test_a_line_can_show_a_part():
    parts = {"w": curve(6), "b": curve(6, start=3.0)}

    shows_parts(seen(drawn(*parts.values())), parts)
    assert failure_of(lambda: shows_parts(seen(drawn(curve(6))), parts)).message == "wrong_lines"


@pytest.mark.parametrize(("labels", "axis"), [({"xlabel": "step"}, "vertical"), ({"ylabel": "loss"}, "horizontal")])
def test_the_axis_without_a_label_is_named(labels, axis):
    failure = failure_of(is_labelled, seen(drawn(LOSS, **labels)))

    assert (failure.message, failure.data) == ("unlabelled", {"axis": axis})


def test_labels_of_the_whole_figure_count():
    figure = drawn(LOSS)
    figure.supxlabel("step")
    figure.supylabel("loss")

    is_labelled(seen(figure))


def test_something_else_is_not_a_figure():
    assert failure_of(figure_of, make_trial(describe("a picture"))).message == "not_figure"
    assert failure_of(figure_of, make_trial(describe(None))).message == "returned_none"


def test_facts_of_wrong_types_are_ignored():
    axes = {"lines": "many", "images": ["x", LOSS], "patches": "y", "xlabel": 4}
    lines = {"lines": [{"x": 1, "y": 2}, {"x": LOSS, "y": OTHER}, {"x": LOSS.float(), "y": LOSS.float()}]}
    trial = make_trial({"axes": [3, axes, lines], "ylabel": None})

    figure = figure_of(trial)

    assert (figure.lines, figure.images, figure.others, figure.xlabels, figure.ylabels) == ((), (), 0, (), ())


def test_an_image_beside_lines_can_show_the_parts():
    figure = Figure()
    first, second = figure.subplots(1, 2)
    first.imshow(torch.stack(list(TABLE.values())).numpy())
    second.plot(range(3))

    shows_parts(seen(figure), TABLE)
    assert failure_of(lambda: shows_parts(seen(figure), CURVES)).message == "wrong_lines"
