"""Points to train a classifier on, and held-out points that it has not seen.

A case is sent to the sandbox as a whole, so the labels of unseen points are no part of it. `labels` recomputes them,
by the rule that made the points or by a look-up in the data set.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from grader.references import datasets

RADII = (1.0, 2.5)
SEEN = {"digits": 400, "irises": 100}
UNSEEN = {"digits": 200, "irises": 50}


@dataclass(frozen=True, kw_only=True)
class Split:
    """Points x (n, d) with labels y (n,) in `classes` classes, and unseen points (m, d); `kind` names their source."""

    kind: str
    x: Tensor
    y: Tensor
    classes: int
    points: Tensor


def clouds(rng: Generator, *, classes: int, inputs: int) -> Split:
    """Return clouds of 50 points, standard deviation 0.4, around the corners of a regular polygon with sides of 4."""
    turns = 2 * math.pi * (torch.arange(classes) + _uniform(rng)) / classes
    corners = _on_circle(turns) * 2 / math.sin(math.pi / classes)
    centres = torch.cat([corners, _normal(rng, classes, inputs - 2)], dim=1)
    y = torch.arange(classes).repeat(50)
    return _split("clouds", rng, centres[y] + 0.4 * _normal(rng, len(y), inputs), y, unseen=20 * classes)


def rings(rng: Generator) -> Split:
    """Return two rings, one inside the other: no straight line separates them."""
    y = torch.arange(2).repeat(150)
    radii = torch.tensor(RADII, dtype=torch.float64)[y] + 0.6 * (_uniform(rng, len(y)) - 0.5)
    return _split("rings", rng, _on_circle(2 * math.pi * _uniform(rng, len(y))) * radii[:, None], y, unseen=100)


def measured(kind: str, rng: Generator) -> Split:
    """Return some of the irises, or of the handwritten digits 0 to 4, which a small network can classify well."""
    x, y = _data_set(kind)
    some = torch.randperm(len(x), generator=rng)[: SEEN[kind] + UNSEEN[kind]]
    return _split(kind, rng, x[some], y[some], unseen=UNSEEN[kind])


def labels(split: Split) -> Tensor:
    """Return the labels of the unseen points (m,): by the nearest centre, the radius or the data set."""
    match split.kind:
        case "clouds":
            centres = torch.stack([split.x[split.y == c].mean(0) for c in range(split.classes)])
            return torch.cdist(split.points, centres).argmin(1)
        case "rings":
            outer: Tensor = split.points.norm(dim=1) > sum(RADII) / 2
            return outer.to(torch.int64)
    known, answers = _data_set(split.kind)
    return answers[torch.cdist(split.points, known).argmin(1)]


def labels_again(split: Split) -> Tensor:
    """Return the same labels in another way: by the nearest seen point, or by the equal row of the data set."""
    if split.kind in ("clouds", "rings"):
        return split.y[torch.cdist(split.points, split.x).argmin(1)]
    known, answers = _data_set(split.kind)
    return torch.stack([answers[(known == point).all(1)][0] for point in split.points])


def _split(kind: str, rng: Generator, x: Tensor, y: Tensor, *, unseen: int) -> Split:
    order = torch.randperm(len(x), generator=rng)
    seen = order[unseen:]
    return Split(kind=kind, x=x[seen], y=y[seen], classes=int(y.max()) + 1, points=x[order[:unseen]])


def _data_set(kind: str) -> tuple[Tensor, Tensor]:
    if kind == "irises":
        return datasets.iris()
    x, y = datasets.digits()
    return x[y < 5], y[y < 5]


def _on_circle(turns: Tensor) -> Tensor:
    return torch.stack([turns.cos(), turns.sin()], dim=1)


def _normal(rng: Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def _uniform(rng: Generator, *shape: int) -> Tensor:
    return torch.rand(shape, generator=rng, dtype=torch.float64)
