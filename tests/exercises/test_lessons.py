"""Every block of the lessons runs, in order, and prints exactly the output shown below it."""

import contextlib
import io
import re
import warnings

import pytest

from grader.packages.catalogue import packages
from grader.packages.lessons import Lesson, lessons, runnable

LESSONS = lessons()
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.slug for lesson in LESSONS])


def printed(source: str, namespace: dict) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), warnings.catch_warnings():
        exec(compile(source, "lesson.py", "exec"), namespace)
    return output.getvalue()


@every_lesson
def test_every_block_prints_what_is_shown(lesson: Lesson):
    namespace = {"__name__": "lesson"}

    for block in lesson.blocks:
        assert printed(block.source, namespace) == block.output, f"block {block.number}"


@every_lesson
def test_the_last_block_runs_as_on_the_page(lesson: Lesson):
    sources = [block.source for block in lesson.blocks]

    assert printed(runnable(sources), {"__name__": "submission"}) == lesson.blocks[-1].output


@every_lesson
def test_every_exercise_of_a_lesson_exists(lesson: Lesson):
    assert set(lesson.exercises) <= {package.slug for package in packages()}


@every_lesson
def test_every_fence_and_exercise_line_is_parsed(lesson: Lesson):
    prose = "\n".join(part.markdown for part in lesson.parts if hasattr(part, "markdown"))

    assert "```" not in prose
    assert not re.search(r"\{exercise", prose)


def test_lessons_are_numbered_from_one_without_gaps():
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))


def test_each_exercise_has_one_place_in_the_course():
    placed = [slug for lesson in LESSONS for slug in lesson.exercises]

    assert len(placed) == len(set(placed)) > 20
