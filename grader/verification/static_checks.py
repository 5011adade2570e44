"""Checks of a package that need no run of an answer. Each problem is one sentence that tells the author what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from grader.errors import PackageError, UnknownExercise
from grader.harness.child.functions import build
from grader.harness.child.models import build_model
from grader.harness.wire.values import Applied, Function, Model
from grader.packages.cases import Case, NearMiss
from grader.packages.catalogue import find_package, packages
from grader.packages.manifest import Manifest
from grader.packages.messages import OwnMessage
from grader.protocol.messages import MESSAGES, fields_of
from grader.verification.readability import complaint_about

FILES = ("exercise.toml", "statement.md", "starter.py", "solution.py", "reference.py", "checks.py", "mistakes.toml")
ALTERNATIVES = 3
MISTAKES = 4
LEVEL_IS = {
    "hint": "it says what to look at.",
    "why": "it explains the idea behind the mistake, with the smallest example worked.",
    "how": "it says in words what to change.",
}
"""What the author must write for each level of hints."""
COMPARED = frozenset({"where", "case"})
"""The data that every finding about a wrong value has."""


def missing_files(folder: Path) -> Iterator[str]:
    """Report which of the required files are missing."""
    for name in FILES:
        if not (folder / name).is_file():
            yield f"the file {name} is missing; every package needs one."


def too_few_answers(folder: Path) -> Iterator[str]:
    """Report if a package has too few alternatives or mistakes to test its checks."""
    for name, least, kind in (("alternatives", ALTERNATIVES, "right"), ("mistakes", MISTAKES, "wrong")):
        there = len(list((folder / name).glob("*.py")))
        if there < least:
            yield f"{name}/ needs {least} {kind} answers, a file each, and has {there}; add {least - there} more."


def unknown_predecessors(manifest: Manifest) -> Iterator[str]:
    """Report which exercises of `after` do not exist."""
    for slug in manifest.after:
        try:
            find_package(slug)
        except UnknownExercise as error:
            yield f"exercise.toml, `after`: {error}"


def shared_id(slug: str, manifest: Manifest) -> Iterator[str]:
    """Report which other packages have the same `id`: grades and links could not tell them apart."""
    for other in packages():
        with suppress(PackageError):  # a broken package has a report of its own
            if other.slug != slug and other.manifest.id.lower() == manifest.id.lower():
                yield (
                    f"exercise.toml: {other.slug} has the same `id`; make a new one for the copy with "
                    "`python -c 'import uuid; print(uuid.uuid4())'`."
                )


def impossible_cases(cases: Iterable[Case], manifest: Manifest) -> Iterator[str]:
    """Report what the cases use that does not exist: an entry of the manifest, a function or a model.

    Each problem is reported once, for the first case that has it.
    """
    entries = [entry.name for entry in manifest.entries]
    reported = set()
    for case in cases:
        if case.entry.partition(".")[0] not in entries and case.entry not in reported:
            reported.add(case.entry)
            known = ", ".join(entries)
            yield f"reference.py: the case “{case.name}” calls `{case.entry}`; exercise.toml has the entries {known}."
        for made in _made(case.args):
            if (fault := _fault(made)) and fault not in reported:
                reported.add(fault)
                yield f"reference.py: the case “{case.name}” uses `{made.name}`, which cannot be made: {fault}."


def _fault(what: Function | Model) -> str | None:
    try:
        _ = build(what) if isinstance(what, Function) else build_model(what)
    except Exception as error:
        return str(error)
    return None


def _made(value: Any) -> Iterator[Function | Model]:
    """Yield the functions and models that the harness makes by name, at any depth in a case's arguments."""
    match value:
        case Function() | Model():
            yield value
        case Applied():
            yield value.function
        case Mapping():
            yield from _made(list(value.values()))
        case Sequence() if not isinstance(value, str):
            for item in value:
                yield from _made(item)


def incomplete_levels(own: Mapping[str, OwnMessage]) -> Iterator[str]:
    """Report which messages of a package lack a level of hints, or have one that is too long or too hard to read."""
    for name, message in own.items():
        levels = {"hint": message.hint, "why": message.why, "how": message.how}
        for level, text in levels.items():
            if not text.strip():
                yield f"messages.toml: [{name}] has no `{level}`; {LEVEL_IS[level]}"
            elif complaint := complaint_about(text):
                yield f"messages.toml: `{level}` of [{name}] {complaint}."


def near_misses_without_sentence(misses: Iterable[NearMiss], own: Mapping[str, OwnMessage]) -> Iterator[str]:
    """Report which near misses have no complete sentence for the learner."""
    for miss in misses:
        yield from missing_sentence(miss.diagnosis, COMPARED.union(miss.data), own)


def missing_sentence(message: str, known: Iterable[str], own: Mapping[str, OwnMessage]) -> Iterator[str]:
    """Report if a message has no sentence, or if its sentence uses data whose name is not in `known`."""
    if message in own:
        place, names = "messages.toml", own[message].names
    elif message in MESSAGES:
        place = "grader/protocol/messages.py"
        names = set().union(*(fields_of(f"{message}{level}") for level in ("", ".hint", ".why", ".how")))
    else:
        keys = "`sentence`, `hint`, `why` and `how`"
        yield f"`{message}` has no sentence; add a table [{message}] with {keys} to messages.toml."
        return
    if lacking := names.difference(known):
        listed = ", ".join(sorted(lacking))
        yield f"the sentence of `{message}` in {place} uses {listed}; pass the value as data of the message."
