"""Python source as HTML with the classes of the style sheet, in linear time: see `python_tokens`."""

import builtins
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from server.common.python_tokens import PythonToken, TokenKind, python_tokens

# Longer source is shown plain from there on: no person reads it, and a browser must lay out every element.
MOST_HIGHLIGHTED = 20_000
CLASSES = {TokenKind.COMMENT: "c1", TokenKind.STRING: "s2", TokenKind.NUMBER: "mi"}
HIGHLIGHTING_CLASSES = frozenset({*CLASSES.values(), "k", "kc", "nf", "nb"})
CONSTANTS = frozenset({"True", "False", "None"})
BUILTINS = frozenset(vars(builtins))


def highlight_python(source: str) -> SafeString:
    """Return Python source as escaped HTML; tokens are in `span` elements with `HIGHLIGHTING_CLASSES`."""
    return mark_safe("".join(_parts(source)))  # noqa: S308 every part is escaped


def _parts(source: str) -> Iterator[str]:
    end, before = 0, ""
    for count, token in enumerate(python_tokens(source)):
        if count == MOST_HIGHLIGHTED:
            break
        style = _style(token, before)
        if style:
            yield escape(source[end : token.start])
            yield f'<span class="{style}">{escape(token.text)}</span>'
            end = token.start + len(token.text)
        before = token.text
    yield escape(source[end:])


def _style(token: PythonToken, before: str) -> str:
    if token.kind is not TokenKind.NAME:
        return CLASSES.get(token.kind, "")
    if token.is_keyword:
        return "kc" if token.text in CONSTANTS else "k"
    if before in {"def", "class"}:
        return "nf"
    return "nb" if token.text in BUILTINS and before != "." else ""
