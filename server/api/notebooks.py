"""Jupyter notebooks: the code in them, and nothing run."""

import re

from server.api.schemas import Cell, Notebook

# `%matplotlib inline` and `!pip install`, but not the second line of a remainder, `% modulus`.
MAGIC = re.compile(r"\s*(%[A-Za-z]|!|\?)")


def source_of(notebook: Notebook) -> str:
    """Return the code cells of a notebook, one after another, without IPython's own commands."""
    code = (_text(cell) for cell in notebook.cells if cell.cell_type == "code")
    return "\n\n".join(filter(None, map(_without_magics, code))) + "\n"


def _text(cell: Cell) -> str:
    return cell.source if isinstance(cell.source, str) else "".join(cell.source)


def _without_magics(code: str) -> str:
    # A cell that is all magic (`%%bash`) holds no Python at all.
    if code.lstrip().startswith("%%"):
        return ""
    return "\n".join(line for line in code.splitlines() if not MAGIC.match(line)).strip("\n")
