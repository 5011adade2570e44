"""The messages for what `verify` asks a package in an author's instance (see `grader.grading.author_messages`).

    question {"call": "examine", "question": "null_answers"}        the name of a call of `Examiner`
             {"call": "examine", "question": "public_answers", "answers": [...]}
    reply    {"texts": [...]} | {"used": [...]} | {"null_answers": [...]}   {"error": {"text", "file", "line"}}

The worker reads replies, and the package's author can have written any of them. Raises WireError if one is malformed.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from grader.grading.examiner import MAX_ANSWERS, MAX_USED, Fault, NullAnswer, Used
from grader.harness.wire.values import WireError, legible

MAX_TEXTS = 100
MAX_TEXT = 2000
MAX_POINTS = 1e6

_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Used = tuple[_Name, Annotated[list[_Name], Meta(max_length=100)]]
Read = TypeVar("Read")


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    """A document with exactly these fields."""


class TextsReply(_Reply):
    """Sentences."""

    texts: Annotated[list[_Text], Meta(max_length=MAX_TEXTS)]


class UsedReply(_Reply):
    """Messages, each with the names of its data."""

    used: Annotated[list[_Used], Meta(max_length=MAX_USED)]


class FaultReply(_Reply):
    """What a check raised."""

    text: _Text
    file: _Name | None
    line: Annotated[int, Meta(gt=0, lt=2**31)] | None


class NullAnswerReply(_Reply):
    """What a null answer got."""

    name: _Name
    points: int | float
    error: FaultReply | None
    used: Annotated[list[_Used], Meta(max_length=MAX_USED)]


class NullAnswersReply(_Reply):
    """What all null answers got."""

    null_answers: Annotated[list[NullAnswerReply], Meta(max_length=MAX_ANSWERS)]


def texts_head(texts: Sequence[str]) -> dict[str, Any]:
    """Return the head of a reply with sentences."""
    return {"texts": [text[:MAX_TEXT] for text in texts[:MAX_TEXTS]]}


def read_texts(head: Mapping[str, Any]) -> list[str]:
    """Return the sentences of a reply."""
    return [legible(text) for text in _convert(head, TextsReply).texts]


def used_head(used: Sequence[Used]) -> dict[str, Any]:
    """Return the head of a reply with messages."""
    return {"used": _used_document(used)}


def read_used(head: Mapping[str, Any]) -> list[Used]:
    """Return the messages of a reply."""
    return _read_used(_convert(head, UsedReply).used)


def null_answers_head(answers: Sequence[NullAnswer]) -> dict[str, Any]:
    """Return the head of a reply with null answers."""
    return {
        "null_answers": [
            {
                "name": answer.name,
                "points": answer.points,
                "error": answer.error
                and {"text": answer.error.text[:MAX_TEXT], "file": answer.error.file, "line": answer.error.line},
                "used": _used_document(answer.used),
            }
            for answer in answers
        ]
    }


def read_null_answers(head: Mapping[str, Any]) -> list[NullAnswer]:
    """Return what the null answers of a reply got."""
    return [_null_answer(one) for one in _convert(head, NullAnswersReply).null_answers]


def _null_answer(read: NullAnswerReply) -> NullAnswer:
    if not (math.isfinite(read.points) and abs(read.points) <= MAX_POINTS):
        raise WireError("an answer has points that cannot be")
    error = None if read.error is None else _fault(read.error)
    return NullAnswer(name=legible(read.name), points=read.points, error=error, used=tuple(_read_used(read.used)))


def _fault(read: FaultReply) -> Fault:
    return Fault(text=legible(read.text), file=read.file and legible(read.file), line=read.line)


def _used_document(used: Sequence[Used]) -> list[Any]:
    return [[message, list(names)] for message, names in used[:MAX_USED]]


def _read_used(read: Sequence[_Used]) -> list[Used]:
    return [(legible(message), tuple(map(legible, names))) for message, names in read]


def _convert(document: object, shape: type[Read]) -> Read:
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError:
        raise WireError("the reply is not of the form that the question asks for") from None
