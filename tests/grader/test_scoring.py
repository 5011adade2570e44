import pytest

from grader.authoring import check
from grader.checks.failures import Failed
from grader.packages.loader import load_exercise
from grader.reports import Finding, Status
from grader.sandboxes.base import Observation
from grader.scoring import finding_of, judge
from tests.grader.builders import double, make_package, make_trial

CHECKS = '''
"""Checks."""
from grader.authoring import check

@check(points=2, partial=False)
def runs(trial):
    """It runs."""
    trial.returned()

@check(points=8, after="runs")
def agrees(trial):
    """It agrees."""
    trial.agrees()
'''


@pytest.fixture
def exercise(exercises):
    make_package(exercises, checks=CHECKS)
    return load_exercise("unit/slope")


def findings(exercise, *trials) -> list[Finding]:
    return [finding_of(exercise, verdict) for verdict in judge(exercise, trials)]


def right(**changes):
    return make_trial(double(1.0, 2.0), double(1.0, 2.0), args=(double(1.0),), **changes)


def wrong(**changes):
    return make_trial(double(7.0, 3.0), double(1.0, 2.0), args=(double(1.0),), **changes)


def test_every_point_for_right_answers(exercise):
    assert [finding.points for finding in findings(exercise, right(), right())] == [2, 8]


def test_points_for_the_share_of_cases_that_are_right(exercise):
    assert findings(exercise, right(), right(), right(), wrong())[1].points == 6


def test_without_partial_credit_one_wrong_case_costs_all(exercise):
    assert findings(exercise, right(), make_trial(None))[0].points == 0


def test_wrong_numbers_of_a_changed_input_are_laid_to_that_where_nothing_else_explains_them(exercise):
    changed = Observation(value=double(7.0, 3.0), modified=(0,))
    wrong_too = findings(exercise, wrong(observation=changed, argument_names=("x",)))[1]
    shaped = findings(exercise, right(observation=Observation(value=double(1.0), modified=(0,))))[1]

    assert (wrong_too.diagnosis, wrong_too.data["name"]) == ("input_modified", "x")
    assert shaped.diagnosis == "wrong_shape"


def test_a_skipped_check_gives_no_points_and_no_blame(exercise):
    skipped = findings(exercise, make_trial(None))[1]

    assert (skipped.status, skipped.points, skipped.text) == (
        Status.SKIPPED, 0, "Not run: “It runs” must pass first.",
    )  # fmt: skip


def test_a_finding_speaks_of_a_public_case_first(exercise):
    finding = findings(exercise, wrong(), wrong(public=True))[1]

    assert finding.message == "differs"
    assert finding.data["got"] == 7.0


def test_no_number_of_a_secret_case_reaches_a_finding(exercise):
    finding = findings(exercise, wrong())[1]

    assert finding.message == "differs_secret"
    assert finding.evidence == {}
    assert not {"got", "expected", "difference"} & set(finding.data)


def test_the_shape_of_a_secret_answer_may_be_told(exercise):
    finding = findings(exercise, make_trial(double(5.0), double(1.0, 2.0), args=(double(1.0),)))[1]

    assert finding.text == "`result` has shape (1,), expected (2,)."


def test_a_wrong_tensor_of_a_public_case_comes_with_its_heat_map(exercise):
    heat_map = findings(exercise, wrong(public=True))[1].evidence["heat_map"]

    assert heat_map == {"shape": [2], "got": [7.0, 3.0], "expected": [1.0, 2.0]}


def test_a_diagnosis_replaces_the_message(exercise):
    finding = findings(exercise, make_trial(double(-1.0, -2.0), double(1.0, 2.0), args=(double(1.0),)))[1]

    assert (finding.diagnosis, finding.message, finding.hint) == ("sign_flipped", "sign_flipped", "sign_flipped.hint")


def test_no_diagnosis_where_one_trial_failed_otherwise(exercise):
    broken = make_trial(truth=double(1.0, 2.0), observation=Observation(value=double(1.0)), args=(double(1.0),))
    flipped = make_trial(double(-1.0, -2.0), double(1.0, 2.0), args=(double(1.0),))

    assert findings(exercise, flipped, broken)[1].diagnosis is None


def test_a_stopped_run_keeps_the_points_of_finished_cases(exercise):
    stopped = make_trial(observation=None, stopped=Failed("timed_out", {"seconds": 2}))
    later = make_trial(observation=None)

    first, second = findings(exercise, right(), stopped, later)

    assert (first.message, first.points) == ("timed_out", 0)
    assert second.status is Status.SKIPPED


def test_a_check_whose_cases_were_never_begun_is_skipped(exercise):
    assert [finding.status for finding in findings(exercise, make_trial(observation=None))] == [Status.SKIPPED] * 2


def test_an_authors_mistake_is_not_the_learners(exercise):
    @check(points=1)
    def broken(trial):
        """It breaks."""
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken.run(right())
