"""Returns megabytes of text and of numbers that JSON cannot hold."""
def sin_derivatives(*args):
    return ["x" * 20_000] * 1000, 10**5000, float("nan"), {"k" * 10_000: [1.0] * 100_000}

derivatives_of = sin_derivatives
