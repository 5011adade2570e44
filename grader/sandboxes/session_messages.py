"""Writes the messages of `Call` and reads those of `Observation`. A learner can have written all that is read here.

The JSON itself is parsed by the standard library: a learner's text can hold lone surrogates, which msgspec's parser
refuses. msgspec then compares the parsed document with the types below: no other field, no other type, no number out of
range. Only progress is read by hand, because a bad point is dropped there and the good ones beside it are kept.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from grader.harness.child.plain_probes import PLAIN_PROBES
from grader.harness.child.repairs import MAX_REPAIRS
from grader.harness.child.tracing import MAX_LINES
from grader.harness.wire.values import MAX_LINE, Decoder, Encoder, WireError, legible, pack, unpack
from grader.protocol.lines import MAX_EDIT_LINES, MAX_EDIT_TEXT, Edit
from grader.sandboxes.base import Call, CallTrace, LearnerError, Limits, Observation, Outline, Program
from grader.sandboxes.graph_reader import read_graph

_MAX_TEXT = 20_000
_MAX_ARGUMENTS = 64
_MAX_MISSING = 100
_MAX_STEP = 2**53
_MAX_MINOR = 5000
_MAX_KIND = 20
_MAX_EDITS = 20
_OPEN_FILES = 64
_OPEN_FILES_OF_A_GPU = 64  # what its driver holds open: 41 on an H100

Read = TypeVar("Read")

SourceLine = Annotated[int, Meta(gt=0, le=MAX_LINE)]
RepairKind = Annotated[str, Meta(max_length=_MAX_KIND)]
EditLines = Annotated[list[Annotated[str, Meta(max_length=MAX_EDIT_TEXT)]], Meta(max_length=MAX_EDIT_LINES)]


class ErrorMessage(msgspec.Struct, forbid_unknown_fields=True):
    """An exception, as the child describes it."""

    type: str
    message: str
    line: Annotated[int, Meta(gt=0, le=MAX_LINE)] | None
    traceback: str


class LoadedMessage(msgspec.Struct, forbid_unknown_fields=True):
    """Why a submission did not load, and which entries it does not define."""

    error: ErrorMessage | None
    missing: list[str]
    repairs: Annotated[list[tuple[SourceLine, RepairKind]], Meta(max_length=MAX_REPAIRS)] = []
    minor: Annotated[list[SourceLine], Meta(max_length=_MAX_MINOR)] = []
    edits: Annotated[list[tuple[EditLines, EditLines] | None], Meta(max_length=_MAX_EDITS)] = []


class TraceMessage(msgspec.Struct, forbid_unknown_fields=True):
    """The lines of one traced call."""

    lines: Annotated[list[SourceLine], Meta(max_length=MAX_LINES)]
    cuts: Annotated[list[SourceLine], Meta(max_length=MAX_LINES)]
    writes: Annotated[list[SourceLine], Meta(max_length=MAX_LINES)]


class ObservationMessage(msgspec.Struct, forbid_unknown_fields=True):
    """What happened in one call."""

    value: Any
    error: ErrorMessage | None
    graph: dict[str, Any] | None
    seconds: Annotated[float, Meta(ge=0, le=sys.float_info.max)]
    modified: Annotated[list[Annotated[int, Meta(ge=0, lt=_MAX_ARGUMENTS)]], Meta(max_length=_MAX_ARGUMENTS)]
    trace: TraceMessage | None = None


def pack_setup(program: Program, limits: Limits, device: str | None) -> bytes:
    """Return the message that a child gets before the source: its limits, and what the program is."""
    document = {
        "limits": {
            # A GPU's driver maps more addresses than there is memory: with a GPU only the container's limit counts.
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
        "trace": program.trace,
        "repairs": list(program.repairs),
        "repair_seconds": program.repair_seconds,
        "edits": program.edits,
    }
    return json.dumps(document).encode()


def cpu_seconds(limits: Limits) -> int:
    """Return how long a process can use one processor: longer than the clock of a run allows."""
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


def are_plain(calls: Sequence[Call]) -> bool:
    """Whether a child without torch can make these calls: their probes need none, and no argument does."""
    return all(call.probe in PLAIN_PROBES and _is_plain([*call.args, *call.options.values()]) for call in calls)


def _is_plain(value: Any) -> bool:
    match value:
        case list() | tuple():
            return all(map(_is_plain, value))
        case Mapping():
            return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, bool | int | float | str)


def read_observation(message: bytes) -> Observation:
    """Return the observation in a message. Raises WireError if it is not one."""
    document, tensors = unpack(message)
    read = _convert(document, ObservationMessage)
    decoder = Decoder(tensors)
    return Observation(
        value=decoder.decode(read.value),
        facts=decoder.facts,
        error=_learner_error(read.error),
        modified=tuple(read.modified),
        seconds=read.seconds,
        graph=read_graph(read.graph),
        trace=_call_trace(read.trace) if read.trace else None,
        message=message,
    )


def _call_trace(trace: TraceMessage) -> CallTrace:
    return CallTrace(lines=frozenset(trace.lines), cuts=frozenset(trace.cuts), writes=frozenset(trace.writes))


def read_loaded(message: bytes) -> tuple[LearnerError | None, tuple[str, ...], Outline]:
    """Return why a submission did not load, which entries it does not define, and its outline.

    Raises WireError if the message is malformed.
    """
    read = _convert(_parse(message), LoadedMessage)
    missing = tuple(_bounded(name) for name in read.missing[:_MAX_MISSING])
    outline = Outline(
        repairs=tuple(read.repairs),
        minor=frozenset(read.minor),
        edits=tuple(Edit.read({"removed": edit[0], "added": edit[1]}) if edit else None for edit in read.edits),
    )
    return _learner_error(read.error), missing, outline


def read_progress(message: bytes) -> dict[str, Any]:
    """Return a progress message: {"call": index} or {"loss": [(step, value), ...]} with finite numbers."""
    match _parse(message):
        case {"call": int(index), **rest} if not rest and type(index) is int:
            return {"call": index}
        case {"loss": list(points), **rest} if not rest and len(points) <= 1000:
            return {"loss": [read for point in points if (read := _point(point))]}
    raise WireError("a progress message is malformed")


def _parse(message: bytes) -> Any:
    try:
        return json.loads(message)
    except (ValueError, RecursionError) as error:
        raise WireError("a message is not JSON") from error


def _convert(document: Any, to: type[Read]) -> Read:
    try:
        return msgspec.convert(document, to)
    except (msgspec.ValidationError, UnicodeError) as error:  # UnicodeError: a field's name is a lone surrogate
        # A fixed sentence, since msgspec's own quotes names of fields, and a learner can have chosen them.
        raise WireError(f"{to.__name__} has other fields, types or sizes than the harness writes") from error


def _learner_error(error: ErrorMessage | None) -> LearnerError | None:
    if error is None:
        return None
    return LearnerError(
        type=_bounded(error.type),
        message=_bounded(error.message),
        line=error.line,
        traceback=_bounded(error.traceback),
    )


def _bounded(text: str) -> str:
    return legible(text[:_MAX_TEXT])


def _point(point: Any) -> list[float] | None:
    # Compare with the largest float before converting: a whole number can have thousands of digits.
    match point:
        case [int(step), float() | int() as value] if abs(step) <= _MAX_STEP and abs(value) <= sys.float_info.max:
            return [int(step), float(value)]
    return None
