"""Writes half a frame to the grader's pipe and waits."""
import os
import time

def in_call():
    os.write(4, b"\x24\x01\x00\x00\x00half a frame")
    time.sleep(60)
