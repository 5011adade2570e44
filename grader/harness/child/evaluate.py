"""Calls an entry of a loaded submission and records what happens. Runs in the child, beside the learner's code.

The learner can have patched anything that this module uses, and so forge an observation. That is harmless: the grader
only compares observations with the correct values. The functions that are bound here at import (`torch.equal`) protect
against a patch by accident.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.harness.child.errors import describe_error, look_up
from grader.harness.child.functions import make_function
from grader.harness.child.graph import walk
from grader.harness.child.models import make_model
from grader.harness.child.probes import PROBES
from grader.harness.wire.values import Decoder, Encoder

# Part of torch's error if a GPU got an index out of range. The GPU then refuses all further work of the process.
GPU_REFUSES = "device-side assert"

_equal = torch.equal
_clock = time.perf_counter


def _live_result(function: Any, args: Sequence[Tensor]) -> Tensor:
    with torch.enable_grad():  # the submission could have switched it off
        result: Tensor = function(*args)
    return result


MAKE: dict[str, Callable[..., Any]] = {"function": make_function, "model": make_model, "result": _live_result}


def evaluate(
    namespace: Mapping[str, Any],
    call: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    device: str | None = None,
    describe: Callable[[BaseException], dict[str, Any]] | None = None,
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the observation of one call as a JSON document and its tensors.

    `call` is {"entry", "args", "probe", "options"} as `grader.sandboxes` encodes it; its tensors are moved to `device`.
    An exception of the learner's code is part of the observation. Raises MemoryError, which ends the run. A GPU reports
    an index out of range late, sometimes only when the inputs of the next call are moved to it: that counts as the
    learner's error, too. `describe` is called with an exception instead of `describe_error`: a debugger uses that.
    """
    try:
        return _evaluate(namespace, call, tensors, device, describe or describe_error)
    except RuntimeError as error:
        if GPU_REFUSES not in str(error):
            raise
        return _document(error=describe_error(error), seconds=0.0, modified=[]), {}


def _evaluate(
    namespace: Mapping[str, Any],
    call: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    device: str | None,
    describe: Callable[[BaseException], dict[str, Any]],
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    decoder = Decoder(tensors, make=MAKE, device=device)
    args = decoder.decode(call["args"])
    options = decoder.decode(call["options"])
    before = [_copy(arg) for arg in args]
    encoder = Encoder()
    document = _document()
    start = _clock()
    try:
        value = PROBES[call["probe"]](look_up(namespace, call["entry"]), args, options)
        document["seconds"] = _clock() - start
        document["graph"] = _graph(value) if options.get("graph") else None
        document["value"] = encoder.encode(value)
    except MemoryError:
        raise
    except BaseException as error:
        document["seconds"] = _clock() - start
        document["value"] = None
        document["error"] = describe(error)
        encoder.tensors.clear()
    refused = document["error"] is not None and GPU_REFUSES in document["error"]["message"]
    pairs = [] if refused else enumerate(zip(before, args, strict=True))
    document["modified"] = [i for i, (old, new) in pairs if not _same(old, new)]
    return document, encoder.tensors


def _document(**known: Any) -> dict[str, Any]:
    return {"value": None, "error": None, "graph": None, **known}


def _graph(value: Any) -> dict[str, Any] | None:
    root = value.get("value") if isinstance(value, dict) else value
    return walk(root) if type(root) is Tensor else None


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(item) for item in value]
    return None


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Tensor):
        return isinstance(new, Tensor) and old.dtype == new.dtype and _equal(old, new.detach())
    if isinstance(old, dict):
        return all(key in new and _same(item, new[key]) for key, item in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(_same(a, b) for a, b in zip(old, new, strict=True))
    return True
