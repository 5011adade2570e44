"""Reads JSON from strangers, strictly."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.parser import Parser


class StrictParser(Parser):
    """JSON as in RFC 8259: UTF-8, no NaN, no infinities, no duplicate keys, no lone surrogates."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the data. Every exception is answered as a malformed body."""
        text = request.body.decode("utf-8")
        data = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
        if "\\ud" in text.lower():
            json.dumps(data, ensure_ascii=False).encode("utf-8")  # a lone surrogate fails here, not in the database
        return data


def _refuse(constant: str) -> NoReturn:
    raise HttpError(400, f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise HttpError(400, "A key appears twice in one object")
    return data
