"""Reads from address zero."""
import ctypes

def in_call():
    ctypes.string_at(0)
