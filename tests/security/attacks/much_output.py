"""Prints ten megabytes and goes on."""
import sys

def in_call():
    sys.stdout.write("x" * 10_000_000)
    sys.stderr.write("y" * 10_000_000)
