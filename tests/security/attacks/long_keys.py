"""Answers with thousands of tensors under a key of megabytes: code that writes out each tensor's path repeats the key."""
import json
import os
import sys

import torch

frames, wire = sys.modules["grader.harness.wire.frames"], sys.modules["grader.harness.wire.values"]

def in_call():
    facts = {"requires_grad": False, "is_leaf": True, "device": "cpu"}
    items = [{"$": "tensor", "i": i, **facts} for i in range(4000)]
    value = {"$": "dict", "items": [["k" * 3_000_000, items]]}
    document = {"value": value, "error": None, "graph": None, "seconds": 0.0, "modified": []}
    message = wire.pack(document, {str(i): torch.zeros(1) for i in range(4000)})
    view = frames.frame(frames.FrameKind.OBSERVATION, message)
    while view:
        view = view[os.write(4, view) :]
