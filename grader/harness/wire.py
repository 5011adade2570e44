"""The language spoken over the border: values as strict JSON beside safetensors.

A message is one JSON document and one safetensors block:

    4 bytes  length of the JSON document, big endian
    n bytes  the JSON document
    rest     safetensors, tensors named "0", "1", ...

In the document a value is a JSON scalar, a list, or an object with the key "$" that says what it stands for:

    {"$": "tensor", "i": 0, "requires_grad": true, ...}     {"$": "tuple", "items": [...]}
    {"$": "dict", "items": [[key, value], ...]}              {"$": "float", "value": "nan"}
    {"$": "function", "name": ..., "params": ...}            {"$": "model", "name": ..., "params": ...}
    {"$": "result", "function": ..., "args": [...]}          {"$": "other", "type": "..."}

The grader's side reads what a learner may have written, so `unpack` checks sizes before it parses, and `Decoder`
refuses whatever is not spelled exactly so.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

MAX_DOCUMENT = 4 * 1024 * 1024
MAX_TENSORS = 4096
MAX_TENSOR_HEADER = 512 * 1024
MAX_DEPTH = 32
MAX_ITEMS = 20_000
MAX_TEXT = 20_000


class WireError(ValueError):
    """A message is not what this module writes."""


@dataclass(frozen=True, slots=True)
class Function:
    """A callable made by the harness from `grader.harness.functions`; it travels by name."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A `torch.nn.Module` made by the harness from `grader.harness.models`; it travels by name, with its weights."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of a harness function on tensors that require grad: a root of an autograd graph."""

    function: Function
    args: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """A value of a type that does not cross the border."""

    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorFacts:
    """What the harness saw of a tensor before it was detached and copied to the CPU."""

    requires_grad: bool = False
    is_leaf: bool = True
    device: str = "cpu"


class Encoder:
    """Turns values into JSON documents and collects their tensors."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._items = 0

    def encode(self, value: Any) -> Any:
        """Return the document of `value`; a value of an unknown type becomes an "other" of that type's name.

        WireError where it has more parts than a decoder takes.
        """
        self._items = 0
        return self._encode(value)

    def _encode(self, value: Any) -> Any:
        self._items += 1
        if self._items > MAX_ITEMS or len(self.tensors) > MAX_TENSORS:
            raise WireError("the value has too many parts to be looked at")
        match value:
            case None | bool() | str():
                return value[:MAX_TEXT] if isinstance(value, str) else value
            case int():
                return value if abs(value) < 2**63 else {"$": "other", "type": "int"}
            case float():
                return value if math.isfinite(value) else {"$": "float", "value": repr(value)}
            case Tensor():
                return self._tensor(value)
            case list():
                return [self._encode(item) for item in value]
            case tuple():
                return {"$": "tuple", "items": [self._encode(item) for item in value]}
            case Mapping():
                return {"$": "dict", "items": [[self._encode(key), self._encode(item)] for key, item in value.items()]}
            case Function() | Model():
                kind = "function" if isinstance(value, Function) else "model"
                return {"$": kind, "name": value.name, "params": self._encode(dict(value.params))}
            case Applied():
                return {"$": "result", "function": self._encode(value.function), "args": self._encode(list(value.args))}
            case Other():
                return {"$": "other", "type": value.type}
            case _:
                return {"$": "other", "type": type(value).__name__[:100]}

    def _tensor(self, value: Tensor) -> Any:
        # Other subclasses of Tensor can lie about everything, and sparse or quantised ones have no plain bytes.
        if type(value) not in (Tensor, torch.nn.Parameter):
            return {"$": "other", "type": type(value).__name__[:100]}
        if value.layout is not torch.strided or value.is_quantized or value.is_complex() or value.is_meta:
            return {"$": "other", "type": f"{str(value.layout).removeprefix('torch.')} {value.dtype} tensor"}
        index = str(len(self.tensors))
        # A copy of its own: safetensors refuses tensors that share memory, and a view may hide a large storage.
        self.tensors[index] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {
            "$": "tensor",
            "i": int(index),
            "requires_grad": value.requires_grad,
            "is_leaf": value.is_leaf,
            "device": str(value.device),
        }


