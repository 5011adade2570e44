"""The messages between a worker and the author's instance. Both sides use this module.

A message is a list of parts, each with its length before it. The first part is a JSON document: the head. Others are
wire messages (`grader.harness.wire.values`): one with the inputs of all cases, or one for each observation.

    question {"call": "cases", "seed": ..., "variant": ...}         {"call": "checks"}
             {"call": "judge" | "failing", "answers": [...]}        parts: observations that were not sent before
             {"call": "ladders", "checks": [...]}                   {"call": "numbers", "variants": [...]}
             {"call": "counterexample", "check": ..., "answers": [...]}     {"call": "compile"}
    reply    {"checks": [...], "cases": [...]} and so on            {"error": {"text", "file", "line"}}

A case keeps its place in the list in which it came, and an answer names it by that place. So a case crosses once, its
truth never does, and the author's side judges its own cases, not copies.

The worker reads replies. The package's author can have written any of them: whole messages are bounded before they are
parsed, and msgspec compares each document with the types below. Raises WireError if one is malformed. It does not say
what was wrong inside, because the author can have chosen that too.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import torch
from msgspec import Meta

from grader.grading.author import (
    MAX_CASES,
    MAX_CHECKS,
    MAX_CURVE_POINTS,
    MAX_CURVES,
    MAX_DATA,
    MAX_HEAT,
    MAX_TEXT,
    CaseAnswer,
    CheckFacts,
    Judgement,
    Stop,
)
from grader.harness.child.probes import PROBES
from grader.harness.wire.values import (
    Applied,
    Decoder,
    Encoder,
    Function,
    Model,
    WireError,
    legible,
    pack,
    pack_document,
    unpack,
    unpack_document,
)
from grader.packages.cases import Case
from grader.protocol.reports import CounterexampleEvidence, Finding, SeriesAttachment, Status

MAX_REPLY = 48 * 1024 * 1024
"""Bytes of one reply: cases with their tensors."""
MAX_JUDGEMENT = 2 * 1024 * 1024
"""Bytes of the document of a reply without tensors."""
MAX_PARTS = 3
MAX_POINTS = 10_000
MAX_VARIANTS = 1000
MAX_NUMBERS = 100
MAX_ARGUMENTS = 64

_COUNT = struct.Struct(">I")

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Position = Annotated[int, Meta(ge=0, lt=MAX_CASES)]
Positions = Annotated[list[Position], Meta(max_length=MAX_CASES)]
Names = Annotated[list[Name], Meta(max_length=MAX_CHECKS)]
Numbers = Annotated[dict[Name, int | float], Meta(max_length=MAX_NUMBERS)]
Curve = Annotated[list[float | None], Meta(max_length=MAX_CURVE_POINTS)]
Read = TypeVar("Read")


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A document with exactly these fields."""


class ErrorReply(_Strict):
    """What the author's code raised, and at which line of which file of the package."""

    text: str
    file: Name | None
    line: Annotated[int, Meta(gt=0, lt=2**31)] | None


class CheckReply(_Strict):
    """A check."""

    name: Name
    title: Annotated[str, Meta(min_length=1, max_length=2000)]
    points: int | float


class ChecksReply(_Strict):
    """The checks of a package."""

    checks: Annotated[list[CheckReply], Meta(min_length=1, max_length=MAX_CHECKS)]


class CaseReply(_Strict):
    """A case without its arguments and options, which are a part of their own."""

    name: Name
    entry: Name
    probe: Name
    group: Name
    public: bool
    mutable: Annotated[list[Annotated[int, Meta(ge=0, lt=MAX_ARGUMENTS)]], Meta(max_length=MAX_ARGUMENTS)]


class CasesReply(_Strict):
    """Cases."""

    cases: Annotated[list[CaseReply], Meta(max_length=MAX_CASES)]


class HeatMapReply(_Strict):
    """A wrong tensor of a public case."""

    shape: Annotated[list[Annotated[int, Meta(ge=0, le=MAX_HEAT)]], Meta(max_length=16)]
    got: Annotated[list[int | float], Meta(max_length=MAX_HEAT)]
    expected: Annotated[list[int | float], Meta(max_length=MAX_HEAT)]


class EvidenceReply(_Strict, omit_defaults=True):
    """The evidence of a finding."""

    heat_map: HeatMapReply | None = None


class FindingReply(_Strict):
    """A finding, without what the worker knows of its check."""

    check: Name
    status: Literal["passed", "failed", "skipped"]
    points: int | float
    message: Name | None
    data: Annotated[dict[str, Any], Meta(max_length=MAX_DATA + 1)]
    hint: Name | None
    diagnosis: Name | None
    case: Name | None
    evidence: EvidenceReply


