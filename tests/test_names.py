"""The project uses the field's standard terms: none of the private names of the first version comes back.

`PRIVATE` are words that no name contains and no text uses. A name in `WHOLE` is fine as a part of a longer name, but no
module, class, function, metric or label has it alone. `PUBLIC` lists the names that stay because programs outside this
repository rely on them; each row says which.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

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
# Notebooks and tables have cells; the grader's sandboxes have none.
PRIVATE_IN = {("grader/", "deploy/", "tests/grader/", "tests/security/"): {"cell", "cells"}}
# Names that programs outside this repository use, or other versions of this one: (paths, names, what uses them).
PUBLIC: list[tuple[tuple[str, ...], set[str], str]] = [
    (("server/", "tests/server/"), {"sweep"}, "task names on the wire: a server of another version sends them"),
    (("",), {"CHAINRULE_SWEEP_SECONDS", "SWEEP_SECONDS"}, "an operator's setting"),
    (("",), {"insights", "insights_failedcheck"}, "the label and tables of the analytics app"),
    (("grader/", "server/", "tests/"), {"exhibits", "EXHIBITS", "exhibit"}, "the key of the Report's JSON"),
    (("grader/sandboxes/", "tests/grader/sandboxes/"), {"spares"}, "a key of operators' files that is still read"),
    (("tests/benchmarks/",), {"line"}, "the command `python -m tests.benchmarks.line`"),
    (("server/api/",), {"Code", "Cell"}, "schema names of the OpenAPI document"),
]
MOST_WORDS = 10
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
    text = readable(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
    for name, labels in METRIC.findall(text):
        yield name.removeprefix("chainrule_")
        yield from re.findall(r'"(\w+)"', labels)


def is_public(path: str, name: str) -> bool:
    return any(path.startswith(paths) and name in names for paths, names, _ in PUBLIC)


def readable(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def checked(*endings: str) -> list[str]:
    return [path for path in tracked() if path.endswith(endings) and "/migrations/0" not in path]


def private_words(path: str) -> set[str]:
    here = [words for paths, words in PRIVATE_IN.items() if path.startswith(paths)]
    return set(PRIVATE).union(*here)


def is_private(path: str, name: str) -> bool:
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().strip("_")
    return (path.endswith(".py") and snake in WHOLE) or bool(words_of(name) & private_words(path))


def test_names_are_the_fields_terms():
    wrong = {
        f"{path}: {name}"
        for path in checked("")
        for name in definitions(path)
        if is_private(path, name) and not is_public(path, name)
    }
    assert sorted(wrong) == []


def test_text_uses_the_fields_words():
    wrong = {
        f"{path}: {name}"
        for path in checked(*CHECKED)
        for name in re.findall(r"[A-Za-z_]+", readable(path))
        if words_of(name) & private_words(path) and not is_public(path, name)
    }
    assert sorted(wrong) == []


def test_tests_have_short_names():
    wrong = {
        f"{path}: {node.name}"
        for path in checked(".py")
        if path.startswith("tests/") and "/attacks/" not in path
        for node in ast.walk(ast.parse(readable(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and node.name.count("_") > MOST_WORDS
    }
    assert sorted(wrong) == []


def test_one_class_name_has_one_meaning():
    homes: dict[str, list[str]] = {}
    for path in tracked():
        if path.endswith(".py") and not path.startswith(("tests/", "exercises/")) and "/migrations/0" not in path:
            for node in ast.walk(ast.parse(readable(path))):
                if isinstance(node, ast.ClassDef) and node.name not in ("Meta", "Command"):
                    homes.setdefault(node.name, []).append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
