"""Python source as HTML with the classes of the style sheet, in linear time: see `python_tokens`."""

import builtins
from collections.abc import Iterator, Mapping

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from server.common.python_tokens import PythonToken, TokenKind, python_tokens

# Longer source is shown plain from there on: no person reads it, and a browser must lay out every element.
MOST_HIGHLIGHTED = 20_000
MOST_NUMBERED = 3_000
CLASSES = {TokenKind.COMMENT: "c1", TokenKind.STRING: "s2", TokenKind.NUMBER: "mi"}
HIGHLIGHTING_CLASSES = frozenset({*CLASSES.values(), "k", "kc", "nf", "nb"})
CONSTANTS = frozenset({"True", "False", "None"})
BUILTINS = frozenset(vars(builtins))


def highlight_python(source: str) -> SafeString:
    """Return Python source as escaped HTML; tokens are in `span` elements with `HIGHLIGHTING_CLASSES`."""
    return mark_safe("".join(_element(*piece) for piece in _pieces(source)))  # noqa: S308 every part is escaped


def number_lines(source: str, marked: int | None = None, links: Mapping[int, str] | None = None) -> SafeString:
    """Return Python source as `highlight_python` does, each line in an element with the id `line-1`, `line-2`, ...

    The line `marked` is a `mark` element that can have the focus. `links` are ids of comments, which the line leads to.
    The lines after `MOST_NUMBERED` are in no element.
    """
    return mark_safe("".join(_lines(source, marked, links or {})))  # noqa: S308 every part is escaped


def _lines(source: str, marked: int | None, links: Mapping[int, str]) -> Iterator[str]:
    number, line = 1, ""
    for style, text in _pieces(source):
        first, *others = text.split("\n")
        line += _element(style, first)
        for other in others:
            yield _line_element(number, line, marked) + _comments_link(number, links) + "\n"
            number, line = number + 1, _element(style, other)
    yield _line_element(number, line, marked) + _comments_link(number, links) if line else ""


def _comments_link(number: int, links: Mapping[int, str]) -> str:
    if number not in links or number > MOST_NUMBERED:
        return ""
    return f'<a class="code-link" href="#{escape(links[number])}" aria-label="Comments on line {number}"></a>'


def _line_element(number: int, line: str, marked: int | None) -> str:
    if number > MOST_NUMBERED:
        return line
    if number == marked:
        return f'<mark class="code-line is-looked-at" id="line-{number}" tabindex="-1">{line}</mark>'
    return f'<span class="code-line" id="line-{number}">{line}</span>'


def _element(style: str, text: str) -> str:
    return f'<span class="{style}">{escape(text)}</span>' if style and text else escape(text)


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    """Yield the source in pieces, each with its class; "" if it has none."""
    end, before = 0, ""
    for count, token in enumerate(python_tokens(source)):
        if count == MOST_HIGHLIGHTED:
            break
        if style := _style(token, before):
            yield "", source[end : token.start]
            yield style, token.text
            end = token.start + len(token.text)
        before = token.text
    yield "", source[end:]


def _style(token: PythonToken, before: str) -> str:
    if token.kind is not TokenKind.NAME:
        return CLASSES.get(token.kind, "")
    if token.is_keyword:
        return "kc" if token.text in CONSTANTS else "k"
    if before in {"def", "class"}:
        return "nf"
    return "nb" if token.text in BUILTINS and before != "." else ""
