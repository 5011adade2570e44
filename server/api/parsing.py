"""Reads JSON from strangers, strictly."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.parser import Parser

from server.common.bounded_json import MOST_CONTAINERS, TooManyContainers, load_json

MOST_KEYS = 5_000
"""Of one object. Every unknown key is a mistake that the answer would name."""

TOO_MUCH = f"The body has more than {MOST_CONTAINERS:,} lists and objects. Send a notebook without its outputs."


class StrictParser(Parser):
    """JSON as in RFC 8259: UTF-8, no NaN, no infinities, no duplicate keys, no lone surrogates."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the data. Every exception is answered as a malformed body."""
        try:
            data = load_json(request.body, parse_constant=_refuse, object_pairs_hook=_unique)
        except TooManyContainers:
            raise HttpError(
                413,
                f"The body has more than {MOST_CONTAINERS:,} lists and objects. Send a notebook without its outputs.",
            ) from None
        if b"\\ud" in request.body.lower():
            json.dumps(data, ensure_ascii=False).encode("utf-8")  # a lone surrogate fails here, not in the database
        return data


def _refuse(constant: str) -> NoReturn:
    raise HttpError(400, f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise HttpError(400, f"An object has more than {MOST_KEYS:,} keys")
    data = dict(pairs)
    if len(data) < len(pairs):
        raise HttpError(400, "A key appears twice in one object")
    return data
