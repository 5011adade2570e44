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
