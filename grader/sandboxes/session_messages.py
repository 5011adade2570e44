"""Reads and writes the messages of `Call` and `Observation`. What a learner may have written is believed in nothing."""

import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from grader.harness.wire.values import MAX_LINE, Decoder, Encoder, WireError, legible, pack, unpack
from grader.sandboxes.base import Call, LearnerError, Limits, Observation, Program
from grader.sandboxes.graph_reader import read_graph

_MAX_TEXT = 20_000
_MAX_ARGUMENTS = 64
_MAX_STEP = 2**53
_OPEN_FILES = 64
_OPEN_FILES_OF_A_GPU = 64  # what its driver holds open: 41 on an H100


def pack_setup(program: Program, limits: Limits, device: str | None) -> bytes:
    """Return what a child is told before it sees the source."""
    document = {
        "limits": {
            # A GPU's driver maps more address space than there is memory: there the container's limit counts.
            "memory_mb": limits.memory_mb if device is None else 0,
            "cpu_seconds": cpu_seconds(limits),
            "processes": limits.processes,
            "file_mb": limits.file_mb,
            "open_files": _OPEN_FILES + (0 if device is None else _OPEN_FILES_OF_A_GPU),
            "observation_mb": limits.observation_mb,
        },
        "entries": list(program.entries),
        "imports": list(program.imports),
        "stream_losses": program.stream_losses,
        "device": device,
    }
    return json.dumps(document).encode()


def cpu_seconds(limits: Limits) -> int:
    """Return the processor time of one process: the wall clock should always win."""
    return math.ceil(limits.wall_seconds) + 2


def pack_calls(calls: Sequence[Call]) -> bytes:
    """Return calls as one message."""
    encoder = Encoder()
    documents = [
        {
            "entry": call.entry,
            "args": [encoder.encode(arg) for arg in call.args],
            "probe": call.probe,
            "options": encoder.encode(call.options),
        }
        for call in calls
    ]
    return pack(documents, encoder.tensors)


def read_observation(message: bytes) -> Observation:
    """Return the observation that a message holds, or raise WireError."""
    document, tensors = unpack(message)
    match document:
        case {
            "value": value,
            "error": error,
            "graph": dict() | None as graph,
            "seconds": float() | int() as seconds,
            "modified": list(modified),
            **rest,
        } if not rest and _are_positions(modified) and 0 <= seconds <= sys.float_info.max:
            decoder = Decoder(tensors)
            return Observation(
                value=decoder.decode(value),
                facts=decoder.facts,
                error=read_error(error),
                modified=tuple(modified),
                seconds=float(seconds),
                graph=read_graph(graph),
            )
    raise WireError("an observation is not spelled as the harness spells it")


def read_loaded(message: bytes) -> tuple[LearnerError | None, tuple[str, ...]]:
    """Return why a submission did not load, and which entries it lacks; WireError where it is not spelled so."""
    match read_json(message):
        case {"error": error, "missing": list(missing), **rest} if not rest:
            return read_error(error), tuple(_text(name) for name in missing[:100])
    raise WireError("a loading message is not spelled as the harness spells it")


def read_progress(message: bytes) -> dict[str, Any]:
    """Return a progress message: {"call": index} or {"loss": [(step, value), ...]} with finite numbers."""
    match read_json(message):
        case {"call": int(index), **rest} if not rest and type(index) is int:
            return {"call": index}
        case {"loss": list(points), **rest} if not rest and len(points) <= 1000:
            return {"loss": [read for point in points if (read := _point(point))]}
    raise WireError("a progress message is not spelled as the harness spells it")


def read_error(document: Any) -> LearnerError | None:
    """Return an exception as the child described it, or raise WireError."""
    match document:
        case None:
            return None
        case {"type": kind, "message": message, "line": line, "traceback": trace, **rest} if not rest and _is_line(
            line
        ):
            return LearnerError(type=_text(kind), message=_text(message), line=line, traceback=_text(trace))
    raise WireError("an error is not spelled as the harness spells it")


def read_json(message: bytes) -> Any:
    """Return a small JSON document, or raise WireError."""
    try:
        return json.loads(message)
    except (ValueError, RecursionError) as error:
        raise WireError("a message is not JSON") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WireError("a text is not a text")
    return legible(value[:_MAX_TEXT])


def _are_positions(modified: list[Any]) -> bool:
    return len(modified) <= _MAX_ARGUMENTS and all(type(i) is int and 0 <= i < _MAX_ARGUMENTS for i in modified)


def _is_line(line: Any) -> bool:
    return line is None or (type(line) is int and 0 < line <= MAX_LINE)


def _point(point: Any) -> list[float] | None:
    # Compared with the largest float before it becomes one: a whole number may have thousands of digits.
    match point:
        case [int(step), float() | int() as value] if abs(step) <= _MAX_STEP and abs(value) <= sys.float_info.max:
            return [int(step), float(value)]
    return None
