"""Files and names that the documents mention exist, and every decision is on the map."""

import ast
import re

import pytest

from deploy.dev.base import ROOT

FLOW = (ROOT / "docs" / "how-a-submission-flows.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
MAPS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/how-a-submission-flows.md")
DOCUMENTS = [*MAPS, *(str(path.relative_to(ROOT)) for path in DECISIONS)]
NAME_IN_FILE = re.compile(r"`(\w+)`\s+in\s+`([\w/.]+\.py)`")
PATH = re.compile(r"`((?:grader|server|deploy|docs|tests|exercises)/[\w./-]+)`")
PROMISES = (ROOT / "SECURITY.md").read_text(encoding="utf-8").split("## What we promise")[1].split("\n## ")[0]
ROW = re.compile(r"^\| (?!Promise )(.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def text_of(document):
    return (ROOT / document).read_text(encoding="utf-8")


def names_of(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize(("name", "path"), sorted(set(NAME_IN_FILE.findall(FLOW))))
def test_a_name_of_the_flow_exists_in_its_file(name, path):
    assert name in names_of(path)


def test_the_flow_has_real_names_and_is_short():
    assert len(NAME_IN_FILE.findall(FLOW)) >= 20
    assert len(FLOW.splitlines()) <= 40


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_of_a_document_exist(document):
    missing = [path for path in PATH.findall(text_of(document)) if not (ROOT / path).exists()]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_of_a_document_lead_to_files(document):
    folder = (ROOT / document).parent

    assert [link for link in LINK.findall(text_of(document)) if not (folder / link).exists()] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_parts_and_is_on_the_map(decision):
    text = decision.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(decision.name[:4])}. ")
    for part in ("**Context.**", "**Choice.**", "**It does not aim at**"):
        assert part in text
    assert f"docs/decisions/{decision.name}" in text_of("ARCHITECTURE.md")


@pytest.mark.parametrize(("promise", "tests"), ROW.findall(PROMISES))
def test_a_promise_of_security_has_an_existing_test(promise, tests):
    named = TEST.findall(tests)

    assert named, f"{promise} names no test"
    assert [test for path, test in named if test not in names_of(path)] == []
