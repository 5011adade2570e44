"""Raises an exception with fifty megabytes of text, from a thousand frames deep."""
def deeper(n):
    if n:
        return deeper(n - 1)
    raise ValueError("x" * 50_000_000)

def sin_derivatives(*args):
    deeper(900)

derivatives_of = sin_derivatives
