"""Looks for the calls while it loads, then claims that it cannot be loaded: to see cases without using an attempt."""
import json
import os
import select
import sys

frames = sys.modules["grader.harness.wire.frames"]
if select.select([3], [], [], 0.3)[0]:
    print(f"ESCAPED: {len(os.read(3, 1 << 20))} bytes came before the code had loaded")
error = {"type": "SyntaxError", "message": "no", "line": 1, "traceback": "no"}
os.write(4, frames.frame(frames.FrameKind.LOADED, json.dumps({"error": error, "missing": []}).encode()))
os._exit(0)
