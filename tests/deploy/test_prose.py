"""The prose check counts words and finds odd phrases."""

from pathlib import Path

import pytest

from deploy.dev import prose

PYTHON = '''"""A module, if any."""

# when it rains
text = "where a string is no prose"


def go():
    """Go where the road goes."""
'''


def test_python_prose_is_comments_and_docstrings():
    assert sorted(prose.python_prose(PYTHON)) == [
        (1, "A module, if any."),
        (3, "when it rains"),
        (7, "Go where the road goes."),
    ]


def test_a_file_that_is_not_python_has_no_prose():
    assert list(prose.python_prose("def (")) == []


def test_fenced_code_in_markdown_is_left_out():
    assert list(prose.markdown_prose("one\n```\ntwo\n```\nthree")) == [(1, "one"), (5, "three")]


def test_tags_and_template_tags_are_left_out():
    text = "<p class='where'>{% if a %}Hello{% endif %}</p>\n<script>where()</script> there"

    assert [line.split() for _, line in prose.html_prose(text)] == [["Hello"], ["there"]]


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Path(name)


def test_files_are_counted_by_their_top_folder(tmp_path):
    paths = [write(tmp_path, "server/a.md", "if so"), write(tmp_path, "docs/b.md", "when not"), Path("Makefile")]

    found = prose.measure(paths, tmp_path)

    assert {name: (count.words, count.conditions) for name, count in found.counts.items()} == {
        "server": (2, 1),
        "documents": (2, 1),
    }


def test_mistakes_of_exercises_are_left_out(tmp_path):
    path = write(tmp_path, "exercises/a/b/mistakes/one.py", "# where it is")

    assert prose.measure([path], tmp_path).counts == {}


@pytest.mark.parametrize("phrase", ["Whoever asks", "hence 3", "None where it fails", "but where", "some of ours"])
def test_an_odd_phrase_is_a_place(tmp_path, phrase):
    path = write(tmp_path, "grader/a.md", f"one\n{phrase}\n")

    assert [(one.path, one.line) for one in prose.measure([path], tmp_path).places] == [("grader/a.md", 2)]


def test_a_listed_place_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(prose, "ALLOWED", (("grader/a.md", "the road goes"),))
    path = write(tmp_path, "grader/a.md", "Go where the road goes.\n")

    assert prose.measure([path], tmp_path).places == []


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("word " * 992 + "if " * 8, True),
        ("word " * 995 + "if " * 5, False),
        ("word " * 986 + "if " * 10 + "where " * 4, False),
        ("word " * 900, True),
    ],
    ids=["plain", "too few if", "too many where", "too small to measure"],
)
def test_a_group_passes_by_its_rates(tmp_path, text, passes):
    path = write(tmp_path, "grader/a.md", text)

    assert prose.measure([path], tmp_path).counts["grader"].passes is passes


def test_failures_name_the_group(tmp_path):
    path = write(tmp_path, "grader/a.md", "word " * 1000)

    assert prose.measure([path], tmp_path).failures == [
        "grader is not plain enough: where 0.0 (at most 3), if and when 0.0 (at least 8)"
    ]


def test_every_listed_place_still_exists():
    for path, part in prose.ALLOWED:
        assert part in " ".join((prose.ROOT / path).read_text(encoding="utf-8").split()), path
