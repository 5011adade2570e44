"""Reads the code of Jupyter notebooks. Nothing is run.

A small file can hold millions of JSON values, each of which costs more memory than its bytes. So nothing but the kind
and the source of a cell is built: msgspec passes over every other value.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from grader.protocol.sources import MAX_SOURCE
from server.submissions.errors import Unstorable
from server.submissions.notebook_cells import python_of

MOST_CELLS = 10_000
NOT_JSON = "This is not a notebook: it is not JSON. Was the file cut off?"
BROKEN = "This notebook is broken: its cells cannot be read. Open it in Jupyter and save it again."
TOO_MUCH = f"This notebook has too much code: at most {MAX_SOURCE // 1024} kB can be handed in."

Built = TypeVar("Built")


class LanguageInfo(Struct):
    """The language of a notebook's kernel."""

    name: str = "python"


class Metadata(Struct):
    """What describes a notebook."""

    language_info: LanguageInfo = msgspec.field(default_factory=LanguageInfo)


class NotebookCell(Struct):
    """A cell; its code is in `source`, in formats before 4 in `input`."""

    cell_type: str
    source: Raw = Raw(b"null")
    input: Raw = Raw(b"null")


class Worksheet(Struct):
    """A sheet of a notebook in a format before 4."""

    cells: list[NotebookCell]


class NotebookFile(Struct):
    """A notebook of any format since 2; its cells are in `cells`, before format 4 in its one worksheet."""

    nbformat: Annotated[int, Meta(ge=2, le=4)]
    cells: list[NotebookCell] = []
    worksheets: tuple[Worksheet] | None = None
    metadata: Metadata = msgspec.field(default_factory=Metadata)


def source_of(notebook: str | bytes) -> str:
    """Return the code cells of a notebook's JSON, in order, with IPython's commands as comments.

    Raises Unstorable, with a sentence for the learner, if there is no code or too much of it.
    """
    read = _decoded(notebook, NotebookFile)
    cells = read.cells if read.nbformat == 4 else read.worksheets[0].cells if read.worksheets else []
    if len(cells) > MOST_CELLS:
        raise Unstorable(f"This notebook has {len(cells):,} cells; at most {MOST_CELLS:,} can be read.")
    if read.metadata.language_info.name not in {"python", "ipython"}:
        raise Unstorable("This notebook is not in Python.")
    code = [cell.source if read.nbformat == 4 else cell.input for cell in cells if cell.cell_type == "code"]
    return source_of_cells(list(map(_source_text, code)))


def source_of_cells(code: Sequence[str]) -> str:
    """Return the code of cells as one source, with IPython's commands as comments. Raises Unstorable as above."""
    if sum(map(len, code)) > MAX_SOURCE:
        raise Unstorable(TOO_MUCH)
    if not any(cell.strip() for cell in code):
        raise Unstorable("This notebook has no code in it.")
    return "\n\n".join(filter(None, map(python_of, code))) + "\n"


def _source_text(source: Raw) -> str:
    # Bytes, not characters: whatever is longer than this is too much code, however it is written.
    if len(bytes(source)) > 8 * MAX_SOURCE:
        raise Unstorable(TOO_MUCH)
    lines = _decoded(source, str | list[str])
    return lines if isinstance(lines, str) else "".join(lines)


def _decoded(text: str | bytes | Raw, kind: type[Built] | Any) -> Built | Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.ValidationError, RecursionError):
        raise Unstorable(BROKEN) from None
    except (msgspec.DecodeError, UnicodeError):
        raise Unstorable(NOT_JSON) from None
