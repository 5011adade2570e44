"""Which test files belong to a changed file, closest first.

1. The file itself if it is a test.
2. The test at its mirrored path: `tests/server/api/test_tokens.py` for `server/api/tokens.py`.
3. Test files that import it, those with fewer imports first.
4. For a file that is not Python: test files that contain its name and the name of its folder.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.base import ROOT


@dataclass(frozen=True, slots=True)
class SuiteFile:
    """A test file: its path below the root, its text, and every module and name that it imports."""

    path: Path
    text: str
    imports: frozenset[str]


def affected_tests(changed: Iterable[Path], root: Path = ROOT) -> list[Path]:
    """The test files of the changed files, given as paths below the root; each once, the closest first."""
    suite = read_suite(root)
    paths = list(changed)
    steps = (itself, mirrored, importing, naming)
    return list(dict.fromkeys(test for step in steps for path in paths for test in step(path, suite)))


def read_suite(root: Path) -> list[SuiteFile]:
    """All test files, those with fewer imports first."""
    files = [read(path.relative_to(root), path.read_text(encoding="utf-8")) for path in root.glob("tests/**/test_*.py")]
    return sorted(files, key=lambda file: (len(file.imports), file.path))


def read(path: Path, text: str) -> SuiteFile:
    """Read one test file; one that is not valid Python imports nothing."""
    try:
        return SuiteFile(path, text, frozenset(imported(ast.parse(text))))
    except SyntaxError:
        return SuiteFile(path, text, frozenset())


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted name of every module, and of everything that is taken from a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def itself(path: Path, suite: list[SuiteFile]) -> list[Path]:
    """The file if it is a test; the tests of its folder if it is a conftest."""
    if path.name == "conftest.py":
        return [file.path for file in suite if file.path.is_relative_to(path.parent)]
    return [file.path for file in suite if file.path == path]


def mirrored(path: Path, suite: list[SuiteFile]) -> list[Path]:
    """The test at the mirrored path, if there is one."""
    wanted = Path("tests") / path.parent / f"test_{path.stem}.py"
    return [file.path for file in suite if path.suffix == ".py" and file.path == wanted]


def importing(path: Path, suite: list[SuiteFile]) -> list[Path]:
    """The test files that import this module, or something from it."""
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    return [file.path for file in suite if path.suffix == ".py" and module in file.imports]


def naming(path: Path, suite: list[SuiteFile]) -> list[Path]:
    """The test files that contain this file's name and its folder's."""
    if path.suffix == ".py":
        return []
    return [file.path for file in suite if path.name in file.text and path.parent.name in file.text]
