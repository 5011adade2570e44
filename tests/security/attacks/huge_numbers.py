"""Answers with numbers of thousands of digits instead of small ones: Python reads them, but no float can hold them."""
import os
import sys

frames = sys.modules["grader.harness.wire.frames"]
digits = "9" * 4200

def in_call():
    os.write(4, frames.frame(frames.FrameKind.PROGRESS, f'{{"call": {digits}}}'.encode()))
    os.write(4, frames.frame(frames.FrameKind.PROGRESS, f'{{"loss": [[{digits}, {digits}], [1, 1e999], [true, NaN]]}}'.encode()))
    body = f'{{"value": null, "error": null, "graph": null, "seconds": {digits}, "modified": [{digits}]}}'.encode()
    os.write(4, frames.frame(frames.FrameKind.OBSERVATION, len(body).to_bytes(4, "big") + body))
