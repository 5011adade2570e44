"""Every attack, on every engine: it gains nothing, and whoever comes next is graded as if it had never been."""

import pytest

from tests.hostile.arena import (
    ATTACKS,
    EXPECTED,
    FULL_MARKS,
    SOLUTION,
    Hurried,
    achievements,
    expectation,
    graded,
    source_of,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing_and_harms_nobody(attack, engine, sandbox):
    expected = expectation(attack, engine)

    for _ in range(2 if expected.twice else 1):
        report = graded(source_of(attack), Hurried(sandbox, expected))

        assert achievements(report, tolerated=expected.tolerated) == []
        assert str(report.outcome) in expected.outcomes
        assert report.given <= expected.points
    honest = graded(SOLUTION, sandbox)

    assert honest.given == FULL_MARKS
    assert honest.output == ""


def test_every_row_of_the_table_is_an_attack():
    assert EXPECTED.keys() <= set(ATTACKS)


def test_no_two_submissions_are_the_same_user(engine, sandbox):
    seen = [graded(source_of("same_user_again"), sandbox).output for _ in range(5)]

    assert len(set(seen)) == len(seen)