class CurveReply(_Strict):
    """The numbers of one curve."""

    name: Annotated[str, Meta(max_length=200)]
    yours: Curve
    reference: Curve


class ChartReply(_Strict):
    """The curves of one public case."""

    case: Name
    title: Annotated[str, Meta(max_length=500)]
    series: Annotated[list[CurveReply], Meta(max_length=MAX_CURVES)]


class JudgeReply(_Strict):
    """A judgement."""

    findings: Annotated[list[FindingReply], Meta(max_length=MAX_CHECKS)]
    unexplained: Names
    charts: Annotated[list[tuple[Position, ChartReply]], Meta(max_length=MAX_CASES)]


class FailingReply(_Strict):
    """The positions of answers that fail a check."""

    failing: list[Annotated[int, Meta(ge=0)]]


class LaddersReply(_Strict):
    """Tiny cases, and for each check the positions of its own."""

    cases: Annotated[list[CaseReply], Meta(max_length=MAX_CASES)]
    ladders: Annotated[list[tuple[Name, Positions]], Meta(max_length=MAX_CHECKS)]


class ExampleReply(_Strict):
    """The texts of a counterexample."""

    call: Text
    got: Text
    expected: Text


class CounterexampleReply(_Strict):
    """A counterexample, if there is one."""

    example: ExampleReply | None


class NumbersReply(_Strict):
    """The numbers of variants."""

    numbers: Annotated[list[Numbers], Meta(max_length=MAX_VARIANTS)]


