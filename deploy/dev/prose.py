"""How plain the prose of the project is: comments, docstrings, Markdown and the text of pages.

    python -m deploy.dev.prose [--worst 30]

Each group has two limits per 1,000 words (`MOST_WHERE`, `LEAST_IF`), and no sentence has one of the `ODD` phrases.
`--worst` prints that many places with an odd phrase. `make check` fails if a group breaks a limit.
"""

import argparse
import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.dev.base import ROOT, SetupError, git_files, main, say

# Per 1,000 words. Well-known projects have 1 to 2 "where", and 12 to 16 "if" and "when".
MOST_WHERE = 3.0
LEAST_IF = 8.0
# Smaller groups are not measured: one sentence would decide.
FEWEST_WORDS = 1_000
# Whether `make check` fails at a broken limit, or prints it only.
ENFORCED = True
GROUPS = ("grader", "server", "deploy", "exercises", "tests")
DOCUMENTS = "documents"
# Wrong answers and other right answers: learners write like this.
LEFT_OUT = ("/mistakes/", "/alternatives/")
ODD = re.compile(
    r"\b(whoever|such a one|of ours|thus|hence|(?:not|but|only) where"
    r"|where (?:it|there|that|one|nobody|somebody|they|a|an|the|no)\b)",
    re.IGNORECASE,
)
# (file, a part of the sentence): "where" is a real place here, or the sentence quotes the words.
ALLOWED: tuple[tuple[str, str], ...] = (("CHANGELOG.md", '"Errors of ours" and "Our mistake" are'),)

Prose = Iterator[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class OddSentence:
    """A sentence with an odd phrase."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text[:140]}"


@dataclass(slots=True)
class Count:
    """What one group of files has: words in all, "where", and "if" with "when"."""

    words: int = 0
    where: int = 0
    conditions: int = 0

    def add(self, prose: str) -> None:
        """Count the words of one comment, docstring or line."""
        words = Counter(re.findall(r"[a-z']+", prose.lower()))
        self.words += words.total()
        self.where += words["where"]
        self.conditions += words["if"] + words["when"]

    @property
    def where_rate(self) -> float:
        """How many "where" there are per 1,000 words."""
        return 1000 * self.where / max(self.words, 1)

    @property
    def if_rate(self) -> float:
        """How many "if" and "when" there are per 1,000 words."""
        return 1000 * self.conditions / max(self.words, 1)

    @property
    def passes(self) -> bool:
        """Whether the group keeps both limits."""
        return self.words < FEWEST_WORDS or (self.where_rate <= MOST_WHERE and self.if_rate >= LEAST_IF)


@dataclass(slots=True)
class Measure:
    """The counts of every group, and the places with an odd phrase."""

    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    places: list[OddSentence] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """One line for each group that breaks a limit, and one for the places; empty if all is well."""
        lines = [
            f"{name} is not plain enough: {rates(count)}" for name, count in self.counts.items() if not count.passes
        ]
        return [*lines, *([f"{len(self.places)} places have an odd phrase"] if self.places else [])]


def python_prose(text: str) -> Prose:
    """Yield the line and the text of each comment and docstring; nothing if the file is not valid Python."""
    try:
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield getattr(node, "lineno", 1), docstring


def markdown_prose(text: str) -> Prose:
    """Yield each line outside fenced code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield number, line


def html_prose(text: str) -> Prose:
    """Yield each line without tags, template tags and scripts."""
    markup = r"(?s)\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<script.*?</script>|<[^>]*>"
    bare = re.sub(markup, lambda found: "\n" * found.group().count("\n") + " ", text)
    yield from enumerate(bare.splitlines(), 1)


READERS: dict[str, Callable[[str], Prose]] = {".py": python_prose, ".md": markdown_prose, ".html": html_prose}


def group_of(path: Path) -> str:
    """The group that a file is measured with: its top folder, or the documents."""
    return path.parts[0] if path.parts[0] in GROUPS else DOCUMENTS


def measure(paths: Iterable[Path], root: Path = ROOT) -> Measure:
    """Measure files, given by their paths below `root`."""
    found = Measure()
    for path in paths:
        if path.suffix not in READERS or any(part in f"/{path}" for part in LEFT_OUT):
            continue
        count = found.counts[group_of(path)]
        for line, prose in READERS[path.suffix]((root / path).read_text(encoding="utf-8")):
            count.add(prose)
            text = " ".join(prose.split())
            if ODD.search(prose) and not is_allowed(str(path), text):
                found.places.append(OddSentence(str(path), line, text))
    return found


def is_allowed(path: str, text: str) -> bool:
    """Whether this place is one of `ALLOWED`."""
    return any(path == file and part in text for file, part in ALLOWED)


def rates(count: Count) -> str:
    """The numbers of a group, in words."""
    where = f"where {count.where_rate:.1f} (at most {MOST_WHERE:.0f})"
    return f"{where}, if and when {count.if_rate:.1f} (at least {LEAST_IF:.0f})"


def check_prose(worst: int = 10) -> None:
    """Measure all tracked files and print each group. Raises SetupError if a limit is broken."""
    found = measure(git_files())
    for place in found.places[:worst]:
        print(place)
    for name, count in sorted(found.counts.items()):
        print(f"{name:10} {count.words:7} words; {rates(count)}")
    if found.failures:
        message = "; ".join(found.failures) + " (python -m deploy.dev.prose --worst 30 shows the places)"
        if ENFORCED:
            raise SetupError(message)
        say(message)


def command() -> None:
    """Read the command line and check."""
    parser = argparse.ArgumentParser(description="Measure how plain the project's prose is.")
    parser.add_argument("--worst", type=int, default=10, help="print so many places with an odd phrase")
    check_prose(parser.parse_args().worst)


if __name__ == "__main__":
    main(command)
