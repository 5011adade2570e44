import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from grader.checks.figures import figure_of, is_labelled, shows_lines, shows_parts
from grader.harness.child.figures import describe
from tests.support.reports import failure_of, make_trial


def drawn(*lengths, **labels):
    figure = Figure()
    axes = figure.subplots()
    for length in lengths:
        axes.plot(range(length))
    axes.set(**labels)
    return figure


def seen(figure):
    return make_trial(describe(figure, picture=False))


def test_every_length_needs_a_line():
    shows_lines(seen(drawn(3, 5)), [5, 3])
    failure = failure_of(shows_lines, seen(drawn(3)), [5, 3])

    assert (failure.message, failure.data) == ("wrong_lines", {"got": 1, "expected": 2})


def test_a_line_with_missing_points_is_not_a_missing_line():
    failure = failure_of(shows_lines, seen(drawn(3, 2)), [5, 3])

    assert (failure.message, failure.data["missing"]) == ("wrong_points", 1)


def test_extra_lines_do_not_matter():
    shows_lines(seen(drawn(4, 2)), [4])


def test_a_scatter_plot_cannot_be_counted():
    figure, axes = plt.subplots()
    axes.scatter([1, 2], [3, 4])
    plt.close(figure)

    assert failure_of(shows_lines, seen(figure), [2]).message == "cannot_count"


@pytest.mark.parametrize("draw", ["imshow", "pcolormesh"])
def test_a_row_of_an_image_can_show_a_part(draw):
    figure = Figure()
    getattr(figure.subplots(), draw)(torch.rand(4, 7).numpy())

    shows_parts(seen(figure), 4, points=7)
    assert failure_of(lambda: shows_parts(seen(figure), 7, points=4)).message == "wrong_rows"


def test_a_line_can_show_a_part():
    shows_parts(seen(drawn(6, 6)), 2, points=6)
    assert failure_of(lambda: shows_parts(seen(drawn(6)), 2, points=6)).message == "wrong_lines"


@pytest.mark.parametrize(("labels", "axis"), [({"xlabel": "step"}, "vertical"), ({"ylabel": "loss"}, "horizontal")])
def test_the_axis_without_a_label_is_named(labels, axis):
    failure = failure_of(is_labelled, seen(drawn(2, **labels)))

    assert (failure.message, failure.data) == ("unlabelled", {"axis": axis})


def test_labels_of_the_whole_figure_count():
    figure = drawn(2)
    figure.supxlabel("step")
    figure.supylabel("loss")

    is_labelled(seen(figure))


def test_something_else_is_not_a_figure():
    assert failure_of(figure_of, make_trial(describe("a picture"))).message == "not_figure"
    assert failure_of(figure_of, make_trial(describe(None))).message == "returned_none"


def test_facts_of_wrong_types_are_ignored():
    trial = make_trial({"axes": [3, {"lines": "many", "rows": ["x"], "patches": "y", "xlabel": 4}], "ylabel": None})

    figure = figure_of(trial)

    assert (figure.lines, figure.rows, figure.others, figure.xlabels, figure.ylabels) == ((), (), 0, (), ())


def test_an_image_beside_lines_can_show_the_parts():
    figure = Figure()
    first, second = figure.subplots(1, 2)
    first.imshow(torch.rand(4, 7).numpy())
    second.plot(range(3))

    shows_parts(seen(figure), 4, points=7)
    assert failure_of(lambda: shows_parts(seen(figure), 5, points=3)).message == "wrong_lines"
