"""Puts something else in the place of the keeper's bell, and answers in silence."""
import os


def in_call():
    os.dup2(os.open("/dev/null", os.O_WRONLY), 5)
