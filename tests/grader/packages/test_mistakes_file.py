"""`mistakes.toml` is written by the grader: what is right stays as it is, and comments are kept."""

import tomllib
from dataclasses import replace

import pytest

from grader.packages.catalogue import packages
from grader.packages.mistakes import read_mistakes, sources_of
from grader.packages.mistakes_file import with_results
from grader.protocol.reports import Outcome
from grader.protocol.verifications import MistakeResult

STARTER = MistakeResult(
    name="starter",
    score=0,
    outcome=Outcome.GRADED,
    findings={"runs": "returned_none", "slope": "returned_none"},
    line="none",
)
TWICE = MistakeResult(name="twice", score=1, outcome=Outcome.GRADED, findings={"slope": "accumulated"}, line=6)
SOURCES = {"starter": "return None\n", "twice": "x = 1\n" * 7, "thrice": "x = 1\n" * 7}
TEXT = """\
# What wrong answers get.

[starter]
score = 0
line = "none"
[starter.findings]
runs = "returned_none"
slope = "returned_none"

# Learners who forget to clear the gradient.
[twice]
score = 1  # for running
line = 7
[twice.findings]
slope = "accumulated"  # the usual one
"""


def test_a_new_file_has_a_table_for_each_answer():
    text = with_results("", [STARTER, TWICE], sources=SOURCES)

    assert text == (
        '[starter]\nscore = 0\nline = "none"\n[starter.findings]\nruns = "returned_none"\nslope = "returned_none"\n\n'
        '[twice]\nscore = 1\nline = 6\n[twice.findings]\nslope = "accumulated"\n'
    )


def test_what_is_right_stays_byte_for_byte():
    assert with_results(TEXT, [STARTER, TWICE], sources=SOURCES) == TEXT
    assert with_results(TEXT, [TWICE], sources=SOURCES) == TEXT


def test_only_what_changed_is_written():
    changed = replace(TWICE, score=2.5, findings={"slope": "scaled", "runs": "raised"}, line=1)

    assert with_results(TEXT, [STARTER, changed], sources=SOURCES) == (
        TEXT.replace("score = 1  # for", "score = 2.5  # for").replace('"accumulated"', '"scaled"')
        + 'runs = "raised"\n'
    )


@pytest.mark.parametrize("shorter", ["x = 1\n" * 6, "x = 1\n" * 6 + "# seven\n", ""])
def test_a_line_without_code_is_not_kept(shorter):
    text = with_results(TEXT, [STARTER, TWICE], sources=SOURCES | {"twice": shorter})

    assert tomllib.loads(text)["twice"]["line"] == TWICE.line


def test_a_finding_that_is_gone_is_removed():
    text = with_results(TEXT, [replace(TWICE, findings={"runs": "raised"})], sources=SOURCES)

    assert tomllib.loads(text)["twice"]["findings"] == {"runs": "raised"}
    assert "# Learners who forget" in text


def test_an_answer_that_gets_every_point_has_no_findings():
    text = with_results(TEXT, [replace(TWICE, score=10, findings={})], sources=SOURCES)

    assert tomllib.loads(text)["twice"] == {"score": 10, "line": 7, "findings": {}}


def test_an_outcome_is_stated_if_the_answer_did_not_end():
    text = with_results("", [replace(TWICE, outcome=Outcome.TIMED_OUT)], sources=SOURCES)

    assert 'outcome = "timed_out"' in text
    assert 'outcome = "graded"' in with_results(text, [TWICE], sources=SOURCES)


def test_new_answers_come_last_and_others_stay():
    new = replace(TWICE, name="thrice", line=None)

    text = with_results(TEXT, [new], sources=SOURCES)

    assert text.startswith(TEXT)
    assert tomllib.loads(text)["thrice"]["line"] == "none"


def test_answers_without_a_file_are_removed_if_wanted():
    assert list(tomllib.loads(with_results(TEXT, [TWICE], remove_others=True, sources=SOURCES))) == ["twice"]


@pytest.mark.parametrize(
    "text",
    [
        "[twice",
        "# mine\n[twice]\nscore = 2\nline = 3\nfindings = { slope = 'scaled' }\n",
        "twice = { score = 2, line = 3 }\n",
        '["twice"]\nscore = 2\nline = 3\n',
        "[twice]\nscore = '''\n[starter]\n'''\nline = 3\n",
        "twice = 5\n",
        "[[twice]]\nscore = 1\n",
        '[twice]\nline = true\nscore = "x"\nfindings = 3\n',
    ],
)
def test_an_unusual_file_is_written_anew(text):
    written = tomllib.loads(with_results(text, [TWICE, STARTER], sources=SOURCES))

    assert written["twice"]["score"] == 1
    assert written["twice"]["findings"] == {"slope": "accumulated"}
    assert written["starter"]["findings"] == STARTER.findings


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.slug)
def test_the_files_of_the_library_stay_as_they_are(package):
    text = (package.folder / "mistakes.toml").read_text(encoding="utf-8")
    results = [
        MistakeResult(
            name=name, score=known.score, outcome=Outcome(known.outcome), findings=known.findings, line=known.line
        )
        for name, known in read_mistakes(package.folder).items()
    ]

    sources = {name: path.read_text(encoding="utf-8") for name, path in sources_of(package.folder).items()}

    assert with_results(text, results, sources=sources, remove_others=True) == text