def join(head: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """Return a message. Raises ValueError if the head holds a number that is not finite."""
    every = [pack_document(head), *parts]
    return b"".join((_COUNT.pack(len(every)), *(_COUNT.pack(len(part)) + part for part in every)))


def split(message: bytes, *, most: int = MAX_PARTS) -> tuple[dict[str, Any], list[bytes]]:
    """Return the head and the other parts of a message."""
    if len(message) < _COUNT.size:
        raise WireError("the message is shorter than its header")
    (count,) = _COUNT.unpack_from(message)
    if not 0 < count <= most:
        raise WireError("the message has too many parts, or none")
    parts, at = [], _COUNT.size
    for _ in range(count):
        if at + _COUNT.size > len(message):
            raise WireError("the message is cut off")
        (size,) = _COUNT.unpack_from(message, at)
        at += _COUNT.size
        if at + size > len(message):
            raise WireError("the message is cut off")
        parts.append(message[at : at + size])
        at += size
    if at != len(message) or len(parts[0]) > MAX_JUDGEMENT:
        raise WireError("the message's head is too large, or bytes follow the message")
    head, rest = unpack_document(parts[0])
    if rest or not isinstance(head, dict):
        raise WireError("the message's head is not an object")
    return head, parts[1:]


# What the author's side sends, and the worker reads.


def pack_error(text: str, file: str | None, line: int | None) -> bytes:
    """Return the reply for what the author's code raised."""
    return join({"error": {"text": text[:2000], "file": file and file[-200:], "line": line}})


def read_error(head: Mapping[str, Any]) -> ErrorReply | None:
    """Return the error of a reply; None if it answers."""
    if "error" not in head:
        return None
    read = _convert(head["error"], ErrorReply)
    return ErrorReply(text=legible(read.text[:2000]), file=read.file and legible(read.file), line=read.line)


def checks_head(checks: Sequence[CheckFacts]) -> dict[str, Any]:
    """Return the head of a reply with the checks."""
    return {"checks": [{"name": one.name, "title": one.title, "points": one.points} for one in checks]}


def read_checks(head: Mapping[str, Any]) -> list[CheckFacts]:
    """Return the checks of a reply. Each name is there once, and the points are finite."""
    read = _convert(head, ChecksReply).checks
    if len({one.name for one in read}) < len(read) or not all(0 <= one.points <= MAX_POINTS for one in read):
        raise WireError("two checks have one name, or one has points that cannot be")
    return [CheckFacts(name=legible(one.name), title=legible(one.title), points=one.points) for one in read]


def cases_head(cases: Sequence[Case]) -> tuple[dict[str, Any], list[bytes]]:
    """Return the head of a reply with cases, and the part with their arguments and options."""
    encoder = Encoder()
    heads = [
        {
            "name": case.name,
            "entry": case.entry,
            "probe": case.probe,
            "group": case.group,
            "public": case.public,
            "mutable": list(case.mutable),
        }
        for case in cases
    ]
    inputs = [[[encoder.encode(arg) for arg in case.args], encoder.encode(dict(case.options))] for case in cases]
    return {"cases": heads}, [pack(inputs, encoder.tensors)]


def read_cases(head: Mapping[str, Any], parts: Sequence[bytes]) -> list[Case]:
    """Return the cases of a reply."""
    read = _convert(head, CasesReply).cases
    if len(parts) != 1:
        raise WireError("the cases have no part, or several")
    inputs, tensors = unpack(parts[0])
    if not isinstance(inputs, list) or len(inputs) != len(read):
        raise WireError("there are more or fewer cases than inputs")
    return [_case(one, its_inputs, tensors) for one, its_inputs in zip(read, inputs, strict=True)]


def read_checks_and_cases(head: Mapping[str, Any], parts: Sequence[bytes]) -> tuple[list[CheckFacts], list[Case]]:
    """Return the checks and the cases of a reply that has both."""
    if set(head) != {"checks", "cases"}:
        raise WireError("the reply has other fields than checks and cases")
    return read_checks({"checks": head["checks"]}), read_cases({"cases": head["cases"]}, parts)


def judge_head(judgement: Judgement) -> dict[str, Any]:
    """Return the head of a reply with a judgement."""
    return {
        "findings": [_finding_document(finding) for finding in judgement.findings],
        "unexplained": list(judgement.unexplained),
        "charts": [[i, _chart_document(chart)] for i, chart in judgement.charts.items()],
    }


def read_judgement(head: Mapping[str, Any], checks: Sequence[CheckFacts], answers: Sequence[CaseAnswer]) -> Judgement:
    """Return the judgement of a reply: for each check, in order, one finding with points that it can give."""
    read = _convert(head, JudgeReply)
    if [one.check for one in read.findings] != [check.name for check in checks]:
        raise WireError("the findings are not those of the checks, one each")
    names = {check.name for check in checks}
    if not names.issuperset(read.unexplained):
        raise WireError("a finding of no check is unexplained")
    charts: dict[int, SeriesAttachment] = {}
    for position, chart in read.charts:
        if position in charts or position >= len(answers) or not answers[position].case.public:
            raise WireError("a chart belongs to no public case")
        charts[position] = _chart(chart)
    findings = tuple(_finding(one, check) for one, check in zip(read.findings, checks, strict=True))
    return Judgement(findings=findings, unexplained=tuple(dict.fromkeys(read.unexplained)), charts=charts)


def read_failing(head: Mapping[str, Any], answers: int) -> list[int]:
    """Return the positions of the answers that fail, each once."""
    failing = _convert(head, FailingReply).failing
    if len(set(failing)) < len(failing) or any(position >= answers for position in failing):
        raise WireError("an answer that is not there fails, or one fails twice")
    return failing


def read_ladders(head: Mapping[str, Any], parts: Sequence[bytes]) -> tuple[list[Case], dict[str, list[Case]]]:
    """Return the tiny cases in the order of the reply, and by check; one case can belong to several checks."""
    read = _convert(head, LaddersReply)
    cases = read_cases({"cases": head["cases"]}, parts)
    if any(position >= len(cases) for _, positions in read.ladders for position in positions):
        raise WireError("a ladder has a case that is not there")
    return cases, {check: [cases[position] for position in positions] for check, positions in read.ladders}


def read_counterexample(head: Mapping[str, Any]) -> CounterexampleEvidence | None:
    """Return the counterexample of a reply."""
    read = _convert(head, CounterexampleReply).example
    if read is None:
        return None
    return CounterexampleEvidence(call=legible(read.call), got=legible(read.got), expected=legible(read.expected))


def read_numbers(head: Mapping[str, Any], variants: int) -> list[dict[str, int | float]]:
    """Return the numbers of each variant."""
    numbers = _convert(head, NumbersReply).numbers
    if len(numbers) != variants or not all(_is_number(value) for each in numbers for value in each.values()):
        raise WireError("the numbers are not those of the variants")
    return [{legible(name): value for name, value in each.items()} for each in numbers]


# What the worker sends, and the author's side reads. The parts are the observations' own messages, which a learner can
# have written. The worker has read them before: `grader.sandboxes.session_messages` reads them again on the other side.


def stop_document(stop: Stop) -> list[Any]:
    """Return a stop as plain JSON data."""
    return [stop.message, dict(stop.data), stop.hint]


def read_stop(document: Sequence[Any]) -> Stop:
    """Return the stop that a document describes."""
    message, data, hint = document
    return Stop(message=message, data=data, hint=hint)


def _case(read: CaseReply, inputs: Any, tensors: Mapping[str, torch.Tensor]) -> Case:
    try:
        return _read_case(read, inputs, tensors)
    except (TypeError, RuntimeError) as error:  # a field is missing, or a tensor of whole numbers requires grad
        raise WireError("a case is not in the harness's format") from error


def _read_case(read: CaseReply, inputs: Any, tensors: Mapping[str, torch.Tensor]) -> Case:
    if not isinstance(inputs, list) or len(inputs) != 2:
        raise WireError("a case has no arguments and options")
    decoder = Decoder(tensors, make=_KINDS)
    args, options = inputs[0], decoder.decode(inputs[1])
    if not isinstance(args, list) or len(args) > MAX_ARGUMENTS or not isinstance(options, dict):
        raise WireError("a case has no list of arguments, or no options")
    if read.probe not in PROBES or not all(isinstance(name, str) for name in options):
        raise WireError("a case has a probe that does not exist, or an option without a name")
    return Case(
        name=legible(read.name),
        entry=legible(read.entry),
        args=tuple(decoder.decode(arg) for arg in args),
        probe=read.probe,
        options=options,
        group=legible(read.group),
        public=read.public,
        mutable=tuple(read.mutable),
    )


def _function(name: Any, params: Any) -> Function:
    return Function(_known_name(name), _known_params(params))


def _model(name: Any, params: Any) -> Model:
    return Model(_known_name(name), _known_params(params))


def _applied(function: Any, args: Any) -> Applied:
    if not isinstance(function, Function) or not isinstance(args, list):
        raise WireError("a result is not of a function")
    if not all(isinstance(arg, torch.Tensor) for arg in args):
        raise WireError("a result is not of tensors")
    return Applied(function, tuple(args))


def _known_name(name: Any) -> str:
    if not isinstance(name, str):
        raise WireError("a function has no name")
    return name


def _known_params(params: Any) -> dict[str, Any]:
    if not isinstance(params, dict) or not all(isinstance(key, str) for key in params):
        raise WireError("a function's parameters have no names")
    return params


_KINDS = {"function": _function, "model": _model, "result": _applied}


def _finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "status": str(finding.status),
        "points": finding.points,
        "message": finding.message,
        "data": dict(finding.data),
        "hint": finding.hint,
        "diagnosis": finding.diagnosis,
        "case": finding.case,
        "evidence": finding.evidence,
    }


