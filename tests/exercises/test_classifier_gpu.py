import pytest

from grader.grading.author import CaseAnswer
from grader.grading.exercise import load_exercise
from grader.grading.in_process import trial_of
from grader.sandboxes.base import Observation
from tests.support.reports import failure_of


def check_and_trial(value):
    """The check `stays` and a trial of its case with this value."""
    exercise = load_exercise("nets/classifier-gpu")
    check = next(check for check in exercise.checks if check.name == "stays")
    case = next(case for case in exercise.cases(1) if check.on == (case.group,))
    return check.run, trial_of(exercise, CaseAnswer(case=case, observation=Observation(value=value)))


def test_results_on_the_gpu_stay_there():
    run, trial = check_and_trial({"inputs": "cuda:0", "results": {"w1": "cuda:0", "b1": "cuda:0"}})

    run(trial)


def test_a_result_on_the_cpu_is_named():
    failure = failure_of(*check_and_trial({"inputs": "cuda:0", "results": {"w1": "cuda:0", "b1": "cpu"}}))

    assert failure.message == "wrong_device"
    assert failure.data == {"where": "b1", "got": "cpu", "expected": "cuda:0"}


@pytest.mark.parametrize("value", [{"inputs": "cuda:0", "results": {}}, {"results": "cuda:0"}, "cuda:0"])
def test_an_answer_without_tensors_fails(value):
    assert failure_of(*check_and_trial(value)).message == "no_tensor"


def test_an_answer_without_the_device_of_its_inputs_fails():
    assert failure_of(*check_and_trial({"results": {"w1": "cpu"}})).message == "wrong_device"
