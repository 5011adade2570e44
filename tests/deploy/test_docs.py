"""Files, headings and names that the documents mention exist, and every decision is on the map."""

import ast
import re

import pytest

from deploy.dev.base import ROOT
from deploy.dev.guides import ENTRIES, HOME, guide_at, is_decision, read_guides, table_of_contents

FLOW = (ROOT / "docs" / "how-a-submission-flows.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
MAPS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/how-a-submission-flows.md")
DOCUMENTS = [*MAPS, *(str(path.relative_to(ROOT)) for path in DECISIONS)]
NAME_IN_FILE = re.compile(r"`(\w+)`\s+in\s+`([\w/.]+\.py)`")
PATH = re.compile(r"`((?:grader|server|deploy|docs|tests|exercises)/[\w./-]+)`")
PROMISES = (ROOT / "SECURITY.md").read_text(encoding="utf-8").split("## What we promise")[1].split("\n## ")[0]
ROW = re.compile(r"^\| (?!Promise )(.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
GUIDES = read_guides()


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


@pytest.mark.parametrize("path", GUIDES, ids=str)
def test_links_of_a_guide_lead_to_files_and_headings(path):
    assert [f"line {line}: {link}" for line, link in GUIDES[path].links() if is_broken(GUIDES[path], link)] == []


def is_broken(guide, link):
    target = guide.target(link)
    if target is None:
        return False
    path, anchor = target
    found = guide_at(GUIDES, path)
    return not (ROOT / path).exists() or bool(anchor and found and anchor not in GUIDES[found].anchors())


def test_every_guide_is_under_an_entry_page():
    listed = {HOME, *(path for paths in table_of_contents(GUIDES).values() for path in paths)}

    assert [str(path) for path in GUIDES if path not in listed and not is_decision(path)] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_an_entry_page_begins_with_one_thing_to_do(entry):
    paragraphs = GUIDES[entry].text.split("\n\n")

    assert paragraphs[2].startswith("**Start here:**")
    assert "](" in paragraphs[2]


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
