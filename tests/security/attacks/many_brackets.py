"""Answers with a million lists in an unused field: once parsed they take twenty times the memory of the message."""
import os
import sys

frames = sys.modules["grader.harness.wire.frames"]

def in_call():
    many = b"[" + b"[]," * 1_300_000 + b"[]]"
    body = b'{"value": null, "error": null, "graph": {"nodes": ' + many + b'}, "seconds": 0.0, "modified": []}'
    view = frames.frame(frames.FrameKind.OBSERVATION, len(body).to_bytes(4, "big") + body)
    while view:
        view = view[os.write(4, view) :]
