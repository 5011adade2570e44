"""A source with repairs: if only a part is compiled again, it is as if all of it was."""

import ast

import pytest

from grader.harness.child.repaired_source import FILENAME, MAX_EDIT_LINES, RepairedSource
from grader.harness.child.repairs import list_repairs

CLASS = """from __future__ import annotations

START = 3


class Doubled:
    factor: Unknown = 2

    def __init__(self, value):
        self.__value = value

    def twice(self):
        return self.factor * self.__value + START

    def again(self):
        return [one + 1 for one in (super().__repr__() and (self.twice(), 4))]

    alias = twice


def result():
    return Doubled(5).alias(), Doubled(5).again()
"""


def ran(codes):
    namespace = {"__name__": "submission"}
    for code in codes:
        exec(code, namespace)
    return namespace["result"]()


def outcome(make):
    try:
        return ran(make())
    except Exception as error:
        return type(error)


def test_what_is_compiled_again_is_as_good_as_all():
    source = RepairedSource(CLASS)
    count = len(list_repairs(ast.parse(CLASS)))
    results = []
    for i in range(count):
        whole = ast.unparse(source.with_repairs([i]))
        expected = outcome(lambda text=whole: [compile(text, FILENAME, "exec", dont_inherit=True)])

        results.append(outcome(lambda at=i: source.codes([at])))

        assert results[-1] == expected, whole
    assert len(set(map(str, results))) > 5


def test_an_error_has_the_line_of_the_source():
    lines = CLASS.splitlines()
    at = lines.index("    def twice(self):") + 2
    source = RepairedSource(CLASS)
    repairs = list_repairs(ast.parse(CLASS))
    changed = next(i for i, one in enumerate(repairs) if one.line == at and one.kind == "factor")

    parts = [code for code in source.codes([changed])[2].co_consts if hasattr(code, "co_name")]
    (twice,) = [code for part in parts for code in part.co_consts if getattr(code, "co_name", "") == "twice"]

    assert {line for *_, line in twice.co_lines()} <= {at - 1, at}


def test_two_repairs_are_made_together():
    text = "def square(x):\n    a = x.detach()\n    b = x.detach()\n    return a * b\n"
    source = RepairedSource(text)
    cuts = {
        one.line: i for i, one in enumerate(list_repairs(ast.parse(text))) if one.kind == "uncut" and not one.others
    }

    both = ast.unparse(source.with_repairs([cuts[2], cuts[3]]))
    one = ast.unparse(source.with_repairs([cuts[3]]))

    assert both.count("detach") == 0
    assert (one.count("detach"), "b = x\n" in one) == (1, True)


def test_an_edit_has_the_lines_that_change():
    text = "def loss(x):\n    y = x ** 2  # squared\n    return y.mean()\n"
    source = RepairedSource(text)
    repairs = list_repairs(ast.parse(text))
    edits = [source.edit([i]) for i, one in enumerate(repairs) if one.kind == "reduction"]

    assert (["return y.mean()"], ["return y.sum()"]) in edits
    assert ast.unparse(source.with_repairs([])) == ast.unparse(ast.parse(text))


def test_every_repair_has_an_edit_or_none():
    text = "def twice(x):\n    x.requires_grad_()\n    x.sin_()\n    x.sum().backward()\n    return x.grad\n"
    source = RepairedSource(text)
    repairs = list_repairs(ast.parse(text))

    edits = [source.edit([i]) for i in range(len(repairs))]

    zeroed = edits[next(i for i, one in enumerate(repairs) if one.kind == "zero")]
    assert zeroed == ([], ["x.grad = None"])
    assert all(edit is None or edit[0] or edit[1] for edit in edits)


def test_an_edit_that_is_too_long_is_not_described():
    body = "".join(f"        x = x + {i}\n" for i in range(MAX_EDIT_LINES + 1))
    text = f"import torch\n\n\ndef loss(x):\n    with torch.no_grad():\n{body}    return x\n"
    source = RepairedSource(text)
    without = next(i for i, one in enumerate(list_repairs(ast.parse(text))) if one.kind == "uncut")

    assert source.edit([without]) is None


def test_a_repair_that_is_not_there_is_an_error():
    with pytest.raises(IndexError):
        RepairedSource("x = 1\n").codes([1000])


def test_without_tensors_their_repairs_are_left_out():
    text = "def sum_of(a, b):\n    total = a + b\n    return total\n"
    kinds = [{one.kind for one in list_repairs(ast.parse(text), tensors=has)} for has in (True, False)]

    assert {"detach", "clone", "reduction", "transpose"} & kinds[0]
    assert not {"detach", "clone", "reduction", "transpose"} & kinds[1]
    assert "sign" in kinds[1]
