"""Announces an answer of four gigabytes."""
import os

def in_call():
    os.write(4, b"\x24\xff\xff\xff\xff")
