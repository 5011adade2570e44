"""Fingerprints of Python code, by winnowing.

S. Schleimer, D. S. Wilkerson, A. Aiken: "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003. Code
becomes tokens, with one token for all names, one for all numbers and one for all strings. Every run of K tokens is
hashed, and the smallest of every W hashes in a row is kept. So a common run of K + W - 1 tokens is always found, and a
run shorter than K never is. Renaming, layout and comments change nothing.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from server.common.python_tokens import PythonToken, TokenKind, python_tokens

K = 12
W = 6
# What follows in a longer source is not compared: an answer has a few thousand tokens at most.
MOST_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class Token:
    """A token in its simplified form, and its first and last line."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Print:
    """A fingerprint and the lines that it covers."""

    value: int
    first: int
    last: int


def tokens(source: str) -> list[Token]:
    """Return the first `MOST_TOKENS` tokens of a source without its comments, whether it is Python or not."""
    found: list[Token] = []
    line, end = 1, 0
    code = (token for token in python_tokens(source) if token.kind is not TokenKind.COMMENT)
    for token in islice(code, MOST_TOKENS):
        line += source.count("\n", end, token.start)
        last = line + token.text.count("\n")
        found.append(Token(_plain(token), line, last))
        line, end = last, token.start + len(token.text)
    return found


def _plain(token: PythonToken) -> str:
    match token.kind:
        case TokenKind.NAME:
            return token.text if token.is_keyword else "name"
        case TokenKind.NUMBER:
            return "number"
        case TokenKind.STRING:
            return "text"
    return token.text


def prints(source: str) -> list[Print]:
    """Return the fingerprints of a source in order; none if it has fewer than K tokens."""
    hashes = list(_hashes(tokens(source)))
    windows = (hashes[start : start + W] for start in range(max(1, len(hashes) - W + 1)))
    # If several are smallest, take the rightmost, so that neighboring windows choose the same one.
    chosen = {min(window, key=lambda one: (one[1].value, -one[0])) for window in windows if window}
    return [one for _, one in sorted(chosen, key=lambda one: one[0])]


def _hashes(found: list[Token]) -> Iterator[tuple[int, Print]]:
    for start in range(len(found) - K + 1):
        run = found[start : start + K]
        value = zlib.crc32(" ".join(token.text for token in run).encode())
        yield start, Print(value, run[0].first, run[-1].last)


def lines(matched: Iterable[Print]) -> list[tuple[int, int]]:
    """Return the lines that fingerprints cover, as sorted ranges; ranges that touch are joined."""
    ranges: list[tuple[int, int]] = []
    for one in sorted(matched, key=lambda one: (one.first, one.last)):
        if ranges and one.first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], one.last))
        else:
            ranges.append((one.first, one.last))
    return ranges
