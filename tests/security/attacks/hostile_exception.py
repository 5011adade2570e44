"""Raises an exception that cannot be described: its text raises, its name is very long."""
class Terrible(BaseException):
    def __str__(self):
        raise RuntimeError("no text for you")

Terrible.__name__ = "T" * 100_000

def sin_derivatives(*args):
    raise Terrible

derivatives_of = sin_derivatives
