"""What a child makes calls with if the exercise forbids torch: nothing here, or below, imports it.

Such a child is a fork of the supervisor, which has never imported torch. So there is no torch in its memory to be
found, and Landlock keeps it from the packages on the disk.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from grader.harness.child.errors import describe_error, look_up
from grader.harness.child.main import Evaluator
from grader.harness.child.plain_probes import PLAIN_PROBES
from grader.harness.wire.documents import PlainDecoder, PlainEncoder, WireError, pack_document, unpack_document

_clock = time.perf_counter


def evaluate(
    namespace: Mapping[str, Any],
    call: Mapping[str, Any],
    tensors: Mapping[str, Any],
    device: str | None = None,
    describe: Callable[[BaseException], dict[str, Any]] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the observation of one call (see `child.evaluate`). Raises MemoryError, which ends the run."""
    decoder = PlainDecoder({})
    args, options = decoder.decode(call["args"]), decoder.decode(call["options"])
    document: dict[str, Any] = {"value": None, "error": None, "graph": None, "modified": []}
    start = _clock()
    try:
        value = PLAIN_PROBES[call["probe"]](look_up(namespace, call["entry"]), args, options)
        document["seconds"] = _clock() - start
        document["value"] = PlainEncoder().encode(value)
    except MemoryError:
        raise
    except BaseException as error:
        document["seconds"] = _clock() - start
        document["value"] = None
        document["error"] = (describe or describe_error)(error)
    return document, {}


def _reset() -> None:
    random.seed(0)


def _pack(document: Any, tensors: Mapping[str, Any]) -> bytes:
    return pack_document(document)


def _unpack(message: bytes) -> tuple[Any, Mapping[str, Any]]:
    document, block = unpack_document(message)
    if block:
        raise WireError("there are tensors, and this child has no torch")
    return document, {}


PLAIN = Evaluator(reset=_reset, evaluate=evaluate, pack=_pack, unpack=_unpack, stream_losses=None)
