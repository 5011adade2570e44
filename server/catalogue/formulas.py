"""TeX formulas to MathML, with the space that TeX puts around the names of functions: "sin x", not "sinx"."""

import re
from itertools import pairwise
from xml.etree import ElementTree

from latex2mathml.converter import convert

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_TAG = f"{{{_NAMESPACE}}}"
_NAME = re.compile(r"[A-Za-z]{2,}")
_SCRIPTS = frozenset({"msub", "msup", "msubsup", "munder", "mover", "munderover"})
# In TeX a thin space; nothing stands between a name and a bracket.
_THIN = "0.1667em"

ElementTree.register_namespace("", _NAMESPACE)


def mathml(tex: str, *, display: str) -> str:
    """Return a formula as MathML; `display` is "inline" or "block". The result is not safe yet for a page."""
    text = convert(tex, display=display)
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 written by the converter: it has no document type
    except ElementTree.ParseError:
        return text  # with markup inside, which is taken out later
    for row in list(root.iter()):
        _space(row)
    return ElementTree.tostring(root, encoding="unicode")


def _space(row: ElementTree.Element) -> None:
    """Put thin spaces around the names of functions among the parts of a row."""
    if _local(row) in _SCRIPTS:
        return
    parts = list(row)
    for left, right in reversed(list(pairwise(parts))):
        if (_is_function(left) and _is_plain(right)) or (_is_plain(left) and _is_function(right)):
            place = list(row).index(right)
            row.insert(place, ElementTree.Element(f"{_TAG}mspace", {"width": _THIN}))
    for part in parts:
        name = part if _is_name(part) else part[0] if len(part) and _is_name(part[0]) else None
        # As an operator, the name would get the wide spaces of an unknown operator.
        if name is not None and _local(name) == "mo":
            name.attrib |= {"lspace": "0", "rspace": "0"}


def _local(part: ElementTree.Element) -> str:
    return str(part.tag).removeprefix(_TAG)


def _is_name(part: ElementTree.Element) -> bool:
    return _local(part) in {"mi", "mo"} and bool(_NAME.fullmatch(part.text or ""))


def _is_function(part: ElementTree.Element) -> bool:
    return _is_name(part) or (_local(part) in _SCRIPTS and len(part) > 0 and _is_name(part[0]))


def _is_plain(part: ElementTree.Element) -> bool:
    """Whether a part is no operator, space or bracket: a letter, a number, a fraction, another function."""
    if _local(part) in {"mspace", "mtext"}:
        return False
    if _is_function(part):
        return True
    first = part
    while _local(first) in _SCRIPTS | {"mrow"} and len(first):
        first = first[0]
    return _local(first) != "mo"
