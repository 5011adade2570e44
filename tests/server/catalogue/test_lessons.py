import pytest

from server.catalogue.lessons import lesson_texts

TEXT = """\
+++
title = "A"
+++

Words <script>alert(1)</script> and $x$.

```python
print(1)
```

{exercise a/b}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))
    (tmp_path / "lessons").mkdir()
    return tmp_path / "lessons"


def test_a_lesson_comes_in_pieces_and_its_words_are_safe(folder):
    (folder / "01_a.md").write_text(TEXT)

    (lesson,) = lesson_texts()
    words, code, place = lesson.pieces

    assert "<math" in words.html
    assert "<script" not in words.html
    assert code.block.source == "print(1)\n"
    assert place.exercise == "a/b"


def test_a_changed_lesson_is_seen_at_once(folder):
    (folder / "01_a.md").write_text(TEXT)
    assert lesson_texts()[0].title == "A"

    (folder / "01_a.md").write_text(TEXT.replace('"A"', '"Another"'))

    assert lesson_texts()[0].title == "Another"


def test_where_there_are_no_lessons_there_is_an_empty_list(folder):
    assert lesson_texts() == []
