"""Numbers the nodes as they are made: the latest first is a topological order, without any recursion."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field

CLOCK = itertools.count()


@dataclass(eq=False)
class Value:
    data: float
    parts: list[tuple[Value, float]] = field(default_factory=list)
    grad: float = 0.0
    born: int = field(default_factory=CLOCK.__next__)

    def __lt__(self, other: Value) -> bool:
        return self.born > other.born

    def __add__(self, other: Value | float) -> Value:
        other = node(other)
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other: Value | float) -> Value:
        other = node(other)
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def __pow__(self, n: float) -> Value:
        return Value(self.data**n, [(self, n * self.data ** (n - 1))])

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Value:
        return -1 * self

    def __sub__(self, other: Value | float) -> Value:
        return self + (-1) * node(other)

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __truediv__(self, other: Value | float) -> Value:
        return self * node(other) ** -1

    def __rtruediv__(self, other: float) -> Value:
        return other * self**-1

    def tanh(self) -> Value:
        return Value(math.tanh(self.data), [(self, 1 / math.cosh(self.data) ** 2)])

    def exp(self) -> Value:
        return Value(math.exp(self.data), [(self, math.exp(self.data))])

    def relu(self) -> Value:
        return self if self.data > 0 else self * 0

    def backward(self) -> None:
        self.grad = 1.0
        heap, known = [self], {self.born}
        while heap:
            current = heapq.heappop(heap)
            for part, slope in current.parts:
                part.grad += slope * current.grad
                if part.born not in known:
                    known.add(part.born)
                    heapq.heappush(heap, part)
        print("visited", len(known), "nodes")


def node(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(float(x))
