import pytest
import torch

from grader.checks.predictions import classifies
from grader.checks.trials import Trial
from grader.harness.child.probes import NOT_CALLABLE
from grader.packages.cases import Case
from grader.packages.manifest import Tolerance
from grader.sandboxes.base import Observation
from tests.support.reports import failure_of

LABELS = torch.tensor([0, 1, 2, 1])


def made(value, labels=LABELS):
    case = Case(name="c", entry="train", args=(None, None, 3, 1), options={"points": torch.zeros(len(labels), 2)})
    observation = Observation(value=value)
    return Trial(case=case, observation=observation, tolerance=Tolerance(), compute_truth=lambda case: labels)


def logits_for(*labels):
    return torch.nn.functional.one_hot(torch.tensor(labels), 3).float()


def test_a_share_of_right_answers_is_enough():
    classifies(made(logits_for(0, 1, 2, 0)), needed=0.75)


def test_a_low_accuracy_is_reported():
    failure = failure_of(lambda: classifies(made(logits_for(0, 1, 2, 0)), needed=0.9))

    assert (failure.message, failure.data) == ("low_accuracy", {"accuracy": "75%", "needed": "90%"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "returned_none"),
        (NOT_CALLABLE, "not_callable"),
        (LABELS, "not_logits"),
        (torch.zeros(4, 3, dtype=torch.int64), "not_logits"),
        ("labels", "not_logits"),
        (torch.full((4, 3), torch.nan), "not_finite"),
        (torch.zeros(4, 3), "one_class_only"),
    ],
)
def test_an_invalid_answer_has_its_message(value, message):
    failure = failure_of(lambda: classifies(made(value), needed=0.0))

    assert failure.message == message


@pytest.mark.parametrize(
    ("value", "what"), [(LABELS, "has shape (4,)"), (torch.zeros(3, 4), "has shape (3, 4)"), ([], "is no tensor")]
)
def test_wrong_logits_are_reported_with_the_expected_shape(value, what):
    failure = failure_of(lambda: classifies(made(value), needed=0.0))

    assert failure.data == {"got": what, "expected": "(4, 3)"}


def test_a_model_that_is_not_callable_names_its_entry():
    assert failure_of(lambda: classifies(made(NOT_CALLABLE), needed=0.0)).data == {"entry": "train"}


def test_logits_must_be_finite():
    some = logits_for(0, 1, 2, 1).index_fill(0, torch.tensor([3]), torch.inf)

    assert failure_of(lambda: classifies(made(some), needed=0.0)).data == {"where": "The logits"}


def test_a_single_point_can_have_one_class():
    classifies(made(logits_for(2), torch.tensor([2])), needed=1.0)


def test_two_points_need_two_predicted_classes():
    trial = made(logits_for(2, 2), torch.tensor([2, 1]))

    assert failure_of(lambda: classifies(trial, needed=0.5)).message == "one_class_only"