class Decoder:
    """Turns JSON documents back into values, exactly as `Encoder` spelled them; all else is a WireError."""

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        make: Mapping[str, Callable[..., Any]] | None = None,
        device: str | None = None,
    ) -> None:
        """Decode with these tensors.

        `make` turns "function", "model" and "result" into live objects, and `device` takes tensors to where they are
        asked for: both are for the inside of the sandbox, where each tensor decoded is a fresh copy that requires grad
        if its fact says so.
        """
        self.tensors = tensors
        self.make = make or {}
        self.device = device
        self.facts: dict[str, TensorFacts] = {}
        self._items = 0

    def decode(self, document: Any, path: str = "", depth: int = 0) -> Any:
        """Return the value of `document`; the facts of its tensors are kept in `facts` by their path."""
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            raise WireError("the value is nested too deeply or has too many parts")
        match document:
            case int() if abs(document) >= 2**63:
                raise WireError("a whole number has more than 64 bits")
            case None | bool() | int() | float() | str():
                return document
            case list():
                return [self.decode(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(document)]
            case {"$": "tuple", "items": list(items), **rest} if not rest:
                return tuple(self.decode(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(items))
            case {"$": "dict", "items": list(items), **rest} if not rest:
                return dict(self._pair(pair, path, depth) for pair in items)
            case {"$": "float", "value": "nan" | "inf" | "-inf" as text, **rest} if not rest:
                return float(text)
            case {"$": "other", "type": str(name), **rest} if not rest:
                return Other(name)
            case {"$": "tensor", "i": int(index), **rest}:
                return self._tensor(index, rest, path)
            case {"$": str(kind), **rest} if kind in self.make:
                parts = {str(key): self.decode(item, f"{path}.{key}", depth + 1) for key, item in rest.items()}
                return self.make[kind](**parts)
        raise WireError("a value is not spelled as the harness spells it")

    def _pair(self, pair: Any, path: str, depth: int) -> tuple[Any, Any]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise WireError("a dict's item is not a pair")
        key = self.decode(pair[0], path, depth + 1)
        if not isinstance(key, str | int | float | bool | None):
            raise WireError("a dict's key is not a plain value")
        return key, self.decode(pair[1], f"{path}[{key!r}]", depth + 1)

    def _tensor(self, index: int, facts: Mapping[Any, Any], path: str) -> Tensor:
        match facts:
            case {"requires_grad": bool(tracked), "is_leaf": bool(leaf), "device": str(device), **rest} if not rest:
                self.facts[path] = TensorFacts(requires_grad=tracked, is_leaf=leaf, device=device[:20])
            case _:
                raise WireError("a tensor's facts are not spelled as the harness spells them")
        if str(index) not in self.tensors:
            raise WireError(f"tensor {index} is missing")
        tensor = self.tensors[str(index)]
        if not self.make:
            return tensor
        return tensor.to(self.device, copy=True).requires_grad_(self.facts[path].requires_grad)


def pack(document: Any, tensors: Mapping[str, Tensor]) -> bytes:
    """Return one message of a JSON document and its tensors."""
    text = json.dumps(document, allow_nan=False).encode()
    block = save_tensors(dict(tensors)) if tensors else b""
    return struct.pack(">I", len(text)) + text + block


def document_size(message: bytes) -> int:
    """Return the bytes that the JSON document of a message takes."""
    return int(struct.unpack_from(">I", message)[0])


def unpack(message: bytes) -> tuple[Any, dict[str, Tensor]]:
    """Return the JSON document and the tensors of one message, or raise WireError.

    Everything is bounded before it is parsed: a small file can hold a header of 200,000 empty tensors.
    """
    if len(message) < 4:
        raise WireError("the message is shorter than its header")
    (size,) = struct.unpack_from(">I", message)
    if size > MAX_DOCUMENT or 4 + size > len(message):
        raise WireError("the message's document is larger than allowed, or cut off")
    try:
        document = json.loads(message[4 : 4 + size], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("the message's document is not JSON") from error
    return document, _load_tensors(message[4 + size :])


def _load_tensors(block: bytes) -> dict[str, Tensor]:
    if not block:
        return {}
    if len(block) < 8:
        raise WireError("the tensor block is cut off")
    (header,) = struct.unpack_from("<Q", block)
    if header > MAX_TENSOR_HEADER or block.count(b'"data_offsets"', 0, 8 + header) > MAX_TENSORS:
        raise WireError("the tensor block has more tensors than allowed")
    try:
        return load_tensors(block)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise WireError("the tensor block is not safetensors") from error


def _refuse_constant(name: str) -> None:
    raise WireError(f"{name} is not JSON")
