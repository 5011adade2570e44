from hypothesis import given
from hypothesis import strategies as st

from server.submissions.rendering.diffs import CONTEXT, MOST_MATCHED, MOST_ROWS, LineChange, side_by_side


def shown(left, right):
    return [(row.kind, line_of(row.left), line_of(row.right)) for row in side_by_side(left, right).rows]


def line_of(side):
    return side and (side.number, side.before + side.middle + side.after)


def test_the_same_code_has_no_rows():
    assert side_by_side("a\nb\n", "a\nb\n").rows == []


def test_a_changed_line_says_what_of_it_differs():
    (row,) = side_by_side("return 2 * x", "return 3 * x").rows

    assert row.kind is LineChange.CHANGED
    assert (row.left.before, row.left.middle, row.left.after) == ("return ", "2", " * x")
    assert row.right.middle == "3"


def test_added_and_removed_lines_stand_alone():
    assert shown("a\nb\nc", "a\nc\nd") == [
        (LineChange.SAME, (1, "a"), (1, "a")),
        (LineChange.REMOVED, (2, "b"), None),
        (LineChange.SAME, (3, "c"), (2, "c")),
        (LineChange.ADDED, None, (3, "d")),
    ]


def test_far_from_a_change_lines_are_left_out_and_counted():
    before, after = [f"line {i}" for i in range(20)], [f"after {i}" for i in range(9)]
    rows = side_by_side("\n".join([*before, "x", *after]), "\n".join([*before, "y", *after])).rows

    assert [row.kind for row in rows] == [
        LineChange.GAP,
        *[LineChange.SAME] * CONTEXT,
        LineChange.CHANGED,
        *[LineChange.SAME] * CONTEXT,
        LineChange.GAP,
    ]
    assert (rows[0].skipped, rows[-1].skipped) == (20 - CONTEXT, 9 - CONTEXT)


LINES = st.lists(st.sampled_from(["", "a", "b", "a b", "b a"]), max_size=30).map("\n".join)


@given(LINES, LINES)
def test_every_line_is_shown_or_counted_once_in_order(left, right):
    rows = side_by_side(left, right).rows

    assert left == right or rows
    for source, side in ((left, "left"), (right, "right")):
        lines, at = source.split("\n"), 0
        for row in rows:
            if row.kind is LineChange.GAP:
                at += row.skipped
            elif getattr(row, side):
                at += 1
                assert line_of(getattr(row, side)) == (at, lines[at - 1])
        assert not rows or at == len(lines)


@given(LINES, LINES)
def test_lines_called_the_same_are_the_same(left, right):
    for row in side_by_side(left, right).rows:
        if row.kind is LineChange.SAME:
            assert right.split("\n")[row.right.number - 1] == row.left.before


def test_long_differences_are_not_matched_line_by_line():
    many = MOST_MATCHED + 1
    rows = side_by_side("a\n" * many + "x", "b\n" * many + "y").rows

    assert {row.kind for row in rows} == {LineChange.CHANGED}
    assert len(rows) == many + 1


def test_more_rows_than_a_page_holds_are_cut():
    diff = side_by_side("", "a\n" * (2 * MOST_ROWS))

    assert diff.cut
    assert len(diff.rows) == MOST_ROWS
