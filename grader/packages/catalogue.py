"""Finding exercise packages on disk. Without torch: the web server reads the catalogue too.

The slug of a package is its path below the exercises folder, with dashes: `gradients/two_variables` is
`gradients/two-variables`.
"""

import difflib
import os
import re
import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from grader.errors import MissingVersion, PackageError, UnknownExercise
from grader.packages.archives import digest_of, files_of
from grader.packages.manifest import Manifest, read_manifest
from grader.packages.messages import FILE, OwnMessage, read_messages
from grader.packages.version_cache import VersionCache

PLACEHOLDER = re.compile(r"\{\{ *(?P<name>\w+) *\}\}")
SLUG = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*")


def exercises_folder() -> Path:
    """Return the folder of the packages: `CHAINRULE_EXERCISES`, else `exercises/` beside the grader."""
    return Path(os.environ.get("CHAINRULE_EXERCISES") or Path(__file__).parents[2] / "exercises")


@dataclass(frozen=True)
class Package:
    """One exercise folder. Each file is read once, at its first use.

    `library` is "" if the operator installed the package, else the course that it belongs to ("course-7"). The code of
    a course's package runs in the author's instance only.
    """

    slug: str
    folder: Path
    library: str = ""

    @cached_property
    def manifest(self) -> Manifest:
        """What `exercise.toml` says. Raises PackageError if it has a mistake."""
        return read_manifest(self.folder / "exercise.toml")

    @cached_property
    def messages(self) -> Mapping[str, OwnMessage]:
        """Its own sentences, by message id. Raises PackageError if `messages.toml` has a mistake."""
        return read_messages(self.folder / FILE)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every file's path and bytes: the version of the exercise that graded a submission."""
        return digest_of(files_of(self.folder))

    @cached_property
    def statement(self) -> str:
        """The statement, Markdown with TeX formulas; `statement_for` fills in the numbers of a variant."""
        return self._read("statement.md")

    @cached_property
    def starter(self) -> str:
        """The code that the editor opens with."""
        return self._read("starter.py")

    @cached_property
    def solution(self) -> str:
        """The author's answer."""
        return self._read("solution.py")

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PackageError(f"{self.slug}: {name} cannot be read: {error}") from None

    def numbers(self, variant: int) -> dict[str, float]:
        """Return the numbers of one learner's variant, always the same ones. Raises PackageError if `variant.py` fails.

        They come from `numbers(seed)` of `variant.py`, which can use the standard library only.
        """
        self.refuse_own_code()
        try:
            return dict(runpy.run_path(str(self.folder / "variant.py"))["numbers"](variant))
        except Exception as error:
            text = f"{self.slug}: variant.py: {type(error).__name__}: {error}"
            raise PackageError(text, file="variant.py") from error

    def refuse_own_code(self) -> None:
        """Raise RuntimeError if the package is a course's: its code never runs in this process."""
        if self.library:
            raise RuntimeError(f"the code of {self.slug} is {self.library}'s and runs in the author's instance only")

    def statement_for(self, variant: int) -> str:
        """Return the statement as the learner of a variant reads it, each `{{name}}` replaced by that number.

        Raises PackageError if a name is not one of the numbers. A package without variants has one statement for all.
        """
        return self.statement_with(self.numbers(variant)) if self.manifest.variant else self.statement

    def statement_with(self, numbers: Mapping[str, float]) -> str:
        """Return the statement with these numbers in place of the names. Raises PackageError if one is missing."""
        return PLACEHOLDER.sub(lambda match: self._number(numbers, match["name"]), self.statement)

    def _number(self, numbers: Mapping[str, float], name: str) -> str:
        if name not in numbers:
            known = ", ".join(numbers)
            text = f"{self.slug}: statement.md asks for {{{{{name}}}}}, but variant.py has {known}."
            raise PackageError(text, file="statement.md")
        return str(numbers[name]) if isinstance(numbers[name], int) else f"{numbers[name]:g}"


def packages() -> list[Package]:
    """Return every package, in the order of their slugs. A broken one raises PackageError only when it is read."""
    root = exercises_folder()
    folders = sorted(path.parent for path in root.glob("*/*/exercise.toml"))
    return [Package(folder.relative_to(root).as_posix().replace("_", "-"), folder) for folder in folders]


def versions_folder() -> Path:
    """Return the folder of this machine's cache of courses' packages: `CHAINRULE_VERSIONS`, else beside the grader."""
    return Path(os.environ.get("CHAINRULE_VERSIONS") or Path(__file__).parents[2] / "var" / "versions")


@lru_cache
def version_cache(root: Path) -> VersionCache:
    """Return the cache below `root`, one for each process. It takes `CHAINRULE_VERSIONS_MB` (1024) of the disk."""
    return VersionCache(root, int(os.environ.get("CHAINRULE_VERSIONS_MB") or 1024) * 2**20)


def find_version(slug: str, digest: str, library: str) -> Package:
    """Return the version of a course's package from this machine's cache. Raises MissingVersion if it is not there."""
    folder = version_cache(versions_folder()).folder(digest)
    if folder is None:
        raise MissingVersion(digest)
    return Package(slug, folder, library)


def find_package(slug: str) -> Package:
    """Return the package of a slug, or raise UnknownExercise with similar slugs, or with all if none is similar."""
    folder = exercises_folder() / slug.replace("-", "_")
    if SLUG.fullmatch(slug) and (folder / "exercise.toml").is_file():
        return Package(slug, folder)
    raise UnknownExercise(f"There is no exercise {slug!r}. {_meant(slug)}")


def _meant(slug: str) -> str:
    known = [package.slug for package in packages()]
    dashed = slug.removeprefix("exercises/").strip("/").replace("_", "-")  # as a shell completes a folder's name
    near = difflib.get_close_matches(dashed, known, cutoff=0.75)
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
