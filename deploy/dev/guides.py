"""The guides: the Markdown files that people read, their links, and their commands. Standard library only.

`deploy.dev.docs` makes a site of them, and the tests check them. A block of commands has the language `sh`, and one of
these comments directly above it:

    <!-- run by tests/deploy/test_demo.py::test_name -->    this test runs the commands (or these, with spaces between)
    <!-- not run: it needs a cluster -->                    no test does; the site shows the reason
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy.dev.base import ROOT, git_files

HOME = PurePosixPath("docs/README.md")
ENTRIES = tuple(PurePosixPath(f"docs/{name}/README.md") for name in ("author", "instructor", "operator", "developer"))
DECISIONS = PurePosixPath("docs/decisions")
# Markdown that pages of the website or templates are made of, and forms of the forge.
NOT_GUIDES = ("exercises/*/*/statement.md", "exercises/lessons/*", "grader/packages/template/*", ".github/*")

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,}) *([^\s`]*)[^`]*$")
MARKER = re.compile(r"^<!-- (?:run by (?P<tests>[^>]+?)|not run: (?P<reason>[^>]+?)) -->$")
# The text before it can begin on an earlier line.
LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$")
CODE_SPAN = re.compile(r"(`+)(?:(?!\1).)+?\1")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class FencedBlock:
    """A fenced block: the line of its fence, its language, its text, and the marker above it (None without one)."""

    line: int
    language: str
    text: str
    marker: re.Match[str] | None

    @property
    def last_line(self) -> int:
        """The line of its closing fence."""
        return self.line + len(self.text.splitlines()) + 1

    @property
    def tests(self) -> list[str]:
        """The tests that run its commands, as `path::name`."""
        return (self.marker["tests"] or "").split() if self.marker else []

    @property
    def reason(self) -> str:
        """Why no test runs its commands; "" if a test does or nothing is said."""
        return (self.marker["reason"] or "") if self.marker else ""


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide: its path below the root, and its text."""

    path: PurePosixPath
    text: str

    def blocks(self) -> Iterator[FencedBlock]:
        """Yield the fenced blocks."""
        before, opened = "", None
        lines: list[str] = []
        for number, line in enumerate(self.text.splitlines(), 1):
            fence = FENCE.match(line)
            if opened:
                start, mark, language, marker = opened
                if fence and fence[1].startswith(mark) and not fence[2]:
                    yield FencedBlock(start, language, "".join(f"{one}\n" for one in lines), marker)
                    opened, before = None, ""
                else:
                    lines.append(line)
            elif fence:
                opened, lines = (number, fence[1], fence[2], MARKER.match(before)), []
            else:
                before = line

    def prose(self) -> Iterator[tuple[int, str]]:
        """Yield number and text of each line outside fenced blocks."""
        inside = {number for block in self.blocks() for number in range(block.line, block.last_line + 1)}
        for number, line in enumerate(self.text.splitlines(), 1):
            if number not in inside:
                yield number, line

    def links(self) -> Iterator[tuple[int, str]]:
        """Yield line and target of each link and picture, without those in code spans."""
        for number, line in self.prose():
            yield from ((number, found["target"]) for found in links_in(line))

    def target(self, link: str) -> tuple[PurePosixPath, str] | None:
        """Return path below the root and anchor ("" without one) of a link; None if it leads to another host."""
        if SCHEME.match(link):
            return None
        path, _, anchor = link.partition("#")
        if not path:
            return self.path, anchor
        return PurePosixPath(os.path.normpath(self.path.parent / path)), anchor

    def anchors(self) -> set[str]:
        """The anchors of its headings, as GitHub and the site make them."""
        found: set[str] = set()
        for _, line in self.prose():
            heading = HEADING.match(line)
            if heading:
                name, times = slug(heading[2]), 0
                while (name if not times else f"{name}-{times}") in found:
                    times += 1
                found.add(name if not times else f"{name}-{times}")
        return found


def links_in(line: str) -> Iterator[re.Match[str]]:
    """Yield the links and pictures of a line that are in no code span."""
    spans = [found.span() for found in CODE_SPAN.finditer(line)]
    return (link for link in LINK.finditer(line) if not any(begin < link.start() < end for begin, end in spans))


def slug(heading: str) -> str:
    """The anchor of a heading: lower case, no marks, hyphens for spaces."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")


def read_guides() -> dict[PurePosixPath, Guide]:
    """Every guide by its path below the root."""
    paths = [PurePosixPath(path) for path in git_files(new=True) if path.suffix == ".md"]
    kept = sorted(path for path in paths if not any(path.match(pattern) for pattern in NOT_GUIDES))
    return {path: Guide(path, Path(ROOT / path).read_text(encoding="utf-8")) for path in kept}


def guide_at(guides: dict[PurePosixPath, Guide], path: PurePosixPath) -> PurePosixPath | None:
    """The guide that a path stands for: itself, or the README of a folder; None if there is none."""
    return next((one for one in (path, path / "README.md") if one in guides), None)


def linked_guides(guides: dict[PurePosixPath, Guide], path: PurePosixPath) -> list[PurePosixPath]:
    """The guides that a guide links to, in the order of the page, each once."""
    targets = (guides[path].target(link) for _, link in guides[path].links())
    found = (guide_at(guides, target[0]) for target in targets if target)
    return list(dict.fromkeys(one for one in found if one and one != path))


def table_of_contents(guides: dict[PurePosixPath, Guide]) -> dict[PurePosixPath, list[PurePosixPath]]:
    """The pages under the home page and each entry page: those that it links to, in its order, each page once."""
    taken = {HOME}
    contents: dict[PurePosixPath, list[PurePosixPath]] = {}
    for entry in (HOME, *ENTRIES):
        contents[entry] = [path for path in linked_guides(guides, entry) if path not in taken and not is_decision(path)]
        taken |= set(contents[entry])
    return contents


def is_decision(path: PurePosixPath) -> bool:
    """Whether a guide is one decision: those are under their own page."""
    return path.parent == DECISIONS and path.name != "README.md"


def commands(blocks: Iterable[FencedBlock]) -> Iterator[FencedBlock]:
    """Yield the blocks that hold commands."""
    return (block for block in blocks if block.language == "sh")
