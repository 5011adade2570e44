"""Reads uploaded files: Python sources, and the code of notebooks. Nothing is run."""

from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from server.submissions.errors import Unstorable
from server.submissions.notebooks import source_of


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
