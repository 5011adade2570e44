import itertools

import pytest

from server.submissions.errors import IllegalMove
from server.submissions.models import COUNTS, ENDS, MOVES, Kind, State, Submission
from tests.server.builders import make_submission

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


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
def test_the_database_and_the_model_agree_on_what_uses_an_attempt(db, kind, state):
    scored = {"given": 1.0, "max": 1.0} if state == State.GRADED else {}
    submission = make_submission(kind=kind, state=state, **scored)

    assert Submission.objects.filter(COUNTS).exists() is submission.counts
