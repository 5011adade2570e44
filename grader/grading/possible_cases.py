"""Whether the harness can make what a package's cases use. An author wrote the cases: this runs on their side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from grader.harness.child.functions import build
from grader.harness.child.models import build_model
from grader.harness.wire.values import Applied, Function, Model
from grader.packages.cases import Case
from grader.packages.manifest import Manifest


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
