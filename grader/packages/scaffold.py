"""A new exercise: a small package that already passes verify, for its author to change."""

import shutil
import uuid
from pathlib import Path

from grader.errors import PackageError
from grader.packages.catalogue import SLUG, exercises_folder

TEMPLATE = Path(__file__).parent / "template"


def scaffold(slug: str) -> Path:
    """Make the package of a slug and return its folder. Raises PackageError if the slug is malformed or taken."""
    if not SLUG.fullmatch(slug):
        raise PackageError(f"{slug!r} is not a slug; write unit/name in small letters, like gradients/my-idea.")
    folder = exercises_folder() / slug.replace("-", "_")
    if folder.exists():
        raise PackageError(f"{folder} already exists; choose another slug, or remove it.")
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = folder / "exercise.toml"
    title = slug.rpartition("/")[2].replace("-", " ").capitalize()
    text = manifest.read_text(encoding="utf-8").replace("@ID@", str(uuid.uuid4())).replace("@TITLE@", title)
    manifest.write_text(text, encoding="utf-8")
    return folder
