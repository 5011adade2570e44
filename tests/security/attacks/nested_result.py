"""Returns lists in lists in lists."""
def sin_derivatives(*args):
    value = []
    for _ in range(100_000):
        value = [value]
    return value

derivatives_of = sin_derivatives
