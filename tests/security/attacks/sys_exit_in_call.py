"""Raises SystemExit with success in the middle of a call."""
import sys

def sin_derivatives(*args):
    sys.exit(0)

derivatives_of = sin_derivatives
