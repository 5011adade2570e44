"""The project's names are the field's terms: none of the private ones of the first version comes back.

`PRIVATE` are words that no name may contain and no sentence may use. `WHOLE` are names that are fine as a part of
another name, but say nothing alone: no module, class, function, metric or label is called so. What is listed in
`PUBLIC` stays because programs outside this repository rely on it; each row says which.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PRIVATE = {
    "keeper": "Supervisor",
    "keepers": "Supervisor",
    "nursery": "ForkServer",
    "nurse": "Forker",
    "hire": "start_fork_server",
    "hired": "start_fork_server",
    "rear": "Preload",
    "reared": "Preload",
    "bury": "reap_idle",
    "buried": "reap_idle",
    "childless": "fork_server_died",
    "cell": "Instance (a sandbox) or entry (a table)",
    "cells": "Instance (a sandbox) or entry (a table)",
    "spares": "min_idle",
    "inlet": "InputForwarder",
    "outlet": "OutputForwarder",
    "rehearse": "warm_up",
    "rehearsal": "warmup",
    "warmth": "preload",
    "aftermath": "residue",
    "survivors": "leaked_processes",
    "leftovers": "leaked_files",
    "attendance": "circuit_breaker",
    "holding": "in_flight",
    "intake": "consumer",
    "sweep": "reconcile",
    "sweeps": "reconcile",
    "swept": "reconciled",
    "exhibit": "attachment",
    "exhibits": "attachments",
    "ration": "TokenBucket",
    "outlook": "submission_terms",
    "insights": "analytics",
}
WHOLE = set(
    [
        "at_home",
        "birth",
        "last_words",
        "warm",
        "conversation",
        "link",
        "line",
        "void",
        "relay",
        "bell",
        "ring",
        "told",
        "said",
        "text",
        "hello",
        "beat",
        "awake",
        "confined",
        "warmth",
        "pages",
        "code",
        "standing",
        "broker",
        "health",
        "promises",
        "nulls",
        "showing",
        "graders",
        "pace",
        "columns",
        "comparing",
        "bodies",
        "shapes",
        "ids",
        "indexes",
        "stopping",
        "connections",
    ]
)
# (path or its beginning, name): what relies on it
PUBLIC: dict[tuple[str, str], str] = {}
CHECKED = (".py", ".md", ".html", ".toml", ".yaml", ".yml", ".json", ".js", ".css", ".acl", ".conf", ".txt")
LEFT_OUT = ("deploy/requirements/", "tests/test_names.py", "CHANGELOG.md", "server/web/frontend/package")
METRIC = re.compile(
    r'\b(?:Counter|Gauge|Histogram|GaugeMetricFamily|CounterMetricFamily)\(\s*"(\w+)"[^)]*?(\[[^\]]*\])?\)'
)


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [path for path in listed if not path.startswith(LEFT_OUT) and (ROOT / path).is_file()]


def words_of(name: str) -> set[str]:
    """The words of a name in snake, camel or kebab case, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def definitions(path: str) -> Iterator[str]:
    """The file's and its folders' names, and for Python its classes, functions and metrics with their labels."""
    yield from Path(path).with_suffix("").parts
    if not path.endswith(".py"):
        return
    text = (ROOT / path).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
    for name, labels in METRIC.findall(text):
        yield name.removeprefix("chainrule_")
        yield from re.findall(r'"(\w+)"', labels)


def is_public(path: str, name: str) -> bool:
    return any(path.startswith(beginning) and name == known for beginning, known in PUBLIC)


@pytest.mark.parametrize("path", [path for path in tracked() if "/migrations/0" not in path])
def test_names_are_the_fields(path):
    wrong = {
        name
        for name in definitions(path)
        if not is_public(path, name)
        and (words_of(name) & PRIVATE.keys() or re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().strip("_") in WHOLE)
    }
    assert not wrong, f"private names in {path}: {', '.join(sorted(wrong))}; see tests/test_names.py for the terms"


@pytest.mark.parametrize("path", [path for path in tracked() if path.endswith(CHECKED) and "/migrations/0" not in path])
def test_text_uses_the_fields_words(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    wrong = {
        word
        for name in re.findall(r"[A-Za-z_]+", text)
        for word in words_of(name) & PRIVATE.keys()
        if not is_public(path, name)
    }
    assert not wrong, f"private words in {path}: {', '.join(sorted(wrong))}; see tests/test_names.py for the terms"


def test_one_class_name_has_one_meaning():
    homes: dict[str, list[str]] = {}
    for path in tracked():
        if path.endswith(".py") and not path.startswith(("tests/", "exercises/")) and "/migrations/0" not in path:
            for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and node.name not in ("Meta", "Command"):
                    homes.setdefault(node.name, []).append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
