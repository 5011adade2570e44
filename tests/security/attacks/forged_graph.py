"""Sends autograd graphs that are not graphs: cycles, edges to missing nodes, wrong types."""
import itertools
import sys

import torch

evaluate = sys.modules["grader.harness.child.evaluate"]
circle = {"nodes": [{"id": i, "name": "SinBackward0", "shape": None} for i in range(150)], "capped": False}
GRAPHS = itertools.cycle([
    circle | {"edges": [[i, (i + step) % 150] for step in (0, 1, 75, 149) for i in range(150)]},
    circle | {"edges": [[0, 10**9]]},
    circle | {"edges": [[True, False]] * 600},
    {"nodes": 5, "edges": {}, "capped": None},
    {"nodes": [{}], "edges": [], "capped": False},
    {"nodes": [{"id": 0, "name": "<script>alert(1)</script>", "shape": [-1]}], "edges": [], "capped": False},
])
real = evaluate.evaluate

def forging(*args):
    document, tensors = real(*args)
    return document | {"graph": next(GRAPHS)}, tensors

sys.modules["grader.harness.child.main"].evaluate = forging

def sin_derivatives(x):
    return torch.zeros_like(x), torch.zeros_like(x)

def derivatives_of(f, x):
    return sin_derivatives(x)
