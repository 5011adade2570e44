"""Why something about a package was not done. The texts are for the person who asked for it, and say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.packages.models import DraftFile


class PackageRefused(Exception):
    """Nothing was changed. The text says why, and what to do."""


class QuotaReached(PackageRefused):
    """The course, or the person, has used up a limit."""


class NotVerified(PackageRefused):
    """The version has not passed its verification."""


class Conflict(PackageRefused):
    """Somebody else changed the file meanwhile. `theirs` is what they saved; None if they deleted it."""

    def __init__(self, path: str, theirs: DraftFile | None) -> None:
        self.theirs = theirs
        what = "changed" if theirs else "deleted"
        super().__init__(f"Somebody else {what} {path} since you opened it. Nothing was overwritten: compare the two.")
