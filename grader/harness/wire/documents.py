"""The JSON documents of the wire format (see `grader.harness.wire.values`), without tensors.

Standard library only: a child that must not have torch uses this file.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DOCUMENT = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_ITEMS = 20_000
MAX_BRACKETS = 200_000  # lists and objects in one document: once parsed, each takes twenty times its two bytes
MAX_TEXT = 20_000
MAX_NAME = 100  # characters of a type's name, and of a dict's key
MAX_PATH = 2000
MAX_LINE = 1_000_000
MAX_TENSORS = 4096


class WireError(ValueError):
    """A message is not in the format of this module."""


@dataclass(frozen=True, slots=True)
class Function:
    """A callable that `grader.harness.child.functions` makes; it is sent by name."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A `torch.nn.Module` that `grader.harness.child.models` makes; it is sent by name, with its weights."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of a `Function` on tensors that require grad: the root of an autograd graph."""

    function: Function
    args: tuple[Any, ...]  # tensors


@dataclass(frozen=True, slots=True)
class Other:
    """A value of a type that cannot be sent; only the name of the type is."""

    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorFacts:
    """The properties of a tensor before the harness detached it and copied it to the CPU."""

    requires_grad: bool = False
    is_leaf: bool = True
    device: str = "cpu"


class PlainEncoder:
    """Turns values into JSON documents and collects their tensors."""

    def __init__(self) -> None:
        self.tensors: dict[str, Any] = {}
        self._items = 0

    def encode(self, value: Any) -> Any:
        """Return the document of `value`; a value of an unknown type becomes an "other" with the type's name.

        Raises WireError if the value has more parts than a decoder accepts.
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
            case list():
                return [self._encode(item) for item in value]
            case tuple():
                return {"$": "tuple", "items": [self._encode(item) for item in value]}
            case Mapping():
                return {"$": "dict", "items": [[self._key(key), self._encode(item)] for key, item in value.items()]}
            case Function() | Model():
                kind = "function" if isinstance(value, Function) else "model"
                return {"$": kind, "name": value.name, "params": self._encode(dict(value.params))}
            case Applied():
                return {"$": "result", "function": self._encode(value.function), "args": self._encode(list(value.args))}
            case Other():
                return {"$": "other", "type": value.type}
            case _:
                return self._encode_other(value)

    def _encode_other(self, value: Any) -> Any:
        return {"$": "other", "type": type(value).__name__[:MAX_NAME]}

    def _key(self, key: Any) -> Any:
        if isinstance(key, str) and len(key) > MAX_NAME:
            raise WireError(f"a key of a dict is longer than {MAX_NAME} characters")
        return self._encode(key)


def legible(text: str) -> str:
    """Return the text with U+FFFD for what no database stores: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class PlainDecoder:
    """Turns the JSON documents of an encoder back into values. Raises WireError for every other document."""

    def __init__(
        self,
        tensors: Mapping[str, Any],
        make: Mapping[str, Callable[..., Any]] | None = None,
        device: str | None = None,
    ) -> None:
        """Decode with these tensors.

        `make` turns "function", "model" and "result" into live objects, and tensors are moved to `device`. Both are
        for use inside the sandbox: there each decoded tensor is a new copy, with the `requires_grad` of its facts.
        """
        self.tensors = tensors
        self.make = make or {}
        self.device = device
        self.facts: dict[str, TensorFacts] = {}
        self._items = 0

    def decode(self, document: Any, path: str = "", depth: int = 0) -> Any:
        """Return the value of `document`, and store the facts of its tensors in `facts` by their path."""
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS or len(path) > MAX_PATH:
            raise WireError("the value is nested too deeply or has too many parts")
        match document:
            case int() if abs(document) >= 2**63:
                raise WireError("a whole number has more than 64 bits")
            case str() if len(document) <= MAX_TEXT:
                return legible(document)
            case None | bool() | int() | float():
                return document
            case list():
                return [self.decode(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(document)]
            case {"$": "tuple", "items": list(items), **rest} if not rest:
                return tuple(self.decode(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(items))
            case {"$": "dict", "items": list(items), **rest} if not rest:
                return dict(self._pair(pair, path, depth) for pair in items)
            case {"$": "float", "value": "nan" | "inf" | "-inf" as text, **rest} if not rest:
                return float(text)
            case {"$": "other", "type": str(name), **rest} if not rest and len(name) <= MAX_NAME:
                return Other(legible(name))
            case {"$": "tensor", "i": int(index), **rest}:
                return self._tensor(index, rest, path)
            case {"$": str(kind), **rest} if kind in self.make:
                parts = {str(key): self.decode(item, f"{path}.{key}", depth + 1) for key, item in rest.items()}
                return self.make[kind](**parts)
        raise WireError("a value is not in the harness's format")

    def _pair(self, pair: Any, path: str, depth: int) -> tuple[Any, Any]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise WireError("a dict's item is not a pair")
        key = self.decode(pair[0], path, depth + 1)
        if not isinstance(key, str | int | float | bool | None):
            raise WireError("a dict's key is not a plain value")
        if isinstance(key, str) and len(key) > MAX_NAME:
            raise WireError("a dict's key is too long")
        return key, self.decode(pair[1], f"{path}[{key!r}]", depth + 1)

    def _tensor(self, index: int, facts: Mapping[Any, Any], path: str) -> Any:
        raise WireError("there is a tensor, and this decoder has no torch")


def pack_document(document: Any) -> bytes:
    """Return a message of a JSON document without tensors."""
    text = json.dumps(document, allow_nan=False).encode()
    return struct.pack(">I", len(text)) + text


def unpack_document(message: bytes) -> tuple[Any, bytes]:
    """Return the JSON document of a message and the bytes of its tensors. Raises WireError as `values.unpack` does."""
    if len(message) < 4:
        raise WireError("the message is shorter than its header")
    (size,) = struct.unpack_from(">I", message)
    if 4 + size > len(message) or is_too_large(message):
        raise WireError("the message's document is larger than allowed, or cut off")
    try:
        document = json.loads(message[4 : 4 + size], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("the message's document is not JSON") from error
    return document, message[4 + size :]


def is_too_large(message: bytes) -> bool:
    """Whether the JSON document of a message is larger, or has more lists and objects, than `unpack` accepts."""
    (size,) = struct.unpack_from(">I", message)
    return size > MAX_DOCUMENT or _brackets(message, size) > MAX_BRACKETS


def _brackets(message: bytes, size: int) -> int:
    return message.count(b"[", 4, 4 + size) + message.count(b"{", 4, 4 + size)


def _refuse_constant(name: str) -> None:
    raise WireError(f"{name} is not JSON")
