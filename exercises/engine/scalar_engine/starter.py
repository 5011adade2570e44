import math


class Value:
    """A number that remembers how it was computed."""

    def __init__(self, data, operands=(), slopes=()):
        self.data = float(data)
        self.grad = 0.0
        self.operands = operands  # the Values that this one was computed from
        self.slopes = slopes  # how much this one changes when each of them changes

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    # The other operators and functions go here.

    def backward(self):
        """Fill .grad of every node that this one was computed from."""
        self.grad = 1.0
        # In which order must the nodes pass their gradients on?
