"""A cancelled run on a whole system: it stops, its attempt stays used, and its grader takes the next submission."""

import pytest

from tests.support.cancelling import cancel_an_endless_run, grader_on

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "engine",
    [pytest.param("docker", marks=pytest.mark.docker), pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)],
)
def test_a_cancelled_endless_run_frees_its_grader(idle, engine):
    log = idle.folder / "grading.log"
    with grader_on(idle, engine):
        cancelled = cancel_an_endless_run(idle, learner=f"student{6 + (engine == 'docker')}")

    assert (cancelled.state, cancelled.used_attempt) == ("cancelled", True)
    assert (cancelled.next_points, cancelled.next_tries) == (10, 1)
    # The worker stopped the run: if it had run on to its limit, it would have ended with a report.
    assert "timed_out" not in log.read_text()
