"""Writes out every operator, and needs no minus sign in front of a node."""

import math


class Value:
    def __init__(self, data, shares=()):
        self.data = data
        self.grad = 0.0
        self.shares = shares

    def __add__(self, other):
        other = node(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = node(other)
        return Value(self.data - other.data, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = node(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __truediv__(self, other):
        other = node(other)
        result = self.data / other.data
        return Value(result, ((self, 1 / other.data), (other, -result / other.data)))

    def __pow__(self, exponent):
        return Value(self.data**exponent, ((self, exponent * self.data ** (exponent - 1)),))

    def __radd__(self, other):
        return node(other) + self

    def __rsub__(self, other):
        return node(other) - self

    def __rmul__(self, other):
        return node(other) * self

    def __rtruediv__(self, other):
        return node(other) / self

    def tanh(self):
        result = math.tanh(self.data)
        return Value(result, ((self, 1 - result**2),))

    def exp(self):
        result = math.exp(self.data)
        return Value(result, ((self, result),))

    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def backward(self):
        self.grad = 1.0
        for value in reversed(list(ordered(self, set()))):
            for operand, slope in value.shares:
                operand.grad += slope * value.grad


def node(number):
    return number if isinstance(number, Value) else Value(number)


def ordered(value, met):
    if id(value) in met:
        return
    met.add(id(value))
    for operand, _ in value.shares:
        yield from ordered(operand, met)
    yield value
