"""Describes a figure that a learner has drawn: labels, the numbers of lines and images, and a small picture."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

MAX_SIDE = 1200
MAX_LABEL = 200
MAX_PARTS = 64
MAX_NUMBERS = 5000  # of each line and each image
# Labels outside the figure are drawn up to so many inches away.
MARGIN = 2.0


def describe(figure: Any, *, picture: bool = True) -> dict[str, Any] | None:
    """Return {"axes": [...], "xlabel", "ylabel", "png"} for a matplotlib figure, {"figure": value} for other values.

    The labels are those of the whole figure; None gives None. "png" is a uint8 tensor of a picture with at most 1200
    pixels a side, or None if `picture` is false: drawing takes long. The numbers are checked outside the sandbox, since
    a submission can forge them.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - half of the submissions never draw

    if figure is None:
        return None
    if not isinstance(figure, Figure):
        return {"figure": figure}
    return {
        "axes": [_axes(axes) for axes in figure.axes[:MAX_PARTS]],
        "xlabel": figure.get_supxlabel()[:MAX_LABEL],
        "ylabel": figure.get_supylabel()[:MAX_LABEL],
        "png": _png(figure) if picture else None,
    }


def _frame(figure: Any) -> Any:
    """Return the part of the figure's plane to draw, in inches: the figure, and what stands a little outside of it."""
    from matplotlib.transforms import Bbox  # noqa: PLC0415 - half of the submissions never draw

    width, height = figure.get_size_inches()
    around = figure.get_tightbbox().padded(0.1)
    return Bbox.from_extents(
        max(-MARGIN, min(0.0, around.x0)),
        max(-MARGIN, min(0.0, around.y0)),
        min(width + MARGIN, max(width, around.x1)),
        min(height + MARGIN, max(height, around.y1)),
    )


def _axes(axes: Any) -> dict[str, Any]:
    return {
        "title": axes.get_title()[:MAX_LABEL],
        "xlabel": axes.get_xlabel()[:MAX_LABEL],
        "ylabel": axes.get_ylabel()[:MAX_LABEL],
        "lines": [_describe_line(line) for line in axes.lines[:MAX_PARTS]],
        "images": list(_images(axes))[:MAX_PARTS],
        "patches": len(axes.patches),
        "collections": len(axes.collections),
    }


def _describe_line(line: Any) -> dict[str, Any]:
    x, y = line.get_xdata(orig=False), line.get_ydata(orig=False)  # as numbers, if they were names or dates
    return {"label": str(line.get_label())[:MAX_LABEL], "x": _numbers(x[:MAX_NUMBERS]), "y": _numbers(y[:MAX_NUMBERS])}


def _images(axes: Any) -> Iterator[torch.Tensor]:
    """Yield the numbers of every image and every grid of colours, as a matrix with the same number of rows."""
    for part in [*axes.images, *axes.collections]:
        values = part.get_array()
        if values is not None and values.ndim >= 2 and values.size:
            columns = values.reshape(len(values), -1)
            yield _numbers(columns[:MAX_NUMBERS, : max(1, MAX_NUMBERS // len(values))])


def _numbers(values: Any) -> torch.Tensor:
    """Return the values in float64, NaN for what is masked."""
    plain = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
    return torch.tensor(plain, dtype=torch.float64)


def _png(figure: Any) -> torch.Tensor:
    box = _frame(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=min(100.0, MAX_SIDE / max(box.size)), bbox_inches=box)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)
