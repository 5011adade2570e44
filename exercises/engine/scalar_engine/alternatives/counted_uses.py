"""Counts how often each node is used; it is ready when all its users are done (Kahn's algorithm)."""

import math
from collections import Counter, deque


class Value:
    def __init__(self, data, *edges):
        self.data, self.edges, self.grad = float(data), edges, 0.0

    def __add__(self, o):
        o = lift(o)
        return Value(self.data + o.data, (self, 1), (o, 1))

    def __mul__(self, o):
        o = lift(o)
        return Value(self.data * o.data, (self, o.data), (o, self.data))

    def __pow__(self, n):
        return Value(math.pow(self.data, n), (self, n * math.pow(self.data, n - 1)))

    def __neg__(self):
        return Value(-self.data, (self, -1))

    def __sub__(self, o):
        return self.__add__(-lift(o))

    def __truediv__(self, o):
        return self * lift(o) ** -1

    def __radd__(self, o):
        return self + o

    def __rmul__(self, o):
        return self * o

    def __rsub__(self, o):
        return lift(o) - self

    def __rtruediv__(self, o):
        return lift(o) / self

    def exp(self):
        return Value(math.exp(self.data), (self, math.exp(self.data)))

    def tanh(self):
        grown = math.exp(2 * self.data)
        t = (grown - 1) / (grown + 1)
        return Value(t, (self, (1 - t) * (1 + t)))

    def relu(self):
        return Value(max(0, self.data), (self, 0 if self.data < 0 else 1))

    def backward(self):
        uses, waiting = Counter(), [self]
        seen = {id(self)}
        while waiting:
            for operand, _ in waiting.pop().edges:
                uses[id(operand)] += 1
                if id(operand) not in seen:
                    seen.add(id(operand))
                    waiting.append(operand)
        self.grad = 1.0
        ready = deque([self])
        while ready:
            current = ready.popleft()
            for operand, slope in current.edges:
                operand.grad += current.grad * slope
                uses[id(operand)] -= 1
                if uses[id(operand)] == 0:
                    ready.append(operand)


def lift(x):
    return x if isinstance(x, Value) else Value(x)
