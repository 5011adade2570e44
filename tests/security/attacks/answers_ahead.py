"""Answers every call before it was made, and loads a second time: an answer must belong to the call that is next."""
import json
import os
import sys

import torch

frames, wire = sys.modules["grader.harness.wire.frames"], sys.modules["grader.harness.wire.values"]
zeros = torch.zeros(3, dtype=torch.float64)
encoder = wire.Encoder()
document = {"value": encoder.encode((zeros, zeros)), "error": None, "graph": None, "seconds": 0.0, "modified": []}
answer = frames.frame(frames.FrameKind.OBSERVATION, wire.pack(document, encoder.tensors))
loaded = frames.frame(frames.FrameKind.LOADED, json.dumps({"error": None, "missing": []}).encode())
os.write(4, loaded + answer * 9)
os._exit(0)
