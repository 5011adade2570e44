"""Checks a submission's source before any of it runs: it must parse, and import only what is allowed.

This runs inside the sandbox, in the child, because hostile source can crash the process that parses it.
"""

import ast
import sys
from collections.abc import Collection, Iterator


class NotAllowed(ImportError):
    """The source imports a package outside the exercise's list."""


def screen(source: str, *, allowed: Collection[str]) -> None:
    """Raise SyntaxError, ValueError (NUL bytes) or NotAllowed if the source cannot be loaded."""
    tree = ast.parse(source, filename="submission.py")
    for name, line in _imports(tree):
        if name not in sys.stdlib_module_names and name not in allowed:
            error = NotAllowed(f"`import {name}` is not allowed here; allowed are the standard library{_also(allowed)}")
            error.lineno = line  # type: ignore[attr-defined]  # the learner sees it beside the message
            raise error


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0], node.lineno


def _also(allowed: Collection[str]) -> str:
    return "".join(f" and {name}" for name in sorted(allowed))
