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
    """Return the imports inside functions, in the order of their lines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {node for one in functions for node in ast.walk(one) if isinstance(node, ast.Import | ast.ImportFrom)}
    return sorted(found, key=lambda node: node.lineno)


@pytest.mark.parametrize("path", sources())
def test_an_import_inside_a_function_has_a_reason(path):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    reasons, before = {}, None
    for node in inner_imports(path):
        found = REASON.search(lines[node.lineno - 1])
        reason = found["reason"].strip() if found else ""
        # Imports in a row share the reason of the first.
        if not reason and before is not None and node.lineno - before.end_lineno <= 2:
            reason = reasons[before.lineno]
        reasons[node.lineno], before = reason, node

    missing = [line for line, reason in reasons.items() if len(reason.split()) < LEAST_WORDS]
    assert not missing, f"imports inside functions without a reason in {path}, lines {missing}"
