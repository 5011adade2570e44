"""The smallest counterexample: which one is shown, and how."""

from dataclasses import replace

import pytest
import torch

from grader.authoring import Function, check
from grader.grading.counterexamples import smallest
from grader.sandboxes.base import LearnerError, Observation
from tests.support.reports import double, make_finding, make_trial


@check(points=1)
def agrees(trial):
    """It agrees."""
    trial.agrees()


@check(points=1)
def goes_backward(trial):
    """Its gradients agree."""
    trial.agrees(part="gradients")


def shown(*trials, check=agrees):
    """What is shown where these trials are the answers to a ladder of as many cases."""
    return smallest(check, trials)


def test_the_first_case_that_visibly_fails_is_shown():
    right = make_trial(double(1.0), double(1.0), args=(1.0,))
    wrong = [make_trial(double(x), double(0.0), args=(x,), argument_names=("x",)) for x in (2.0, 3.0)]

    assert shown(right, *wrong) == {"call": "slope(x=2.0)", "got": "[2]", "expected": "[0]"}
    assert shown(right) is None


def test_a_case_without_an_answer_is_skipped():
    stopped = make_trial(observation=None)

    assert shown(stopped, make_trial(double(2.0), double(1.0), args=(5,)))["call"] == "slope(5)"


def test_equal_texts_are_no_counterexample():
    assert shown(make_trial("same", "same", observation=Observation(value="same", modified=(0,)))) is None


def test_an_exception_is_shown_in_the_answers_place():
    error = Observation(error=LearnerError(type="ValueError", message="no", line=2))

    answer = shown(make_trial(truth=double(1.0), observation=error, args=(1,)))

    assert (answer["got"], answer["expected"]) == ("ValueError: no", "[1]")


def test_an_answer_that_fails_otherwise_is_shown_beside_the_truth():
    changed = Observation(value=double(2.0), modified=(0,))

    answer = shown(make_trial(truth=double(2.0) + 1e-12, observation=changed, args=(double(1.0),)))
    assert answer is None  # shown, both are 2

    @check(points=1)
    def refuses(trial):
        """It refuses."""
        trial.require(False, "raised")

    answer = shown(make_trial(double(2.0), double(3.0), args=(1,)), check=refuses)
    assert (answer["got"], answer["expected"]) == ("[2]", "[3]")


def test_types_are_shown_if_only_they_differ():
    answer = shown(make_trial(double(1.0).float(), double(1.0), args=(1,)))

    assert (answer["got"], answer["expected"]) == ("[1] (float32)", "[1] (float64)")


def test_arguments_are_shown_with_their_names():
    trial = make_trial(double(2.0), double(1.0), args=(Function("square"), 3), argument_names=("f", "x"))
    nameless = make_trial(double(2.0), double(1.0), args=(4, 3))

    assert shown(trial)["call"] == "slope(f, x=3) with f(x) = x²"
    assert shown(nameless)["call"] == "slope(4, 3)"


def test_the_call_of_a_wrong_gradient_says_backward():
    x = torch.ones(1, dtype=torch.float64, requires_grad=True)
    value = {"value": double(1.0), "gradients": [double(5.0)]}
    truth = {"value": double(1.0), "gradients": [double(2.0)]}
    trial = make_trial(value, truth, probe="backward", args=(x,), argument_names=("x",))

    assert shown(trial, check=goes_backward) == {
        "call": "gradient for `x` of slope(x=torch.tensor([1.0]))", "got": "[5]", "expected": "[2]",
    }  # fmt: skip
    assert shown(make_trial(double(1.0), double(2.0), args=(x,)))["call"] == "slope(torch.tensor([1.0]))"


def test_an_expression_is_shown_as_a_formula():
    trial = make_trial(double(1.0), double(2.0), args=(2.0, -1.0))
    options = {"program": [["mul", 0, 1]]}
    case = replace(trial.case, probe="expression", options=options)

    assert shown(replace(trial, case=case))["call"] == "a * b with a = slope(2.0), b = slope(-1.0)"


@check(points=1)
def second_agrees(trial):
    """The second derivative agrees."""
    trial.agrees(part=1, what="the second derivative")


def test_an_example_says_what_its_number_is():
    trial = make_trial((double(3.0), double(3.0)), (double(3.0), double(6.0)), args=(double(1.0),))

    answer = shown(trial, check=second_agrees)

    assert (answer["call"], answer["got"]) == ("second derivative of slope(torch.tensor([1.0]))", "[3]")


@pytest.mark.parametrize(
    ("message", "diagnosis", "shown_value"),
    [("differs", None, "[2]"), ("raised_at", None, None), ("zero_gradient", "zero_gradient", "[0, 0]")],
)
def test_an_example_fails_as_the_finding_says(message, diagnosis, shown_value):
    finding = make_finding(message=message, diagnosis=diagnosis, data={"error": "ValueError: no"})
    wrong = make_trial(double(2.0), double(1.0), args=(1,))
    zero = make_trial(double(0.0, 0.0), double(1.0, 3.0), args=(2,))

    answer = smallest(agrees, [wrong, zero], finding)

    assert (answer and answer["got"]) == shown_value
