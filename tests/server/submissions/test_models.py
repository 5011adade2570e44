import itertools

import pytest

from server.submissions.errors import IllegalMove
from server.submissions.models import ENDS, MOVES, State, Submission

ALLOWED = [(before, after) for before, afters in MOVES.items() for after in afters]
FORBIDDEN = [pair for pair in itertools.product(State, State) if pair not in ALLOWED]


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_a_move_on_the_map_is_made(before, after):
    submission = Submission(state=before)
    submission.move_to(after)

    assert submission.state == after


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_a_move_off_the_map_is_refused_and_changes_nothing(before, after):
    submission = Submission(state=before)

    with pytest.raises(IllegalMove):
        submission.move_to(after)
    assert submission.state == before


def test_nothing_leads_away_from_a_grade():
    assert all(not MOVES[state] for state in ENDS - {State.ERROR})
