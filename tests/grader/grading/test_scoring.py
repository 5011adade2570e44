import pytest

from grader.authoring import check
from grader.checks.failures import Failed
from grader.grading.exercise import load_exercise
from grader.grading.scoring import failed, finding_of, judge
from grader.packages.cases import NearMiss
from grader.protocol.reports import Finding, Status
from grader.sandboxes.base import Observation
from tests.support.reports import double, make_package, make_trial

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


def test_public_cases_alone_give_no_share(exercise):
    public_only = findings(exercise, right(public=True), right(public=True), wrong(), wrong())[1]
    half = findings(exercise, right(public=True), right(), wrong())[1]

    assert (public_only.points, half.points) == (0, 4)


def test_a_failed_public_case_takes_points(exercise):
    assert findings(exercise, wrong(public=True), right(), right(), right())[1].points == 6


def test_a_test_run_of_the_public_cases_has_shares(exercise):
    assert findings(exercise, right(public=True), wrong(public=True))[1].points == 4


def test_without_partial_credit_one_wrong_case_costs_all(exercise):
    assert findings(exercise, right(), make_trial(None))[0].points == 0


def test_a_changed_input_explains_wrong_numbers_last(exercise):
    changed = Observation(value=double(7.0, 3.0), modified=(0,))
    wrong_too = findings(exercise, wrong(observation=changed, argument_names=("x",)))[1]
    shaped = findings(exercise, right(observation=Observation(value=double(1.0), modified=(0,))))[1]

    assert (wrong_too.diagnosis, wrong_too.data["name"]) == ("input_modified", "x")
    assert shaped.diagnosis == "wrong_shape"


def test_a_skipped_check_gives_no_points(exercise):
    skipped = findings(exercise, make_trial(None))[1]

    assert (skipped.status, skipped.points, skipped.message_text) == (
        Status.SKIPPED, 0, "Not run: “It runs” must pass first.",
    )  # fmt: skip


def test_a_finding_speaks_of_a_public_case_first(exercise):
    finding = findings(exercise, wrong(), wrong(public=True))[1]

    assert finding.message == "differs"
    assert finding.data["got"] == "7"


def test_no_number_of_a_secret_case_reaches_a_finding(exercise):
    finding = findings(exercise, wrong())[1]

    assert finding.message == "differs_secret"
    assert finding.evidence == {}
    assert not {"got", "expected", "difference"} & set(finding.data)


def test_the_shape_of_a_secret_answer_is_shown(exercise):
    finding = findings(exercise, make_trial(double(5.0), double(1.0, 2.0), args=(double(1.0),)))[1]

    assert finding.message_text == "The result has shape (1,), expected (2,)."


def test_a_wrong_public_tensor_has_a_heat_map(exercise):
    heat_map = findings(exercise, wrong(public=True))[1].evidence["heat_map"]

    assert heat_map == {"shape": [2], "got": [7.0, 3.0], "expected": [1.0, 2.0]}


def test_a_diagnosis_replaces_the_message(exercise):
    finding = findings(exercise, make_trial(double(-1.0, -2.0), double(1.0, 2.0), args=(double(1.0),)))[1]

    assert (finding.diagnosis, finding.message, finding.hint) == ("sign_flipped", "sign_flipped", "sign_flipped.hint")


def test_data_of_failure_and_diagnosis_are_merged(exercise):
    finding = findings(exercise, make_trial(double(5.0, 10.0), double(1.0, 2.0), args=(double(1.0),), public=True))[1]

    assert (finding.status, finding.diagnosis, finding.data["factor"]) == (Status.FAILED, "accumulated", 5)
    assert finding.data["where"] == "Entry [1] of the result"


def test_near_misses_and_arguments_reach_the_diagnosis(exercise):
    def misses(case):
        return [NearMiss(diagnosis="stale", value=double(7.0, 3.0))]

    stale = findings(exercise, wrong(compute_near_misses=misses))[1]
    mean = findings(exercise, make_trial(double(1.0, 2.0) / 3, double(1.0, 2.0), args=(double(1.0, 2.0, 3.0),)))[1]

    assert stale.diagnosis == "stale"
    assert mean.diagnosis == "mean_for_sum"


PARTS = '''
"""Checks."""
from grader.authoring import check

@check(points=1)
def first(trial):
    """The first part agrees."""
    trial.agrees(part=0)

@check(points=1)
def second(trial):
    """The second part agrees."""
    trial.agrees(part=1)
'''


@pytest.fixture
def in_parts(exercises):
    make_package(exercises, checks=PARTS)
    return load_exercise("unit/slope")


def test_the_same_part_of_a_near_miss_explains_a_part(in_parts):
    right, off = (double(1.0, 2.0), double(3.0, 4.0)), (double(1.0, 2.0), double(30.0, 50.0))
    misses = [NearMiss(diagnosis="stale", value=(double(8.0, 8.0), off[1]))]
    first, second = findings(in_parts, make_trial(off, right, compute_near_misses=lambda case: misses))

    assert (first.status, second.diagnosis) == (Status.PASSED, "stale")


