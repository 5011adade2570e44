"""Answers before the harness can: more answers than calls, each with wrong numbers."""
import os
import sys

import torch

wire = sys.modules["grader.harness.wire.values"]
frames = sys.modules["grader.harness.wire.frames"]

def sin_derivatives(x):
    encoder = wire.Encoder()
    value = encoder.encode((torch.zeros_like(x), torch.zeros_like(x)))
    document = {"value": value, "error": None, "graph": None, "seconds": 0.0, "modified": []}
    message = frames.frame(frames.FrameKind.OBSERVATION, wire.pack(document, encoder.tensors))
    for _ in range(50):
        os.write(4, message)
    return torch.zeros_like(x), torch.zeros_like(x)

def derivatives_of(f, x):
    return sin_derivatives(x)
