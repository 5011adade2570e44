import contextlib
import io
from pathlib import Path

import pytest

from grader.errors import PackageError
from grader.packages.lessons import Block, Place, Prose, lessons, read_lesson, runnable

TEXT = """\
+++
title = "A title"
+++

Some *words*.

```python
x = 2
print(x)
```

```text
2
```

More.

{exercise unit/some-exercise}

```python
y = x
```
"""


def write(folder: Path, name: str = "03_some_words.md", text: str = TEXT) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_lesson_is_taken_apart_in_order(tmp_path):
    lesson = read_lesson(write(tmp_path))

    assert (lesson.number, lesson.slug, lesson.title) == (3, "some-words", "A title")
    assert lesson.parts == (
        Prose("Some *words*.\n"),
        Block(number=1, source="x = 2\nprint(x)\n", output="2\n"),
        Prose("More.\n"),
        Place("unit/some-exercise"),
        Block(number=2, source="y = x\n", output=""),
    )
    assert lesson.exercises == ("unit/some-exercise",)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("words.md", TEXT, "two digits"),
        ("01_a.md", "No title.", "begin with a line"),
        ("01_a.md", "+++\ntitle = \n+++\n", "not TOML"),
        ("01_a.md", '+++\ntitle = "A"\nunit = "b"\n+++\n', "nothing else"),
        ("01_a.md", "+++\ntitle = 3\n+++\n", "nothing else"),
        ("01_a.md", '+++\ntitle = "A"\n+++\n{exercise Some/Where}\n', "not a slug"),
    ],
)
def test_a_malformed_lesson_gets_one_clear_sentence(tmp_path, name, text, complaint):
    with pytest.raises(PackageError, match=complaint):
        read_lesson(write(tmp_path, name, text))


def test_lessons_come_in_the_order_of_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))
    (tmp_path / "lessons").mkdir()
    for name in ("02_second.md", "01_first.md"):
        write(tmp_path / "lessons", name)

    assert [lesson.slug for lesson in lessons()] == ["first", "second"]


def test_a_block_runs_after_the_others_without_their_output():
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(runnable(["x = 1\nprint('first', x)\n", "x += 1\n", "print('last', x)\n"]), {})

    assert output.getvalue() == "last 2\n"


def test_a_single_block_runs_as_it_is():
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(runnable(["print('only')\n"]), {})

    assert output.getvalue() == "only\n"
