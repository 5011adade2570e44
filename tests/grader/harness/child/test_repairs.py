"""The repairs: each is a program, and one at a time leaves no trace in the next."""

import ast

import pytest

from grader.harness.child.repaired_source import RepairedSource
from grader.harness.child.repairs import MAX_NODES, MAX_REPAIRS, list_repairs
from grader.packages.catalogue import packages

SOURCE = """import torch

def gradients(x, y):
    x.requires_grad_()
    z = x.detach() ** 2 + y
    z.mean().backward()
    return x.grad, y.grad
"""


def repaired(source, kind):
    """All versions of a source with one repair of a kind."""
    whole = RepairedSource(source)
    kinds = [one.kind for one in list_repairs(ast.parse(source))]
    return [ast.unparse(whole.with_repairs([i])) for i, one in enumerate(kinds) if one == kind]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("uncut", "z = x ** 2 + y"),
        ("reduction", "z.sum().backward()"),
        ("swap", "return (y.grad, x.grad)"),
        ("track", "y.requires_grad_()"),
        ("create_graph", "z.mean().backward(create_graph=True)"),
    ],
)
def test_a_usual_mistake_has_its_repair(kind, line):
    assert any(line in one.replace("    ", "").splitlines() for one in repaired(SOURCE, kind))


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("operator", "z = x ** 2 * y", "z = x ** 2 + y"),
        ("operator", "z = 1 - x * y", "z = 1 - x ** y"),
        ("bound", "z = x < y", "z = x > y"),
        ("brackets", "z = x * y ** x - 1", "z = x * y ** (x - 1)"),
        ("brackets", "z = x * (y + 1)", "z = x * y + 1"),
        ("brackets", "z = x * (y + 1)", "z = y + x * 1"),
        ("brackets", "z = torch.sqrt(x + y)", "z = torch.sqrt(x) + y"),
        ("brackets", "z = torch.sqrt(x) + y", "z = torch.sqrt(x + y)"),
        ("times", "z = torch.round(x * y)", "z = torch.round(x * y) / y"),
        ("dtype", "z = torch.zeros(3)", "z = torch.zeros(3, dtype=x.dtype)"),
        ("index", "z = x.saved_tensors", "z = x.saved_tensors[0]"),
        ("brackets", "z = torch.exp(x * y)", "z = x * torch.exp(y)"),
        ("bound", "z = x is None", "z = x is not None"),
        ("bound", "for z in x: break", "continue"),
        ("order", "for z in x: y.append(z)", "for z in reversed(list(x)):"),
    ],
)
def test_a_formula_or_a_loop_is_written_another_way(kind, wrong, right):
    source = f"import torch\ndef function(x, y):\n    {wrong}\n    return z\n"

    assert any(right in map(str.strip, one.splitlines()) for one in repaired(source, kind))


def test_a_statement_of_a_loop_can_move_before_it():
    source = "def function(x, y):\n    for z in x:\n        p = y\n        z.append(p)\n"

    assert any("    p = y\n    for z in x:" in one for one in repaired(source, "order"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (["for z in x:", "    y.append(z)", "    return y"], ["for z in x:", "    y.append(z)", "return y"]),
        (["for z in x:", "    y.step()", "y.zero_grad()"], ["for z in x:", "    y.step()", "    y.zero_grad()"]),
        (["y.zero_grad()", "for z in x:", "    y.step()"], ["for z in x:", "    y.zero_grad()", "    y.step()"]),
    ],
)
def test_a_statement_can_be_indented_more_or_less(wrong, right):
    source, wanted = (
        "\n".join(["def function(x, y):", *[f"    {line}" for line in lines]]) for lines in (wrong, right)
    )

    assert wanted in repaired(source, "indent")


def test_autograd_can_be_asked_for_all_tracked_inputs():
    lines = ["x.requires_grad_()", "y.requires_grad_()", "return torch.autograd.grad(x * y, x)"]
    source = "\n    ".join(["def function(x, y):", *lines])

    assert any("grad(x * y, (x, y))" in one for one in repaired(source, "vector"))


def test_a_closure_can_mean_an_outer_name():
    source = "def outer(x, y):\n    def inner():\n        return x.data\n    return inner\n"

    assert any("return y.data" in one for one in repaired(source, "name"))


def test_a_repair_leaves_no_trace_in_the_next():
    repairs = list_repairs(ast.parse(SOURCE))
    whole = RepairedSource(SOURCE)

    for i in range(len(repairs)):
        assert ast.unparse(whole.with_repairs([i])) == ast.unparse(RepairedSource(SOURCE).with_repairs([i]))


@pytest.mark.parametrize("slug", [package.slug for package in packages()])
def test_every_repair_of_a_solution_has_a_line_of_it(slug):
    source = next(package for package in packages() if package.slug == slug).solution

    repairs = list_repairs(ast.parse(source))

    assert 0 < len(repairs) <= MAX_REPAIRS
    assert all(1 <= one.line <= source.count("\n") + 1 for one in repairs)


def test_a_very_large_source_has_no_repairs():
    assert list_repairs(ast.parse("x = 1 + 1\n" * MAX_NODES)) == []
