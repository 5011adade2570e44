"""Reads uploaded files: Python sources, and the code of notebooks in order. Nothing is run."""

from pathlib import PurePath

import nbformat
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from nbformat.reader import NotJSONError

from server.submissions.errors import Unstorable
from server.submissions.notebook_cells import python_of

# What nbformat raises if a notebook is JSON but not in the format of notebooks.
BROKEN = (nbformat.ValidationError, AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError)


def read_upload(file: UploadedFile) -> str:
    """Return the source in an uploaded file; raises Unstorable, with a sentence for the learner, if there is none."""
    match PurePath(file.name or "").suffix.lower():
        case ".py":
            # `check_storable` refuses a source that is too large; this limit only bounds what is read.
            return _decoded(file, settings.NOTEBOOK_MAX_BYTES)
        case ".ipynb":
            return source_of(_decoded(file, settings.NOTEBOOK_MAX_BYTES))
    raise Unstorable("Only Python files (.py) and notebooks (.ipynb) can be handed in.")


def _decoded(file: UploadedFile, limit: int) -> str:
    if (file.size or 0) > limit:
        raise Unstorable(f"This file has {(file.size or 0) / 1e6:.0f} MB; at most {limit // 1_000_000} MB can be read.")
    # Bytes that are not UTF-8 become the replacement character, which `check_storable` refuses with a sentence.
    return file.read().decode("utf-8-sig", errors="replace")


def source_of(notebook: str) -> str:
    """Return the code cells of a notebook's JSON, in order, with IPython's commands as comments."""
    try:
        read = nbformat.convert(nbformat.reader.reads(notebook), 4)
        language = read.metadata.get("language_info", {}).get("name", "python")
        code = [_joined(cell.source) for cell in read.cells if cell.cell_type == "code"]
    except NotJSONError:
        raise Unstorable("This is not a notebook: it is not JSON. Was the file cut off?") from None
    except BROKEN:
        raise Unstorable(
            "This notebook is broken: its cells cannot be read. Open it in Jupyter and save it again."
        ) from None
    if language not in {"python", "ipython"}:
        raise Unstorable("This notebook is not in Python.")
    if not any(cell.strip() for cell in code):
        raise Unstorable("This notebook has no code in it.")
    return "\n\n".join(filter(None, map(python_of, code))) + "\n"


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
