"""The wire format of values: strict JSON beside safetensors.

A message is one JSON document and one safetensors block:

    4 bytes  length of the JSON document, big endian
    n bytes  the JSON document
    rest     safetensors, tensors named "0", "1", ...

In the document a value is a JSON scalar, a list, or an object with a key "$" that names its type:

    {"$": "tensor", "i": 0, "requires_grad": true, ...}     {"$": "tuple", "items": [...]}
    {"$": "dict", "items": [[key, value], ...]}              {"$": "float", "value": "nan"}
    {"$": "function", "name": ..., "params": ...}            {"$": "model", "name": ..., "params": ...}
    {"$": "result", "function": ..., "args": [...]}          {"$": "other", "type": "..."}

The grader reads what a learner could have written. So `unpack` checks sizes before it parses, and `Decoder` refuses
everything that is not exactly in this format.
"""

import math
import struct
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from grader.harness.wire.documents import (
    MAX_BRACKETS,
    MAX_DEPTH,
    MAX_DOCUMENT,
    MAX_ITEMS,
    MAX_LINE,
    MAX_NAME,
    MAX_PATH,
    MAX_TENSORS,
    MAX_TEXT,
    Applied,
    Function,
    Model,
    Other,
    PlainDecoder,
    PlainEncoder,
    TensorFacts,
    WireError,
    is_too_large,
    legible,
    pack_document,
    unpack_document,
)

MAX_TENSOR_HEADER = 512 * 1024
MAX_DIMENSIONS = 16
MAX_EMPTY = 1_000_000  # entries that an empty tensor would have if its zeros were ones

DTYPES = frozenset(
    {
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    }
)
"""The dtypes that can be sent: those for which torch supports every operation."""


class Encoder(PlainEncoder):
    """Turns values into JSON documents and collects their tensors."""

    def _encode_other(self, value: Any) -> Any:
        return self._tensor(value) if isinstance(value, Tensor) else super()._encode_other(value)

    def _tensor(self, value: Tensor) -> Any:
        # Other subclasses of Tensor can override everything, and sparse or quantised ones have no plain bytes.
        if type(value) not in (Tensor, torch.nn.Parameter):
            return {"$": "other", "type": type(value).__name__[:MAX_NAME]}
        if value.layout is not torch.strided or value.is_quantized or value.is_meta or not is_plain(value):
            return {"$": "other", "type": f"{str(value.layout).removeprefix('torch.')} {value.dtype} tensor"}
        index = str(len(self.tensors))
        # Always a copy: safetensors refuses tensors that share memory, and a view can belong to a large storage.
        self.tensors[index] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {
            "$": "tensor",
            "i": int(index),
            "requires_grad": value.requires_grad,
            "is_leaf": value.is_leaf,
            "device": str(value.device),
        }


def is_plain(tensor: Tensor) -> bool:
    """Whether a tensor has a dtype and a shape that can be sent.

    An empty tensor takes no bytes however large its other dimensions are, but as nested lists it could take billions.
    """
    spread = math.prod(max(size, 1) for size in tensor.shape)
    return (
        tensor.dtype in DTYPES and tensor.dim() <= MAX_DIMENSIONS and (tensor.numel() == spread or spread <= MAX_EMPTY)
    )


class Decoder(PlainDecoder):
    """A decoder of documents with tensors."""

    def _tensor(self, index: int, facts: Mapping[Any, Any], path: str) -> Tensor:
        match facts:
            case {"requires_grad": bool(tracked), "is_leaf": bool(leaf), "device": str(device), **rest} if not rest:
                self.facts[path] = TensorFacts(requires_grad=tracked, is_leaf=leaf, device=device[:20])
            case _:
                raise WireError("a tensor's facts are not in the harness's format")
        if str(index) not in self.tensors:
            raise WireError(f"tensor {index} is missing")
        tensor: Tensor = self.tensors[str(index)]
        if not self.make:
            return tensor
        copied: Tensor = tensor.to(self.device, copy=True)
        return copied.requires_grad_(self.facts[path].requires_grad)


def pack(document: Any, tensors: Mapping[str, Tensor]) -> bytes:
    """Return one message of a JSON document and its tensors."""
    return pack_document(document) + (save_tensors(dict(tensors)) if tensors else b"")


def unpack(message: bytes) -> tuple[Any, dict[str, Tensor]]:
    """Return the JSON document and the tensors of one message. Raises WireError if it is too large or malformed.

    All sizes are checked before parsing: a small file can have a header with 200,000 empty tensors.
    """
    document, block = unpack_document(message)
    return document, _load_tensors(block)


def _load_tensors(block: bytes) -> dict[str, Tensor]:
    if not block:
        return {}
    if len(block) < 8:
        raise WireError("the tensor block is cut off")
    (header,) = struct.unpack_from("<Q", block)
    if header > MAX_TENSOR_HEADER or block.count(b'"data_offsets"', 0, 8 + header) > MAX_TENSORS:
        raise WireError("the tensor block has more tensors than allowed")
    try:
        tensors = load_tensors(block)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OverflowError) as error:
        raise WireError("the tensor block is not safetensors") from error
    if not all(map(is_plain, tensors.values())):
        raise WireError("a tensor is of a dtype or a shape that the harness does not send")
    return tensors


__all__ = [
    "DTYPES",
    "MAX_BRACKETS",
    "MAX_DEPTH",
    "MAX_DIMENSIONS",
    "MAX_DOCUMENT",
    "MAX_EMPTY",
    "MAX_ITEMS",
    "MAX_LINE",
    "MAX_NAME",
    "MAX_PATH",
    "MAX_TENSORS",
    "MAX_TENSOR_HEADER",
    "MAX_TEXT",
    "Applied",
    "Decoder",
    "Encoder",
    "Function",
    "Model",
    "Other",
    "PlainDecoder",
    "PlainEncoder",
    "TensorFacts",
    "WireError",
    "is_plain",
    "is_too_large",
    "legible",
    "pack",
    "pack_document",
    "unpack",
    "unpack_document",
]
