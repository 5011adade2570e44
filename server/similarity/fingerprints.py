"""Fingerprints of Python code, by winnowing.

S. Schleimer, D. S. Wilkerson, A. Aiken: "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003. Code
becomes tokens, with one token for all names, one for all numbers and one for all strings. Every run of K tokens is
hashed, and the smallest of every W hashes in a row is kept. So a common run of K + W - 1 tokens is always found, and a
run shorter than K never is. Renaming, layout and comments change nothing.
"""

import io
import keyword
import tokenize
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

K = 12
W = 6
SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


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
    """Return the tokens of a source. If the source cannot be parsed, return those before the error."""
    found: list[Token] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in SKIPPED:
                found.append(Token(_plain(token), token.start[0], token.end[0]))
    except (tokenize.TokenError, SyntaxError):
        pass  # compare what was read up to here
    return found


def _plain(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        return token.string if keyword.iskeyword(token.string) else "name"
    if token.type == tokenize.NUMBER:
        return "number"
    return "text" if token.type == tokenize.STRING else token.string


def prints(source: str) -> list[Print]:
    """Return the fingerprints of a source in order; none if it has fewer than K tokens."""
    hashes = list(_hashes(tokens(source)))
    windows = [hashes[start : start + W] for start in range(max(1, len(hashes) - W + 1))] if hashes else []
    # If several are smallest, take the rightmost, so that neighboring windows choose the same one.
    chosen = {min(window, key=lambda one: (one[1].value, -one[0])) for window in windows}
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
