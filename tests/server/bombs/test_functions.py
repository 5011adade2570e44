"""Every function that shows or reads learners' text, with every bomb, under a limit of processor time and memory."""

import pytest

from server.catalogue.markdown import render
from server.common.highlighting import highlight_python
from server.roster.csv_file import Unreadable, read
from server.similarity.compare import compare
from server.submissions.errors import Unstorable
from server.submissions.notebook_cells import python_of
from server.submissions.notebooks import source_of
from server.submissions.rendering.diffs import side_by_side
from tests.support.bombs import CELLS, MIB, NOTEBOOKS, PAIRS, ROSTERS, SOURCES, STATEMENTS
from tests.support.bounded import assert_cheap


@pytest.mark.parametrize("bomb", SOURCES)
def test_a_source_is_highlighted_in_linear_time(bomb):
    spent = assert_cheap(lambda: len(highlight_python(SOURCES[bomb])))

    assert spent.result >= len(SOURCES[bomb])


@pytest.mark.parametrize("bomb", SOURCES)
def test_sources_are_compared_in_linear_time(bomb):
    source = SOURCES[bomb]

    assert assert_cheap(lambda: len(compare({"a": source, "b": source[1:]}, starter="x = 1"))).error == ""


@pytest.mark.parametrize("pair", PAIRS)
def test_two_sources_are_matched_within_limits(pair):
    assert assert_cheap(lambda: len(side_by_side(*PAIRS[pair]).rows)).result > 0


@pytest.mark.parametrize("bomb", NOTEBOOKS)
def test_a_notebook_is_read_or_refused_with_a_sentence(bomb):
    text = NOTEBOOKS[bomb](8 * MIB - 200)

    assert assert_cheap(read_notebook, text).error == ""


@pytest.mark.parametrize("bomb", CELLS)
def test_the_commands_of_a_cell_become_comments_in_linear_time(bomb):
    assert assert_cheap(lambda: len(python_of(CELLS[bomb]))).error == ""


def read_notebook(text):
    try:
        return len(source_of(text))
    except Unstorable as refused:
        return str(refused)


@pytest.mark.parametrize("bomb", ROSTERS)
def test_a_roster_is_read_or_refused_with_a_sentence(bomb):
    assert assert_cheap(lambda: read_roster(ROSTERS[bomb])).error == ""


def read_roster(text):
    try:
        return len(read(text))
    except Unreadable as refused:
        return str(refused)


@pytest.mark.parametrize("bomb", STATEMENTS)
def test_a_statement_becomes_html_within_limits(bomb):
    assert assert_cheap(lambda: len(render(STATEMENTS[bomb]))).error == ""
