"""Checks of a package that need no run of an answer. Each problem is one sentence that tells the author what to do."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from grader.errors import PackageError, UnknownExercise
from grader.grading.examiner import Fault
from grader.packages.catalogue import Package, find_package, packages
from grader.packages.manifest import OWN_LIMITS, Manifest
from grader.packages.messages import OwnMessage
from grader.protocol.messages import MESSAGES, fields_of
from grader.verification.places import naming
from grader.verification.readability import complaint_about

FILES = ("exercise.toml", "statement.md", "starter.py", "solution.py", "reference.py", "checks.py", "mistakes.toml")
ALTERNATIVES, MISTAKES = 3, 4
"""How many right and wrong answers a package of the installation needs."""
OWN_ALTERNATIVES, OWN_MISTAKES = 0, 2
"""How many a course's own package needs."""
LEVEL_IS = {
    "hint": "it says what to look at.",
    "why": "it explains the idea behind the mistake, with the smallest example worked.",
    "how": "it says in words what to change.",
}
"""What the author must write for each level of hints."""
COMPARED = frozenset({"where", "case"})
"""The data that every finding about a wrong value has."""


def missing_files(folder: Path) -> Iterator[Fault]:
    """Report which of the required files are missing."""
    for name in FILES:
        if not (folder / name).is_file():
            yield Fault(text=f"the file {name} is missing; every package needs one.", file=name)


def too_few_answers(package: Package) -> Iterator[Fault]:
    """Report if a package has too few alternatives or mistakes to test its checks."""
    alternatives, mistakes = (OWN_ALTERNATIVES, OWN_MISTAKES) if package.library else (ALTERNATIVES, MISTAKES)
    for name, least, kind in (("alternatives", alternatives, "right"), ("mistakes", mistakes, "wrong")):
        there = len(list((package.folder / name).glob("*.py")))
        if there < least:
            yield Fault(
                text=f"{name}/ needs {least} {kind} answers, a file each, and has {there}; add {least - there} more."
            )


def too_large_limits(manifest: Manifest) -> Iterator[Fault]:
    """Report which limits are larger than a course's own package can have."""
    for name, limit in manifest.limits.items():
        if limit > OWN_LIMITS[name]:
            yield Fault(text=f"exercise.toml: `limits.{name}` is {limit:g}; the most is {OWN_LIMITS[name]}.")


def unknown_predecessors(manifest: Manifest) -> Iterator[Fault]:
    """Report which exercises of `after` do not exist."""
    for slug in manifest.after:
        try:
            find_package(slug)
        except UnknownExercise as error:
            yield Fault(text=f"exercise.toml, `after`: {error}")


def shared_id(slug: str, manifest: Manifest) -> Iterator[Fault]:
    """Report which other packages have the same `id`: grades and links could not tell them apart."""
    for other in packages():
        with suppress(PackageError):  # a broken package has a report of its own
            if other.slug != slug and other.manifest.id.lower() == manifest.id.lower():
                yield Fault(
                    text=f"exercise.toml: {other.slug} has the same `id`; make a new one for the copy with "
                    "`python -c 'import uuid; print(uuid.uuid4())'`."
                )


def incomplete_levels(own: Mapping[str, OwnMessage]) -> Iterator[Fault]:
    """Report which messages of a package lack a level of hints, or have one that is too long or too hard to read."""
    for name, message in own.items():
        levels = {"hint": message.hint, "why": message.why, "how": message.how}
        for level, text in levels.items():
            if not text.strip():
                yield Fault(text=f"messages.toml: [{name}] has no `{level}`; {LEVEL_IS[level]}")
            elif complaint := complaint_about(text):
                yield Fault(text=f"messages.toml: `{level}` of [{name}] {complaint}.")


def missing_sentence(message: str, known: Iterable[str], package: Package) -> Iterator[Fault]:
    """Report if a message has no sentence, or if its sentence uses data whose name is not in `known`."""
    own = package.messages
    if message in own:
        place, names = "messages.toml", own[message].names
    elif message in MESSAGES:
        place = "grader/protocol/messages.py"
        names = set().union(*(fields_of(f"{message}{level}") for level in ("", ".hint", ".why", ".how")))
    else:
        keys = "`sentence`, `hint`, `why` and `how`"
        text = f"`{message}` has no sentence; add a table [{message}] with {keys} to messages.toml."
        yield replace(naming(package.folder, message), text=text)
        return
    if lacking := names.difference(known):
        listed = ", ".join(sorted(lacking))
        text = f"the sentence of `{message}` in {place} uses {listed}; pass the value as data of the message."
        yield replace(naming(package.folder, message), text=text)
