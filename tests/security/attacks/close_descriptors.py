"""Closes every descriptor."""
import os

def in_call():
    os.closerange(0, 256)
