"""Promises that show in a package itself, before anybody's answer to it runs. Each broken one is a sentence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import UnknownExercise
from grader.harness.child.functions import build
from grader.harness.child.models import build_model
from grader.harness.wire.values import Applied, Function, Model
from grader.packages.cases import Case, NearMiss
from grader.packages.catalogue import find_package
from grader.packages.manifest import Manifest
from grader.protocol.messages import MESSAGES, fields_of

FILES = ("exercise.toml", "statement.md", "starter.py", "solution.py", "reference.py", "checks.py", "mistakes.toml")
ALTERNATIVES = 3
MISTAKES = 4
COMPARED = frozenset({"where", "case"})
"""What every finding about a wrong value knows by itself."""


def missing_files(folder: Path) -> Iterator[str]:
    """Say which of the files that every package needs are not there."""
    for name in FILES:
        if not (folder / name).is_file():
            yield f"the file {name} is missing; every package needs one."


def too_few_answers(folder: Path) -> Iterator[str]:
    """Say so where there are fewer right or wrong answers than show what the checks are worth."""
    for name, least, kind in (("alternatives", ALTERNATIVES, "right"), ("mistakes", MISTAKES, "wrong")):
        there = len(list((folder / name).glob("*.py")))
        if there < least:
            yield f"{name}/ needs {least} {kind} answers, a file each, and has {there}; add {least - there} more."


def unknown_predecessors(manifest: Manifest) -> Iterator[str]:
    """Say which of the exercises that come before are nowhere."""
    for slug in manifest.after:
        try:
            find_package(slug)
        except UnknownExercise as error:
            yield f"exercise.toml, `after`: {error}"


def impossible_cases(cases: Iterable[Case], manifest: Manifest) -> Iterator[str]:
    """Say what the cases call or use that is not there: an entry of the manifest, a function or a model.

    Each is said once, of the first case that has it.
    """
    entries = [entry.name for entry in manifest.entries]
    said = set()
    for case in cases:
        if case.entry.partition(".")[0] not in entries and case.entry not in said:
            said.add(case.entry)
            known = ", ".join(entries)
            yield f"reference.py: the case “{case.name}” calls `{case.entry}`; exercise.toml has the entries {known}."
        for made in _made(case.args):
            if (fault := _fault(made)) and fault not in said:
                said.add(fault)
                yield f"reference.py: the case “{case.name}” uses `{made.name}`, which cannot be made: {fault}."


def _fault(what: Function | Model) -> str | None:
    try:
        _ = build(what) if isinstance(what, Function) else build_model(what)
    except Exception as error:
        return str(error)
    return None


def _made(value: Any) -> Iterator[Function | Model]:
    """Yield what the harness makes by name, however deep it lies in a case's arguments."""
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


def unworded_near_misses(misses: Iterable[NearMiss]) -> Iterator[str]:
    """Say which near misses could not be told to a learner."""
    for miss in misses:
        yield from unworded(miss.diagnosis, COMPARED.union(miss.data), home="NEAR_MISSES")


def unworded(message: str, known: Iterable[str], *, home: str) -> Iterator[str]:
    """Say so where a message has no sentence, or one that speaks of what is not among the `known` names.

    `home` is the table of `grader.protocol.messages` where such sentences live.
    """
    if message not in MESSAGES:
        yield f"`{message}` has no sentence; add it to {home} in grader/protocol/messages.py."
    elif lacking := (fields_of(message) | fields_of(f"{message}.hint")).difference(known):
        names = ", ".join(sorted(lacking))
        yield f"the sentence of `{message}` in grader/protocol/messages.py speaks of {names}; give that along with it as data."
