"""What a traced call notes: the lines that ran, the cuts, and the writes to arguments."""

import ast

import pytest
import torch

from grader.harness.child.loading import FILENAME
from grader.harness.child.tracing import Tracer


def traced(source, *args):
    """Call `f` of a source, traced."""
    tree = ast.parse(source)
    namespace = {"torch": torch}
    exec(compile(tree, FILENAME, "exec"), namespace)
    tracer = Tracer(tree)
    tracer.start()
    try:
        namespace["f"](*args)
    finally:
        noted = tracer.stop()
    return noted


def tracked():
    return torch.ones(3, requires_grad=True)


def test_lines_that_run_are_noted_by_their_statement():
    source = (
        "def f(x):\n    if x.sum() < 0:\n        return 1\n    y = (\n        x\n        + 1\n    )\n    return y\n"
    )

    assert traced(source, torch.ones(3))["lines"] == [2, 4, 8]


@pytest.mark.parametrize(
    "statement",
    ["y = x.detach()", "y = torch.tensor(x.tolist())", "x = x.data * 2", "y = x.sum().item()", "return x.detach()"],
)
def test_a_statement_that_loses_the_graph_is_a_cut(statement):
    assert traced(f"def f(x):\n    z = x * 2\n    {statement}\n", tracked())["cuts"] == [3]


@pytest.mark.parametrize(
    "statement", ["y = x * 2", "n = len(x)", "y = torch.zeros_like(x)", "y = x.argmax()", "x.sum().backward()"]
)
def test_other_statements_are_no_cuts(statement):
    assert traced(f"def f(x):\n    {statement}\n", tracked())["cuts"] == []


@pytest.mark.parametrize(("statement", "writes"), [("x.mul_(2)", [2]), ("x *= 2", [2]), ("y = x * 2", [])])
def test_a_statement_that_changes_an_argument_is_noted(statement, writes):
    assert traced(f"def f(x):\n    {statement}\n    return x\n", torch.ones(3))["writes"] == writes


def test_what_an_object_raises_is_not_told_to_the_code():
    source = """class Odd:
    requires_grad = is_floating_point = numel = property(lambda self: 1 / 0)

def f(x):
    y = Odd()
    z = y
    return 3
"""
    assert traced(source, torch.ones(3))["lines"] == [5, 6, 7]
