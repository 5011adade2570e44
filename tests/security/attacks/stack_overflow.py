"""Recurses without end, in Python and beyond its stack."""
import sys

def in_call():
    sys.setrecursionlimit(1 << 30)
    f = lambda: f()
    f()
