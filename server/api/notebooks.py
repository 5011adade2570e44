"""Reads the code of Jupyter notebooks. Nothing is run."""

import re

from server.api.schemas import Cell, Notebook

# `%matplotlib inline` and `!pip install`, but not `% modulus` on a line of its own, which continues an expression.
MAGIC = re.compile(r"\s*(%[A-Za-z]|!|\?)")


def source_of(notebook: Notebook) -> str:
    """Return the code of a notebook in its order, without IPython's own commands."""
    code = (_source(block) for block in notebook.cells if block.cell_type == "code")
    return "\n\n".join(filter(None, map(_without_magics, code))) + "\n"


def _source(block: Cell) -> str:
    return block.source if isinstance(block.source, str) else "".join(block.source)


def _without_magics(code: str) -> str:
    # `%%bash` and the like: the whole block is not Python.
    if code.lstrip().startswith("%%"):
        return ""
    return "\n".join(line for line in code.splitlines() if not MAGIC.match(line)).strip("\n")
