"""Checks a submission's source before any of it runs: it must parse.

This runs inside the sandbox, in the child, because hostile source can crash the process that parses it.
"""

import ast


def screen(source: str) -> None:
    """Raise SyntaxError or ValueError (NUL bytes) if the source cannot be loaded."""
    ast.parse(source, filename="submission.py")
