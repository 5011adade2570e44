import math

import pytest

from grader.checks.show import show_expression
from grader.references.expressions import SLOPES, backpropagate, breadth_first, depth_first, parse


def test_a_formula_is_parsed_to_a_program():
    assert parse("t = a * b; t + tanh(t) - 1", "ab") == [
        ["mul", 0, 1],
        ["tanh", 2],
        ["add", 2, 3],
        ["sub", 4, ["number", 1.0]],
    ]


def test_other_code_is_not_a_formula():
    with pytest.raises(ValueError, match="not part of a formula"):
        parse("a < b", "ab")
    with pytest.raises(ValueError, match="not part of a formula"):
        parse("import os", "ab")


def test_a_program_is_shown_as_its_formula():
    assert show_expression(parse("-(a * b) + exp(a - 2) ** 3", "ab"), [2.0, -1.0]) == (
        "(-(a * b)) + (exp(a - 2) ** 3) with a = 2, b = -1"
    )


@pytest.mark.parametrize(
    "formula", ["a * b - a / b", "tanh(a) * exp(b)", "relu(a) + relu(-b)", "a ** 3 / b ** 1.5", "t = a - b; t * t * a"]
)
def test_backpropagation_agrees_with_differences(formula):
    point, step = [1.2, 0.7], 1e-6
    program = parse(formula, "ab")
    _, gradients = backpropagate(program, point)

    for i in (0, 1):
        up, down = ([x + s * step * (j == i) for j, x in enumerate(point)] for s in (1, -1))
        slope = (backpropagate(program, up)[0] - backpropagate(program, down)[0]) / (2 * step)
        assert math.isclose(gradients[i], slope, rel_tol=1e-8)


def test_the_last_node_has_the_gradient_one():
    assert backpropagate(parse("a * 2; a + 1", "a"), [3.0]) == (4.0, [1.0, 0.0, 1.0])


def test_replaced_shares_leave_only_the_last():
    assert backpropagate(parse("a + a", "a"), [3.0], overwritten=set(SLOPES)) == (6.0, [1.0, 1.0])


@pytest.mark.parametrize("order", [depth_first, breadth_first])
def test_wrong_orders_fail_for_shared_nodes(order):
    program = parse("t = a * 2; t + exp(t)", "a")

    assert backpropagate(program, [0.0])[1][0] == 4.0
    assert backpropagate(program, [0.0], order=order)[1][0] != 4.0
    assert backpropagate(parse("a * 2 + 1", "a"), [0.0], order=order)[1][0] == 2.0
