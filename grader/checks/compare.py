"""Compare a value with the truth: exact type, shape and dtype, and numbers within the tolerance.

Lists, tuples and named tuples are one thing: only their parts count.

Tolerances are relative to the size of the reference, so zeros cannot pass as small gradients. The comparison asks if
an error is within the bound, not if it is beyond it: NaN is never within a bound, so NaN always fails.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from grader.checks.failures import Mismatch
from grader.checks.places import Path, name_of, sentence_start
from grader.checks.show import show, show_apart, show_index, show_type
from grader.harness.wire.values import Other
from grader.packages.cases import Floats
from grader.packages.manifest import Tolerance


def is_close(got: Tensor, expected: Tensor, tolerance: Tolerance) -> bool:
    """Whether `got` has the shape of `expected` and every entry is within `rtol * |e| + atol * max|e|` of it."""
    if got.shape != expected.shape:
        return False
    return bool(within(got, expected, tolerance).all())


def within(got: Tensor, expected: Tensor, tolerance: Tolerance) -> Tensor:
    """Return, entry by entry, whether `got` is within the tolerance of `expected` (same shapes); a bool tensor."""
    got, expected = got.to(torch.float64), expected.to(torch.float64)
    size = expected.abs()
    scale = float(size.max()) if size.numel() else 0.0
    bound = tolerance.rtol * size + tolerance.atol * (scale if scale > 0 else 1.0)
    # If the expected entry is infinite, the bound is infinite too, so the entry must match exactly.
    return torch.where(torch.isfinite(expected), (got - expected).abs() <= bound, got == expected)


def compare(got: Any, expected: Any, tolerance: Tolerance) -> None:
    """Raise Mismatch, for the first part that differs, unless `got` is `expected` within the tolerance.

    Both are nested values of tensors, numbers, strings, None, lists, tuples and dicts. A list and a tuple of the same
    parts are the same.
    """
    for part_got, part_expected, path in parts(got, expected, whole=(got, expected)):
        _compare_part(part_got, part_expected, path, tolerance, whole=(got, expected))


def parts(got: Any, expected: Any, path: Path = (), *, whole: tuple[Any, Any]) -> Iterator[tuple[Any, Any, Path]]:
    """Walk both values in step and yield their leaves with the path. Raises Mismatch if their structures differ."""
    match expected:
        case list() | tuple():
            _same_structure(got, expected, path, whole)
            for i, (a, b) in enumerate(zip(got, expected, strict=True)):
                yield from parts(a, b, (*path, i), whole=whole)
        case Mapping():
            _same_keys(got, expected, path, whole)
            for key in expected:
                yield from parts(got[key], expected[key], (*path, str(key)), whole=whole)
        case Floats():
            floats = as_floats(got)
            if not isinstance(floats, Tensor) or floats.dim() != 1:
                raise _wrong_type(path, got, expected, whole)
            if len(floats) != len(expected.values):
                raise _mismatch(
                    "wrong_length", path, floats, expected.values, whole, show_as=len, diagnosis="wrong_length"
                )
            yield floats, torch.tensor(expected.values, dtype=torch.float64), path
        case _:
            yield got, expected, path


def as_floats(got: Any) -> Any:
    """Return a list or tuple of numbers, or a 1-D tensor, as a float64 tensor; return any other value unchanged."""
    if isinstance(got, Tensor) and got.dim() == 1:
        return got.to(torch.float64)
    if isinstance(got, list | tuple) and all(isinstance(x, float | int) and not isinstance(x, bool) for x in got):
        return torch.tensor(got, dtype=torch.float64)
    return got


def widened(value: Any) -> Any:
    """Return the value with every float32 tensor converted to float64."""
    match value:
        case Tensor():
            return value.double() if value.dtype == torch.float32 else value
        case list() | tuple():
            return type(value)(widened(item) for item in value)
        case Mapping():
            return {key: widened(item) for key, item in value.items()}
    return value


def rounded(value: Any) -> Any:
    """Return the value with every float64 tensor rounded to single precision; they stay float64."""
    match value:
        case Tensor():
            return value.float().double() if value.dtype == torch.float64 else value
        case list() | tuple():
            return type(value)(rounded(item) for item in value)
        case Mapping():
            return {key: rounded(item) for key, item in value.items()}
    return value


def _same_structure(got: Any, expected: list[Any] | tuple[Any, ...], path: Path, whole: tuple[Any, Any]) -> None:
    if not isinstance(got, list | tuple):
        raise _wrong_type(path, got, expected, whole)
    if len(got) != len(expected):
        raise _mismatch("wrong_length", path, got, expected, whole, show_as=len, diagnosis="wrong_length")


def _same_keys(got: Any, expected: Mapping[Any, Any], path: Path, whole: tuple[Any, Any]) -> None:
    if not isinstance(got, Mapping):
        raise _wrong_type(path, got, expected, whole)
    if set(got) != set(expected):
        raise _mismatch("wrong_keys", path, got, expected, whole, show_as=show_keys, diagnosis="wrong_keys")


def _compare_part(got: Any, expected: Any, path: Path, tolerance: Tolerance, *, whole: tuple[Any, Any]) -> None:
    match expected:
        case Tensor():
            _compare_tensor(got, expected, path, tolerance, whole)
        case float():
            right = isinstance(got, float | int) and not isinstance(got, bool)
            if not right:
                raise _wrong_type(path, got, expected, whole)
            _compare_tensor(_scalar(got), _scalar(expected), path, tolerance, whole)
        case _:
            if type(got) is not type(expected) or got != expected:
                raise _mismatch("differs_plain", path, got, expected, whole, show_as=show)


def _compare_tensor(got: Any, expected: Tensor, path: Path, tolerance: Tolerance, whole: tuple[Any, Any]) -> None:
    if got is None:
        raise _mismatch("no_gradient", path, got, expected, whole, diagnosis="no_gradient")
    if not isinstance(got, Tensor):
        raise _wrong_type(path, got, expected, whole)
    if got.shape != expected.shape:
        raise _mismatch("wrong_shape", path, got, expected, whole, show_as=_shape, diagnosis="wrong_shape")
    if got.dtype != expected.dtype:
        raise _mismatch("wrong_dtype", path, got, expected, whole, show_as=_dtype, diagnosis="wrong_dtype")
    if got.is_floating_point() and not torch.isfinite(got).all() and torch.isfinite(expected).all():
        raise _mismatch("not_finite", path, got, expected, whole, show_as=_shape, diagnosis="not_finite")
    close = within(got, expected, tolerance)
    if not close.all():
        raise _differs(got, expected, close, path, whole)


def _differs(got: Tensor, expected: Tensor, close: Tensor, path: Path, whole: tuple[Any, Any]) -> Mismatch:
    difference = torch.where(close, 0.0, (got.double() - expected.double()).abs())
    worst = int(difference.argmax())
    index = show_index(worst, expected.shape) if expected.numel() > 1 else ""
    yours, wanted = show_apart(float(got.reshape(-1)[worst]), float(expected.reshape(-1)[worst]))
    others = f"; {int((~close).sum())} of {close.numel()} numbers differ, by up to {float(difference.max()):.4g}"
    data = {
        "where": sentence_start(name_of(path, index=index)),
        "got": yours,
        "expected": wanted,
        "others": others if close.numel() > 1 else "",
    }
    return Mismatch("differs", data, got=whole[0], expected=whole[1], path=path, index=index)


def _wrong_type(path: Path, got: Any, expected: Any, whole: tuple[Any, Any]) -> Mismatch:
    mismatch = _mismatch("wrong_type", path, got, expected, whole, diagnosis="wrong_type")
    mismatch.hint = _hint_for_type(got, expected)
    return mismatch


def _hint_for_type(got: Any, expected: Any) -> str:
    """Return the hint for a value of a wrong type: what it takes to make the expected one of it."""
    tensors = isinstance(got, list | tuple) and len(got) > 0 and all(isinstance(item, Tensor) for item in got)
    match expected:
        case Tensor() if tensors:
            return "hint.take_out" if len(got) == 1 else "hint.stack"
        case Tensor() if isinstance(got, Other) and got.type == "ndarray":
            return "hint.from_numpy"
        case Tensor() if isinstance(got, float | int):
            return "hint.number_for_tensor"
        case Floats() | float() if tensors or isinstance(got, Tensor):
            return "hint.item"
        case list() | tuple() if isinstance(got, Tensor):
            return "hint.separate"
    return "wrong_type.hint"


def _mismatch(
    message: str,
    path: Path,
    got: Any,
    expected: Any,
    whole: tuple[Any, Any],
    *,
    show_as: Any = show_type,
    diagnosis: str | None = None,
) -> Mismatch:
    data = {"where": sentence_start(name_of(path)), "got": show_as(got), "expected": show_as(expected)}
    return Mismatch(message, data, got=whole[0], expected=whole[1], diagnosis=diagnosis, path=path)


def show_keys(value: Mapping[Any, Any]) -> str:
    """Return the keys of a dict as text, at most 200 characters; "none" if it is empty."""
    return ", ".join(map(str, value))[:200] or "none"


def _shape(value: Tensor) -> str:
    return str(tuple(value.shape))


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _scalar(value: float) -> Tensor:
    # An int of a thousand digits does not fit into a float.
    try:
        return torch.tensor(float(value), dtype=torch.float64)
    except OverflowError:
        return torch.tensor(math.inf, dtype=torch.float64)
