import pytest
import torch

from grader.nulls import ODDITIES, null_answers
from grader.packages.loader import load_exercise
from tests.grader.builders import make_package


@pytest.fixture
def answers(exercises):
    make_package(exercises)
    return dict(null_answers(load_exercise("unit/slope"), seed=1))


def test_every_null_answer_answers_every_case(answers):
    assert set(answers) == {
        "zeros", "ones", "NaN", "random numbers", "None", "the input itself", "the truth of another seed",
        *ODDITIES, *(f"{name} in every place" for name in ODDITIES),
    }  # fmt: skip
    assert {len(observations) for observations in answers.values()} == {4}


def test_null_answers_have_the_shape_and_dtype_of_the_truth(answers):
    value = answers["zeros"][3].value

    assert (value.dtype, value.dim()) == (torch.float64, 2)


def test_the_truth_of_another_seed_is_never_the_truth_of_this_one(answers):
    exercise = load_exercise("unit/slope")

    for case, observation in zip(exercise.cases(1), answers["the truth of another seed"], strict=True):
        truth = exercise.truth(case)
        assert truth.shape != observation.value.shape or not torch.allclose(truth, observation.value)
