"""Reads uploaded files: Python sources, and the code of notebooks. Nothing is run."""

from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from server.accounts.models import User
from server.common.per_minute import is_within_limit
from server.submissions.errors import TooManyFiles, Unstorable
from server.submissions.notebooks import source_of

# Of a person: a file can be large, and reading it takes the website's time.
FILES_PER_MINUTE = 30


def check_uploads(learner: User) -> None:
    """Count an upload; raise TooManyFiles if the learner uploads too many within a minute."""
    if not is_within_limit("upload", str(learner.pk), FILES_PER_MINUTE):
        raise TooManyFiles(FILES_PER_MINUTE)


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
