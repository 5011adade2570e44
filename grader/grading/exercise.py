"""Loading an exercise package's code: the reference, which knows the truth, and the checks.

A mistake of an author becomes a PackageError that names the file. Only packages that the operator installed are loaded
into this process. Those of a course are data here: `Exercise` has their manifest, and their code runs in the author's
instance (`grader.grading.sandboxed_author`).
"""

import importlib.util
import inspect
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.checks.check import Check
from grader.errors import PackageError, StaleWorker
from grader.packages.cases import Case, Chart, NearMiss
from grader.packages.catalogue import Package, find_package, find_version
from grader.packages.manifest import OWN_LIMITS, Manifest, Tolerance
from grader.sandboxes.base import Limits, Program


@dataclass(frozen=True)
class Exercise:
    """A package with its code loaded."""

    package: Package

    @property
    def slug(self) -> str:
        """The slug, such as "gradients/sum-of-matrix"."""
        return self.package.slug

    @property
    def manifest(self) -> Manifest:
        """What `exercise.toml` says."""
        return self.package.manifest

    @property
    def tolerance(self) -> Tolerance:
        """How far a right answer can be off."""
        return self.manifest.tolerance

    @cached_property
    def limits(self) -> Limits:
        """What a submission can use. Raises PackageError if a course's exercise wants more than such ones can have."""
        for name, limit in self.manifest.limits.items() if self.package.library else ():
            if limit > OWN_LIMITS[name]:
                text = f"{self.slug}: `limits.{name}` is {limit:g}; the most is {OWN_LIMITS[name]}."
                raise PackageError(text, file="exercise.toml")
        return Limits(**self.manifest.limits)  # type: ignore[arg-type]  # the manifest checked names and types

    @cached_property
    def reference(self) -> ModuleType:
        """The module `reference.py`."""
        module = _load(self.package, "reference")
        for name in ("cases", "truth", "witness"):
            if not callable(getattr(module, name, None)):
                raise PackageError(f"{self.slug}: reference.py must define `{name}`.", file="reference.py")
        return module

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks of `checks.py`, in the order in which they are written."""
        members = vars(_load(self.package, "checks")).values()
        checks = tuple(member for member in members if isinstance(member, Check))
        if not checks:
            raise PackageError(
                f"{self.slug}: checks.py defines no check; decorate a function with `@check(points=...)`.",
                file="checks.py",
            )
        _validate(self.slug, checks)
        return checks

    def cases(self, seed: int, *, variant: int = 0) -> list[Case]:
        """Return the cases of a seed; the same ones for the same seed."""
        if self.manifest.variant:
            cases: list[Case] = self.reference.cases(seed, self.package.numbers(variant))
        else:
            cases = self.reference.cases(seed)
        return cases

    def truth(self, case: Case) -> Any:
        """Return the expected value of a case."""
        return self.reference.truth(case)

    def near_misses(self, case: Case) -> Sequence[NearMiss]:
        """Return the wrong answers to recognise for a case."""
        misses: Sequence[NearMiss] = self._optional("near_misses", lambda case: [])(case)
        return misses

    def counterexamples(self) -> list[Case]:
        """Return tiny cases, smallest first, for a learner to work out by hand."""
        cases: list[Case] = self._optional("counterexamples", list)()
        return cases

    def chart(self, case: Case, value: Any) -> Chart | None:
        """Return the curves of an answer that has the structure of the truth; None if the package draws none."""
        chart: Chart | None = self._optional("chart", lambda case, value: None)(case, value)
        return chart

    def argument_names(self, entry: str) -> tuple[str, ...]:
        """Return the parameter names of an entry, from its signature in the manifest."""
        signatures = {item.name: item.signature for item in self.manifest.entries}
        inside = signatures.get(entry, "").partition("(")[2].partition(")")[0]
        return tuple(part.split(":")[0].strip() for part in _split(inside))

    def program(self, source: str) -> Program:
        """Return what the harness needs of a submission to this exercise."""
        return Program(
            source=source,
            entries=tuple(entry.name for entry in self.manifest.entries),
            imports=self.manifest.imports,
            stream_losses=self.manifest.stream_losses,
        )

    def _optional(self, name: str, default: Callable[..., Any]) -> Callable[..., Any]:
        return getattr(self.reference, name, default)


def load_exercise(slug: str, *, digest: str = "", library: str = "") -> Exercise:
    """Load the exercise of a slug.

    Raises UnknownExercise if there is none, PackageError if it is broken, and StaleWorker if the version on this
    machine's disk is not `digest`. Without a digest the disk is read each time, so that authors see their changes.
    With a library, the version comes from the cache of this machine; raises MissingVersion if it is not there.
    """
    if library:
        return _owned(find_version(slug, digest, library), digest)
    loaded = _loaded.get(slug)
    if loaded is not None and loaded.package.digest == digest:
        return loaded
    package = find_package(slug)
    if digest and digest != package.digest:
        raise StaleWorker(f"{slug}: the job is for version {digest[:12]}, this worker has {package.digest[:12]}.")
    if loaded is None or loaded.package.digest != package.digest:
        loaded = _loaded[slug] = Exercise(package)
    return loaded


@lru_cache(256)
def _owned(package: Package, digest: str) -> Exercise:
    """Return the exercise of a course. Its manifest is read once; the cache of versions has checked its digest."""
    vars(package)["digest"] = digest
    return Exercise(package)


# By slug, in the version that was used last.
_loaded: dict[str, Exercise] = {}


def _load(package: Package, part: str) -> ModuleType:
    package.refuse_own_code()
    path = package.folder / f"{part}.py"
    name = f"chainrule_{package.digest[:16]}_{part}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PackageError(
            f"{package.slug}: the file {part}.py is missing; every package needs one.", file=f"{part}.py"
        )
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        text = f"{package.slug}: {part}.py does not load: {type(error).__name__}: {error}"
        raise PackageError(text, file=f"{part}.py", line=_line_of(error, path)) from error
    return module


def _line_of(error: Exception, path: Path) -> int | None:
    """Return the last line of a file that an exception went through, or the one that is no Python."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def _validate(slug: str, checks: Sequence[Check]) -> None:
    names: set[str] = set()
    for item in checks:
        if complaint := _complaint(item, names):
            line = inspect.unwrap(item.run).__code__.co_firstlineno
            raise PackageError(f"{slug}: the check `{item.name}` {complaint}", file="checks.py", line=line)
        names.add(item.name)


def _complaint(item: Check, above: set[str]) -> str | None:
    if not item.title:
        return "needs a docstring: it is the title learners read."
    if len(inspect.signature(item.run).parameters) != 1:
        return "must take exactly one parameter, the trial."
    if unknown := set(item.after) - above:
        return f"comes after {unknown.pop()!r}, which is not above it."
    return None


def _split(parameters: str) -> list[str]:
    """Split a parameter list at its top-level commas."""
    parts, depth = [""], 0
    for character in parameters:
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]
