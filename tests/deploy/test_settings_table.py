"""The table of settings names every environment variable that the code reads, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "operator" / "settings.md"
FOLDERS = ("server", "grader", "deploy")
# Variables of the operating system, not of Chainrule.
SYSTEM = {"HOME", "PATH"}
READERS = {"website", "records worker", "grading worker", "set-up", "command line", "Compose", "proxy", "developers"}
# `${NAME:-default}` and `${NAME:?message}` in YAML and shell, `{$NAME}` in the proxy's file.
REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::?[-?=]|\})|\{\$([A-Z][A-Z0-9_]*)")


def in_python(text: str) -> Iterator[str]:
    """The variables read by `os.environ`, `os.getenv` and environs' `env`; a name can be a constant of the module."""
    tree = ast.parse(text)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case (
                ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"), args=[name, *_])
                | ast.Call(func=ast.Attribute(attr="getenv"), args=[name, *_])
                | ast.Call(func=ast.Attribute(value=ast.Name("env")), args=[name, *_])
                | ast.Subscript(value=ast.Attribute(attr="environ"), slice=name, ctx=ast.Load())
            ):
                value = constants.get(name.id) if isinstance(name, ast.Name) else getattr(name, "value", None)
                if isinstance(value, str) and value.isupper():
                    yield value


def read_anywhere() -> dict[str, str]:
    """Each variable that is read, with one file that reads it. `NAME_FILE` belongs to `NAME` if that is read, too."""
    found: dict[str, str] = {}
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()):
        if path.suffix == ".py":
            names = list(in_python(path.read_text(encoding="utf-8")))
        elif path.name in ("Caddyfile", "compose.yaml", "make-secrets"):
            names = [a or b for a, b in REFERENCE.findall(path.read_text(encoding="utf-8"))]
        else:
            continue
        found |= dict.fromkeys(names, str(path.relative_to(ROOT)))
    return {
        name: path
        for name, path in found.items()
        if name not in SYSTEM and name.removesuffix("_FILE") not in found.keys() - {name}
    }


def table() -> dict[str, list[str]]:
    """The rows of the tables: variable -> default, meaning, readers."""
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|(.*)\|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [column.strip() for column in rest.split(" | ")] for name, rest in rows}


def test_every_variable_that_is_read_is_in_the_table():
    missing = {name: path for name, path in read_anywhere().items() if name not in table()}

    assert not missing, f"add these to {TABLE.relative_to(ROOT)}: {missing}"


def test_every_row_names_a_variable_that_is_read():
    assert set(table()) <= set(read_anywhere())


@pytest.mark.parametrize("name", sorted(table()))
def test_a_row_says_default_meaning_and_reader(name):
    default, meaning, readers = table()[name]

    assert default
    assert meaning.endswith(".")
    assert set(readers.split(", ")) <= READERS


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('os.environ.get("A_B") or os.environ["C"]', ["A_B", "C"]),
        ('os.environ["A"] = "x"', []),
        ('N = "A_B"\nos.getenv(N)', ["A_B"]),
        ('env.int("A", 5)', ["A"]),
        ('env.get("lower")', []),
    ],
)
def test_reads_are_found_in_python(code, names):
    assert sorted(in_python(code)) == names
