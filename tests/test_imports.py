"""An import inside a function says why it is there: most of them hide a circle or a layer that is broken."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REASON = re.compile(r"# noqa: PLC0415(?:,\w+)*[\s:-]*(?P<reason>.*)")
# A reason is a few words, not one.
LEAST_WORDS = 3


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "server/*.py", "grader/*.py", "deploy/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [path for path in listed if (ROOT / path).is_file() and "grader/packages/template/" not in path]


def inner_imports(path):
    """Return the imports of each function that has some, in the order of their lines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            found = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
            if found:
                yield sorted(found, key=lambda node: node.lineno)


@pytest.mark.parametrize("path", sources())
def test_imports_inside_a_function_have_a_reason(path):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()

    # The reason stands on the line of the first import or above it, and holds for the others of the function.
    missing = [first.lineno for first, *_ in inner_imports(path) if not has_reason(lines, first.lineno)]

    assert not missing, f"imports inside functions without a reason in {path}, lines {missing}"


def has_reason(lines, number):
    found = REASON.search(lines[number - 1])
    words = found["reason"].split() if found else []
    return len(words) >= LEAST_WORDS or lines[number - 2].lstrip().startswith("# ")
