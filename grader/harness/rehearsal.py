"""A dress rehearsal: a tiny submission through the whole path, so that what is slow the first time is behind a child.

The nursery does it once, and each child again while it waits: the pages that it will write to are its own then.
"""

import json
import linecache
import sys

import torch

from grader.harness.evaluate import evaluate
from grader.harness.loading import FILENAME, load
from grader.harness.wire import Encoder, pack, unpack

_SOURCE = b"""
import torch

def f(x):
    x = x.clone().requires_grad_()
    (x * 2).sin().sum().backward()
    return x.grad
"""


def rehearse() -> None:
    """Load a submission of our own, put a call to it, and forget it. Raises where any of it does not work.

    On the CPU a backward pass starts no thread, so the children of a process that has done one may do one, too.
    """
    namespace, told = load(_SOURCE, entries=["f"], imports=["torch"])
    encoder = Encoder()
    call = {"entry": "f", "args": [encoder.encode(torch.ones(3, 3))], "probe": "call", "options": encoder.encode({})}
    (call,), tensors = unpack(pack([call], encoder.tensors))
    document, results = evaluate(namespace, call, tensors)
    unpack(pack(document, results))
    json.dumps(told)
    del sys.modules["submission"], linecache.cache[FILENAME]
    if told["error"] or document["error"]:
        raise RuntimeError(f"the rehearsal failed: {told['error']} {document['error']}")
