"""What each file of a package is for, and what an author has still to do before students can work on it.

The texts about files are in `guide.md`, one section each.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from server.catalogue.markdown import render
from server.packages.models import PackageKind

GUIDE = Path(__file__).parent / "guide.md"
MISTAKES = 2
"""How many wrong answers an exercise of a course needs."""
_SECTION = re.compile(r"^## (?P<name>.+)$", re.MULTILINE)
_TEMPLATE_TITLE = "x**3"
"""What the scaffold's starter says: the exercise still has its task."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GuideSection:
    """What the guide says about a file, or about all files of a folder; `html` is safe."""

    name: str
    html: SafeString


@dataclass(frozen=True, kw_only=True, slots=True)
class GuideStep:
    """Something that an exercise needs: what it is, if it is there, and the file in which to do it ("" if none)."""

    text: str
    done: bool
    path: str = ""


@cache
def sections() -> tuple[GuideSection, ...]:
    """Return the guide, section by section."""
    _, *parts = _SECTION.split(GUIDE.read_text(encoding="utf-8"))
    return tuple(
        GuideSection(name=name, html=mark_safe(render(text)))  # noqa: S308 cleaned by `render`
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    )


def section_about(path: str) -> GuideSection:
    """Return what the guide says about a file."""
    by_name = {section.name: section for section in sections()}
    folder = f"{path.partition('/')[0]}/"
    return by_name.get(path) or by_name.get(folder) or by_name["Other files"]


def steps(kind: str, files: Mapping[str, bytes]) -> list[GuideStep]:
    """Return what a package needs before it can be verified, in the order in which authors do it."""
    texts = {path: content.decode(errors="replace") for path, content in files.items()}
    return list(_lesson(texts) if kind == PackageKind.LESSON else _exercise(texts))


def _lesson(texts: Mapping[str, str]) -> Iterator[GuideStep]:
    text = texts.get("lesson.md", "")
    yield GuideStep(text="A title", done=text.startswith("+++\n") and "title" in text, path="lesson.md")
    yield GuideStep(text="A block of code that students can run", done="```python" in text, path="lesson.md")


def _exercise(texts: Mapping[str, str]) -> Iterator[GuideStep]:
    names = entries_of(texts.get("exercise.toml", ""))
    statement = texts.get("statement.md", "")
    is_own = _TEMPLATE_TITLE not in texts.get("starter.py", "")
    yield GuideStep(text="A title and the functions to write", done=bool(names) and is_own, path="exercise.toml")
    named = bool(names) and all(name in statement for name in names)
    yield GuideStep(text="A statement that names each function", done=named and is_own, path="statement.md")
    yield GuideStep(text="A hint in the statement", done="<details>" in statement, path="statement.md")
    yield _functions("Your own answer", "solution.py", texts, names)
    yield _functions("A starter that loads", "starter.py", texts, names)
    reference = texts.get("reference.py", "")
    right = all(f"def {name}(" in reference for name in ("cases", "truth", "witness"))
    yield GuideStep(text="Cases, the truth and its witness", done=right, path="reference.py")
    yield GuideStep(text="Checks with points", done="@check(" in texts.get("checks.py", ""), path="checks.py")
    wrong = sum(path.startswith("mistakes/") and path.endswith(".py") for path in texts)
    words = f"{MISTAKES} wrong answers or more (you have {wrong})" if wrong < MISTAKES else f"{wrong} wrong answers"
    yield GuideStep(text=words, done=wrong >= MISTAKES)


def _functions(text: str, path: str, texts: Mapping[str, str], names: list[str]) -> GuideStep:
    source = texts.get(path, "")
    done = bool(names) and all(re.search(rf"\b{re.escape(name)}\b", source) for name in names)
    return GuideStep(text=text, done=done, path=path)


def entries_of(manifest: str) -> list[str]:
    """Return the names that a manifest asks for; none if it cannot be read. What it holds is not trusted."""
    return [name for name, _ in signatures_of(manifest)]


def signatures_of(manifest: str) -> list[tuple[str, str]]:
    """Return the names that a manifest asks for, each with its signature; none if it cannot be read."""
    try:
        entries: Any = tomllib.loads(manifest).get("entries", [])
    except tomllib.TOMLDecodeError:
        return []
    if not isinstance(entries, list):
        return []
    found = []
    for entry in entries:
        match entry:
            case {"name": str(name), "signature": str(signature)} if name.isidentifier():
                found.append((name, signature))
    return found
