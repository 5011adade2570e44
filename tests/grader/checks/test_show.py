"""Values as a learner reads them."""

import pytest
import torch

from grader.checks.show import show, show_apart


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.3333"),
        (torch.tensor([[1.0, 0.5]]), "[[1, 0.5]]"),
        (torch.zeros(3, 5), "a tensor of shape (3, 5)"),
        ((1.0, [2.0, None]), "(1, [2, None])"),
        ({"w": 0.123456}, "{'w': 0.1235}"),
    ],
)
def test_numbers_are_short(value, text):
    assert show(value) == text


def test_two_values_have_the_digits_that_tell_them_apart():
    assert show_apart(27.0, 28.0) == ("27", "28")
    assert show_apart(27.000009, 27.0) == ("27.000009", "27")
    assert show_apart((1.0, torch.tensor([27.0 + 1e-12], dtype=torch.float64)), (1.0, torch.tensor([27.0]))) == (
        "(1, [27.000000000001])",
        "(1, [27])",
    )
    assert show_apart(1.0, 1.0) == ("1", "1")
