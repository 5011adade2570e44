"""Samples the scalar losses of a training run: those on which `backward` is called. The page draws their curve.

Scoring never uses them. If a submission trains without `backward`, the page draws nothing.
"""

import time
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

EVERY_SECONDS = 0.1
POINTS_AT_ONCE = 50
MAX_POINTS = 5000
MAX_TRAININGS = 40
# How far down a graph a leaf is looked for: far enough for most models, and microseconds.
DEPTH = 100

Points = list[tuple[int, float]]


class Sampler:
    """Counts the steps of each training and reports (step, loss) of some of them, at most ten times a second.

    The steps of a training count from 0, so a step that is not higher than the one before begins another training.
    """

    def __init__(self, report: Callable[[Points], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._step = 0
        self._points: Points = []
        self._next = 0.0
        self._left = MAX_POINTS
        self._trainings_left = MAX_TRAININGS
        self._model = _Model()

    def take(self, loss: Tensor) -> None:
        """Count a step and note its loss. A loss on a GPU only if a report is due: reading it takes long."""
        if self._model.is_another(_first_leaf(loss)):
            self._begin_training()
        now = self._clock()
        if now >= self._next or not loss.is_cuda:
            self._note(float(loss.detach()))
        self._step += 1
        if now >= self._next:
            self._next = now + EVERY_SECONDS
            self.flush()

    def _note(self, loss: float) -> None:
        # If many steps come at once, the first ones and the last are kept.
        if len(self._points) == POINTS_AT_ONCE:
            self._points.pop()
        self._points.append((self._step, loss))

    def end_call(self) -> None:
        """Report what is left of a call. The next call is another training."""
        self._begin_training()
        self._model = _Model()

    def _begin_training(self) -> None:
        self.flush()
        self._trainings_left -= self._step > 1  # one step is no training
        self._step = 0

    def flush(self) -> None:
        """Report the points that were collected since the last report."""
        points, self._points = self._points[: self._left], []
        self._left -= len(points)
        if points and self._trainings_left > 0:
            self._report(points)


class _Model:
    """Recognises that another model is trained, by the first leaf below the loss.

    An optimizer keeps the leaf. Code that makes new leaves in every step is one training, since a leaf counts only if
    two steps in a row had it.
    """

    def __init__(self) -> None:
        self._leaf: Callable[[], Tensor | None] = lambda: None
        self._is_kept = False

    def is_another(self, leaf: Tensor | None) -> bool:
        """Return whether this step's leaf belongs to another model than the leaf of the step before."""
        if leaf is None:
            return False
        is_same, was_kept = self._leaf() is leaf, self._is_kept
        self._leaf, self._is_kept = weakref.ref(leaf), is_same
        return was_kept and not is_same


def _first_leaf(loss: Tensor) -> Tensor | None:
    """Return the leaf at the end of the first path down the graph; None if that path is long or has none."""
    node: Any = loss.grad_fn
    for _ in range(DEPTH):
        if node is None:
            return None
        leaf = getattr(node, "variable", None)
        if isinstance(leaf, Tensor):
            return leaf
        node = next((child for child, _ in node.next_functions if child is not None), None)
    return None


def stream(report: Callable[[Points], None]) -> Sampler:
    """Report the losses of this process from now on. Call `end_call` of the returned sampler when a call has ended."""
    sampler = Sampler(report)
    original: Callable[..., None] = torch.Tensor.backward

    def backward(self: Tensor, *args: Any, **kwargs: Any) -> None:
        if self.numel() == 1:
            sampler.take(self)
        original(self, *args, **kwargs)

    backward.__doc__ = original.__doc__
    torch.Tensor.backward = backward  # type: ignore[method-assign]  # in this child only
    return sampler
