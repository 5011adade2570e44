import pytest

from grader.grading.author import Answer
from grader.grading.exercise import load_exercise
from grader.grading.in_process import trial_of
from grader.sandboxes.base import Observation
from tests.support.reports import failure_of


def asked(value):
    """The check `stays` and a trial of a case that asks where results lie."""
    exercise = load_exercise("nets/classifier-gpu")
    check = next(check for check in exercise.checks if check.name == "stays")
    case = next(case for case in exercise.cases(1) if check.on == (case.group,))
    return check.run, trial_of(exercise, Answer(case=case, observation=Observation(value=value)))


def test_results_on_the_gpu_stay_there():
    run, trial = asked({"inputs": "cuda:0", "results": {"w1": "cuda:0", "b1": "cuda:0"}})

    run(trial)


def test_a_result_that_was_taken_to_the_cpu_is_named():
    failure = failure_of(*asked({"inputs": "cuda:0", "results": {"w1": "cuda:0", "b1": "cpu"}}))

    assert failure.message == "wrong_device"
    assert failure.data == {"where": "b1", "got": "cpu", "expected": "cuda:0"}


@pytest.mark.parametrize("value", [{"inputs": "cuda:0", "results": {}}, {"results": "cuda:0"}, "cuda:0"])
def test_without_a_tensor_nothing_lies_anywhere(value):
    assert failure_of(*asked(value)).message == "no_tensor"


def test_an_answer_that_hides_where_its_inputs_lay_does_not_pass():
    assert failure_of(*asked({"results": {"w1": "cpu"}})).message == "wrong_device"
