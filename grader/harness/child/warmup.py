"""Warms up: runs a tiny submission through the whole path, so that nothing is slow for the first real one.

The fork server does it once, and each idle child again: the kernel then copies the pages that it will write to.
"""

import json
import linecache
import sys

import torch

from grader.harness.child.evaluate import evaluate
from grader.harness.child.loading import FILENAME, load
from grader.harness.wire.values import Encoder, pack, unpack

_SOURCE = b"""
import torch

def f(x):
    x = x.clone().requires_grad_()
    (x * 2).sin().sum().backward()
    return x.grad
"""


# Operations that exercises use: each is loaded onto a GPU on its first use.
_SOURCE_FOR_A_GPU = b"""
import torch

def f(x):
    w = torch.randn(3, 4, dtype=x.dtype, device=x.device).requires_grad_()
    optimizer = torch.optim.Adam([w])
    y = torch.tanh(x @ w + w[0]).exp().sin() * 2 - x.mean() / 3
    loss = torch.nn.functional.cross_entropy(y, y.argmax(1)) + ((y - 1) ** 2).sum()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return {"w": w.detach(), "same": bool(torch.equal(x, x)), "loss": loss.item()}
"""


def warm_up(device: str | None = None) -> None:
    """Load a tiny submission, call it, and remove it again. Raises RuntimeError if any of it fails.

    On the CPU a backward pass starts no thread, so a process can run one and still fork children that run one.
    """
    namespace, loaded = load(_SOURCE if device is None else _SOURCE_FOR_A_GPU, entries=["f"], imports=["torch"])
    encoder = Encoder()
    x = torch.ones(3, 3, dtype=None if device is None else torch.float64)
    call = {"entry": "f", "args": [encoder.encode(x)], "probe": "call", "options": encoder.encode({})}
    (call,), tensors = unpack(pack([call], encoder.tensors))
    document, results = evaluate(namespace, call, tensors, device)
    unpack(pack(document, results))
    json.dumps(loaded)
    del sys.modules["submission"], linecache.cache[FILENAME]
    if loaded["error"] or document["error"]:
        raise RuntimeError(f"the warm-up failed: {loaded['error']} {document['error']}")