def _finding(read: FindingReply, check: CheckFacts) -> Finding:
    if not 0 <= read.points <= check.points:  # NaN fails this too
        raise WireError("a finding has more points than its check, or fewer than none")
    heat_map = read.evidence.heat_map
    if heat_map is not None:
        sizes = {math.prod(heat_map.shape), len(heat_map.got), len(heat_map.expected)}
        if len(sizes) > 1 or not all(map(math.isfinite, (*heat_map.got, *heat_map.expected))):
            raise WireError("a heat map has other numbers than its shape")
    return Finding(
        check=check.name,
        title=check.title,
        status=Status(read.status),
        points=read.points,
        max_points=check.points,
        message=_legible(read.message),
        data={_key(name): _value(value) for name, value in read.data.items()},
        hint=_legible(read.hint),
        diagnosis=_legible(read.diagnosis),
        case=_legible(read.case),
        evidence=msgspec.to_builtins(read.evidence),
    )


def _key(name: str) -> str:
    if len(name) > 100:
        raise WireError("a name in a finding's data is too long")
    return legible(name)


def _value(value: Any) -> Any:
    match value:
        case str():
            return legible(value)
        case None | bool():
            return value
        case int() | float() if _is_number(value):
            return value
        case list() if len(value) <= MAX_DATA and not any(isinstance(item, list | dict) for item in value):
            return [_value(item) for item in value]
    raise WireError("a finding's data is neither text, nor a number, nor a short list")


def _is_number(value: int | float) -> bool:
    return abs(value) < 2**63 if isinstance(value, int) else math.isfinite(value)


def _chart_document(chart: SeriesAttachment) -> dict[str, Any]:
    return {"case": chart["case"], "title": chart["title"], "series": chart["series"]}


def _chart(read: ChartReply) -> SeriesAttachment:
    return {
        "kind": "series",
        "case": legible(read.case),
        "title": legible(read.title),
        "series": [
            {"name": legible(one.name), "yours": _curve(one.yours), "reference": _curve(one.reference)}
            for one in read.series
        ],
    }


def _curve(numbers: list[float | None]) -> list[float | None]:
    if not all(number is None or math.isfinite(number) for number in numbers):
        raise WireError("a curve has a number that is not finite")
    return numbers


def _legible(text: str | None) -> str | None:
    return None if text is None else legible(text)


def _convert(document: Any, to: type[Read]) -> Read:
    try:
        return msgspec.convert(document, to)
    except (msgspec.ValidationError, UnicodeError) as error:
        raise WireError(f"{to.__name__} has other fields, types or sizes than it must have") from error
