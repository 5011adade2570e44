"""Samples the scalar losses of a training run: those on which `backward` is called. The page draws their curve.

Scoring never uses them. If a submission trains without `backward`, the page draws nothing.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

EVERY_SECONDS = 0.1
POINTS_AT_ONCE = 50
MAX_POINTS = 5000

Points = list[tuple[int, float]]


class Sampler:
    """Counts steps and reports (step, loss) of some of them, at most ten times a second."""

    def __init__(self, report: Callable[[Points], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._step = 0
        self._points: Points = []
        self._next = 0.0
        self._left = MAX_POINTS

    def take(self, loss: Tensor) -> None:
        """Count a step and note its loss. A loss on a GPU only if a report is due: reading it takes long."""
        now = self._clock()
        if len(self._points) < POINTS_AT_ONCE and (now >= self._next or not loss.is_cuda):
            self._points.append((self._step, float(loss.detach())))
        self._step += 1
        if now >= self._next:
            self._next = now + EVERY_SECONDS
            self.flush()

    def end_call(self) -> None:
        """Report what is left of a call; the steps of the next call count from 0, so that it is another training."""
        self.flush()
        self._step = 0

    def flush(self) -> None:
        """Report the points that were collected since the last report."""
        points, self._points = self._points[: self._left], []
        self._left -= len(points)
        if points:
            self._report(points)


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
