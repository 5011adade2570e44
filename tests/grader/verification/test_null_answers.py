import pytest
import torch

from grader.grading.exercise import load_exercise
from grader.grading.null_answers import ODDITIES, null_answers
from tests.support.reports import make_package


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


def test_the_truth_of_another_seed_differs(answers):
    exercise = load_exercise("unit/slope")

    for case, observation in zip(exercise.cases(1), answers["the truth of another seed"], strict=True):
        truth = exercise.truth(case)
        assert truth.shape != observation.value.shape or not torch.allclose(truth, observation.value)


STRUCTURE = """
import torch
from grader.authoring import Case, Floats

def cases(seed):
    return [Case(name="one", entry="slope", public=True)]

def truth(case):
    return {"path": Floats((1.0, 2.0)), "pair": (3, True), "names": ["adam", None], "dtype": torch.float32}

witness = truth
"""


def test_a_null_answer_has_the_nested_structure_of_the_truth(exercises):
    make_package(exercises, reference=STRUCTURE)
    answers = {name: observations[0].value for name, observations in null_answers(load_exercise("unit/slope"), seed=1)}

    assert answers["zeros"] == {"path": [0.0, 0.0], "pair": (0, False), "names": ["", None], "dtype": None}
    assert answers["ones"]["pair"] == (1, False)
    assert answers["a word in every place"] == {
        "path": "word", "pair": ("word", "word"), "names": ["word", "word"], "dtype": "word"
    }  # fmt: skip
    assert answers["the input itself"] is None
