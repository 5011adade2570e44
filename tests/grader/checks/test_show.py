"""Values as text for the learner."""

import pytest
import torch

from grader.checks.show import MAX_LENGTH, MAX_SHOWN, show, show_apart, show_expression, show_index, show_type
from grader.harness.wire.values import Applied, Function, Model, Other
from grader.packages.cases import Floats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.3333"),
        (torch.tensor([[1.0, 0.5]]), "[[1, 0.5]]"),
        (torch.zeros(3, 5), "a tensor of shape (3, 5)"),
        ((1.0, [2.0, None]), "(1, [2, None])"),
        ({"w": 0.123456, "b": torch.tensor(1.0)}, "{'w': 0.1235, 'b': 1}"),
        (Floats((0.123456, 2.0)), "[0.1235, 2]"),
        (torch.tensor([True, False]), "[True, False]"),
        (Function("square"), "f(x) = x²"),
        (Other("Generator"), "a value of type Generator"),
        ("x" * 100, repr("x" * 100)[:80]),
    ],
)
def test_values_are_shown_short(value, text):
    assert show(value) == text


def test_two_values_get_enough_digits_to_differ():
    assert show_apart(27.0, 28.0) == ("27", "28")
    assert show_apart(27.000009, 27.0) == ("27.000009", "27")
    assert show_apart((1.0, torch.tensor([27.0 + 1e-12], dtype=torch.float64)), (1.0, torch.tensor([27.0]))) == (
        "(1, [27.000000000001])",
        "(1, [27])",
    )
    assert show_apart(1.0, 1.0) == ("1", "1")


def test_of_many_numbers_only_the_first_are_shown():
    assert show(torch.zeros(MAX_SHOWN)).count("0") == MAX_SHOWN
    assert show(torch.zeros(MAX_SHOWN + 1)) == f"a tensor of shape ({MAX_SHOWN + 1},)"
    assert show([1] * MAX_SHOWN).count("1") == MAX_SHOWN
    assert show([1] * (MAX_SHOWN + 1)) == "[" + "1, " * MAX_SHOWN + "...]"
    assert show(dict.fromkeys(range(MAX_SHOWN + 1), 1)).count(":") == MAX_SHOWN


def test_functions_and_models_are_shown_by_formula_and_parameters():
    applied = Applied(Function("square"), (torch.tensor([1.0, 2.0]), 0.5))

    assert show(applied) == "x² at [1, 2], 0.5"
    assert show(Model("line", {"weight": 2.0, "bias": 0.5})) == "a model (line) with weight 2, bias 0.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (torch.zeros(2), "a tensor"),
        ([], "a list of 0"),
        ((torch.zeros(2), torch.zeros(2)), "a tuple of 2 tensors"),
        ([torch.zeros(2), 1.0], "a list of 2"),
        ({"w": 1}, "a dict"),
        (Floats((1.0, 2.0, 3.0)), "a list of 3 floats"),
        (Other("Generator"), "a value of type Generator"),
        (1, "an int"),
        (1.0, "a float"),
        ("text", "a str"),
    ],
)
def test_a_type_has_its_article(value, text):
    assert show_type(value) == text


def test_an_expression_is_a_formula_with_its_numbers():
    program = [["mul", 0, 1], ["tanh", 0], ["neg", 3], ["add", 2, 4]]

    assert show_expression(program, [2.0, -1.5]) == "(a * b) + (-tanh(a)) with a = 2, b = -1.5"
    assert show_expression([["pow", 0, [None, 3.0]]], [2.0]) == "a ** 3 with a = 2"
    assert show_expression([["add", 0, 0], ["exp", 1]], [1.0]) == "exp(a + a) with a = 1"


@pytest.mark.parametrize(("flat", "shape", "text"), [(0, (), ""), (2, (3,), "[2]"), (5, (2, 4), "[1, 1]")])
def test_an_entry_is_shown_by_its_index(flat, shape, text):
    assert show_index(flat, torch.Size(shape)) == text


def test_a_long_text_is_cut_and_ends_in_dots():
    short, long = show(["x" * 70] * 12), show([["x" * 70] * 12] * 2)

    assert not short.endswith("...")
    assert long.endswith("...")
    assert len(long) == MAX_LENGTH + 3


def test_a_list_that_fits_has_no_dots():
    assert "..." not in show(list(range(MAX_SHOWN)))
    assert ", ..." in show(list(range(MAX_SHOWN + 1)))


def test_numbers_in_a_dict_get_enough_digits_to_differ():
    one, other = show_apart({"a": 1.000000001}, {"a": 1.0})

    assert one != other
    assert other == "{'a': 1}"
