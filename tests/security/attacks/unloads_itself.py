"""Says that it has loaded, reads the calls, and says that it has not: to see cases without using an attempt."""
import json
import os
import select
import sys

frames = sys.modules["grader.harness.wire.frames"]
LOADED = frames.FrameKind.LOADED
os.write(4, frames.frame(LOADED, json.dumps({"error": None, "missing": []}).encode()))
os.write(5, b"!")
select.select([3], [], [], 5)
calls = os.read(3, 1 << 20)
if b"tolerance" in calls or b"truth" in calls or b"seed" in calls:
    print("ESCAPED: found more than inputs")
error = {"type": "SyntaxError", "message": "no", "line": 1, "traceback": "no"}
os.write(4, frames.frame(LOADED, json.dumps({"error": error, "missing": []}).encode()))
os._exit(0)
