"""Describes an exception of a learner's code, and finds the entry that a call names. Needs no torch."""

import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

from grader.harness.wire.documents import MAX_LINE

MAX_MESSAGE = 2000
MAX_FRAMES = 12


def describe_error(error: BaseException) -> dict[str, Any]:
    """Return the exception as the learner sees it: only the frames of their own code, with limited lengths."""
    frames = list(_own_frames(error.__traceback__))[-MAX_FRAMES:]
    line = getattr(error, "lineno", None) or (frames[-1][0] if frames else None)
    text = _message_of(error)
    lines = [f"line {number}, in {name}" for number, name in frames]
    return {
        "type": type(error).__name__[:100],
        "message": text,
        "line": line if type(line) is int and 0 < line <= MAX_LINE else None,
        "traceback": "\n".join([*lines, f"{type(error).__name__}: {text}"]),
    }


def _message_of(error: BaseException) -> str:
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
        # Their other lines say how to debug on a machine of one's own: of no use here.
        return (text.partition("\n")[0] if text.startswith("CUDA error:") else text)[:MAX_MESSAGE]
    except Exception:  # a learner's own exception class can raise in `__str__`
        return ""


def _own_frames(trace: TracebackType | None) -> Iterator[tuple[int, str]]:
    for frame in traceback.extract_tb(trace):
        if frame.filename == "submission.py":
            yield frame.lineno or 0, frame.name[:100]


def look_up(namespace: Mapping[str, Any], path: str) -> Any:
    """Return what a dotted path names in a submission's namespace."""
    name, *attributes = path.split(".")
    target = namespace[name]
    for attribute in attributes:
        target = getattr(target, attribute)
    return target