def test_a_near_miss_of_the_whole_answer_comes_first(in_parts):
    right, off = (double(1.0, 2.0), double(3.0, 4.0)), (double(9.0, 1.0), double(30.0, 50.0))
    misses = [
        NearMiss(diagnosis="stale", value=(double(8.0, 8.0), off[1])),
        NearMiss(diagnosis="detached_path", value=off, data={"path": "p"}),
    ]
    second = findings(in_parts, make_trial(off, right, compute_near_misses=lambda case: misses))[1]

    assert second.diagnosis == "detached_path"


def test_parts_in_each_others_places_are_seen_in_the_whole(in_parts):
    one, other = double(1.0, -7.0), double(3.0, 4.0)

    assert findings(in_parts, make_trial((other, one), (one, other)))[0].diagnosis == "wrong_order"


def test_rounded_inputs_explain_low_precision(exercise):
    x = double(1.1, 2.3, 0.7)
    trial = make_trial(x.float().double() ** 2, args=(x,), compute_truth=lambda case: case.args[0] ** 2)

    assert findings(exercise, trial)[1].diagnosis == "low_precision"


def test_rounding_is_recognised_in_a_part(in_parts):
    x = double(1.1, 2.3, 0.7)
    rounded = x.float().double()
    trial = make_trial((x, rounded**2), args=(x,), compute_truth=lambda case: (case.args[0], case.args[0] ** 2))

    assert findings(in_parts, trial)[1].diagnosis == "low_precision"


def test_a_wrong_case_comes_before_one_not_run(in_parts):
    # The public one was never begun: the secret one, which is wrong, tells more.
    answered = make_trial((double(7.0, 3.0), 1), (double(1.0, 2.0), 1))
    finding = findings(in_parts, answered, make_trial(observation=None, public=True))[0]

    assert finding.message == "differs_secret"


def test_a_word_of_a_secret_case_stays_secret(exercise):
    finding = findings(exercise, make_trial("yes", "no", args=(double(1.0),)))[1]

    assert finding.message == "differs_secret"
    assert not {"got", "expected"} & set(finding.data)


def test_points_are_rounded_to_hundredths(exercise):
    assert findings(exercise, right(), wrong(), wrong())[1].points == 2.67


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (double(7.0), double(1.0)),
        (double(*range(401)), double(*range(1, 402))),
        (double(1.0, 7.0), double(1.0, float("inf"))),
    ],
)
def test_no_heat_map_for_values_that_cannot_be_drawn(exercise, got, expected):
    assert findings(exercise, make_trial(got, expected, args=(double(1.0),), public=True))[1].evidence == {}


def test_a_heat_map_has_up_to_400_entries(exercise):
    finding = findings(exercise, make_trial(double(*range(400)), double(*range(1, 401)), public=True))[1]

    assert len(finding.evidence["heat_map"]["got"]) == 400


def test_a_check_that_failed_as_a_whole_has_no_points():
    @check(points=3)
    def runs(trial):
        """It runs."""

    finding = failed(runs, "raised", {"error": "no"}, hint="hint.none")

    assert (finding.status, finding.points, finding.max_points) == (Status.FAILED, 0, 3)
    assert (finding.message, finding.hint, finding.data) == ("raised", "hint.none", {"error": "no"})


def test_no_diagnosis_if_one_trial_failed_differently(exercise):
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


SELECTIVE = '''
"""Checks."""
from grader.authoring import check

@check(points=1, on="b")
def of_b(trial):
    """It agrees where it matters."""
    trial.agrees()

@check(points=1, after="of_b")
def later(trial):
    """It agrees, later."""
    trial.agrees()

@check(points=1, gradient=False)
def last(trial):
    """It agrees at last."""
    trial.agrees()
'''


def test_checks_look_at_their_own_cases(exercises):
    make_package(exercises, checks=SELECTIVE)
    exercise = load_exercise("unit/slope")

    fine = findings(exercise, wrong(group="a"), right(group="b"))
    broken = findings(exercise, wrong(group="b"))

    assert [finding.status for finding in fine] == [Status.PASSED, Status.FAILED, Status.FAILED]
    assert [finding.status for finding in broken] == [Status.FAILED, Status.SKIPPED, Status.FAILED]
    assert (broken[0].check, broken[0].title) == ("of_b", "It agrees where it matters")


def test_a_value_is_not_explained_as_a_gradient(exercises):
    make_package(exercises, checks=SELECTIVE)
    zeros = make_trial(double(0.0, 0.0), double(1.0, 2.0), args=(double(1.0),), group="b")

    judged = findings(load_exercise("unit/slope"), zeros)

    assert (judged[0].diagnosis, judged[2].diagnosis) == ("zero_gradient", None)


def test_a_check_that_was_not_run_says_so(exercise):
    finding = findings(exercise, make_trial(observation=None))[0]

    assert (finding.message, finding.message_text) == ("not_run", "Not run: the code was stopped before.")


def test_an_authors_mistake_is_not_the_learners(exercise):
    @check(points=1)
    def broken(trial):
        """It breaks."""
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken.run(right())
