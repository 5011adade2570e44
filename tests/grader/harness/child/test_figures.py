import io

import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure

from grader.harness.child.figures import MAX_SIDE, describe


def picture(figure):
    png = describe(figure)["png"]
    return image.imread(io.BytesIO(png.numpy().tobytes()))


def ink_at_edges(pixels):
    dark = pixels[..., :3].min(axis=-1) < 0.9
    return bool(dark[0].any() or dark[-1].any() or dark[:, 0].any() or dark[:, -1].any())


def test_labels_outside_the_figure_are_not_cut():
    figure = Figure(figsize=(3, 2))
    axes = figure.add_axes((0.02, 0.02, 0.9, 0.9))  # no room for the numbers and labels of the axes
    axes.plot([0, 1], [10_000, 20_000])
    axes.set_ylabel("the loss")

    assert not ink_at_edges(picture(figure))


@pytest.mark.parametrize("place", [(50, 50), (-50, 0.5), (float("nan"), 0.5)])
def test_what_is_far_away_does_not_make_the_picture_large(place):
    figure = Figure(figsize=(3, 2))
    figure.text(*place, "far away")

    assert max(picture(figure).shape) <= MAX_SIDE
    assert np.prod(picture(figure).shape[:2]) <= (3 + 4) * (2 + 4) * 100**2
