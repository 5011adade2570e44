"""The hint for an exception fits the error, the source and the exercise."""

import pytest

from grader.checks.error_hints import Raised, hint_for
from grader.checks.source_facts import SourceFacts, copied_from
from grader.protocol.messages import HINTS, render_hint

GRAD = "def hvp(f, x, v):\n    x = x.clone().requires_grad_()\n    g, = torch.autograd.grad(f(x), x{more})\n"
TWICE = GRAD + "    return torch.autograd.grad(g @ v, x)[0]\n"
NO_GRAPH = "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn"
NONE = "TypeError: unsupported operand type(s) for *: 'float' and 'NoneType'"
UPDATED = "w = weight.clone().requires_grad_()\nw = w - lr * w.grad\nw.grad\n"
KEPT = "w = weight.clone().requires_grad_()\nw.backward()\nlr * w.grad\n"
MODULE = "class CubedReLU(torch.nn.Module):\n    @staticmethod\n    def forward(ctx, x): pass\n"
CONVERTED = "ValueError: only one element tensors can be converted to Python scalars"
REQUIRES = "RuntimeError: a leaf Variable that requires grad is being used in an in-place operation."


def hint(text, source="", line=None, *, torch=True):
    return hint_for(Raised(text=text, line=line, facts=SourceFacts(source), torch=torch))[0]


@pytest.mark.parametrize(
    ("text", "source", "line", "expected"),
    [
        (NO_GRAPH, TWICE.format(more=", retain_graph=True"), 4, "hint.create_graph"),
        (NO_GRAPH, TWICE.format(more=""), 4, "hint.create_graph"),
        (NO_GRAPH, "y = f(x.requires_grad_()).detach()\ny.backward()\n", 2, "hint.cut_by"),
        (NO_GRAPH, "y = f(x)\ny.backward()\n", 2, "hint.not_tracked"),
        (NO_GRAPH, "x.requires_grad_()\nf(y).backward()\n", 2, "hint.no_graph"),
        (NO_GRAPH, "x.requires_grad_()\ny = math.sin(x)\ny.backward()\n", 3, "hint.math"),
        (NONE, UPDATED, 3, "hint.non_leaf"),
        (NONE, KEPT, 3, "hint.none_grad"),
        (NONE, "x.requires_grad_()\nx.grad * 2\n", 2, "hint.no_backward"),
        (NONE, "a = b()\na * 2.0\n", 2, "hint.operands"),
        (REQUIRES, "w -= lr * w.grad\n", 1, "hint.in_place_leaf"),
        ("RuntimeError: Trying to backward through the graph a second time", "", None, "hint.second_backward"),
        ("RuntimeError: modified by an inplace operation", "", None, "hint.in_place"),
        ("AttributeError: 'tuple' object has no attribute 'sum'", "g = torch.autograd.grad(y, x)\ng.sum()\n", 2,
         "hint.grad_tuple"),
        ("RuntimeError: function CubedReLUBackward returned an incorrect number of gradients (expected 1, got 2)", "",
         None, "hint.gradient_count"),
        ("AttributeError: type object 'CubedReLU' has no attribute 'apply'", MODULE, None, "hint.function_base"),
        (CONVERTED, "y = math.sin(x)\n", 1, "hint.math"),
        (CONVERTED, "y = float(x)\n", 1, "hint.one_number"),
        ("EOFError: EOF when reading a line", "n = int(input())\n", 1, "hint.input"),
        ("PermissionError: [Errno 13] Permission denied", "open('/tmp/x', 'w')\n", 1, "hint.files"),
        ("PermissionError: [Errno 1] Operation not permitted", "import urllib\nurlopen(a)\n", 2, "hint.network"),
        ("PermissionError: [Errno 1] Operation not permitted", "import subprocess\nsubprocess.run(a)\n", 2,
         "hint.processes"),
        ("PermissionError: [Errno 1] Operation not permitted", "DataLoader(d, num_workers=2)\n", 1, "hint.workers"),
        ("PermissionError: [Errno 1] Operation not permitted", "g = torch.compile(f)\n", 1, "hint.compile"),
        ("SystemExit: 2", "import argparse\nargparse.ArgumentParser().parse_args()\n", 2, "hint.arguments"),
        ("NotAllowed: No module named 'graphviz'", "import graphviz\n", 1, "hint.import"),
        ("ZeroDivisionError: division by zero", "1 / 0\n", 1, "hint.read_error"),
    ],
)  # fmt: skip
def test_a_hint_fits_the_error_and_the_code(text, source, line, expected):
    assert hint(text, source, line) == expected


@pytest.mark.parametrize("text", [NO_GRAPH, NONE, "AttributeError: 'Value' object has no attribute 'tanh'"])
def test_an_exercise_without_torch_reads_nothing_of_torch(text):
    sentence = render_hint(hint(text, KEPT, torch=False), {"causes": "", "tensor": ""})

    assert not any(word in sentence for word in ("torch", "detach", "leaf", "grad"))


def test_words_in_comments_and_strings_are_no_cause():
    source = "x.requires_grad_()\n# y.detach()\n'''z.item()'''\nf(y).backward()\n"

    assert SourceFacts(source).cuts == ()
    assert hint(NO_GRAPH, source) == "hint.no_graph"


def test_every_hint_can_be_filled_in():
    assert all(render_hint(name, {"causes": "`detach`", "tensor": "w"}) for name in HINTS)


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("%matplotlib inline\nimport torch\n", 1, "notebook_command"),
        ("import torch\n!pip install torch\n", 2, "notebook_command"),
        ("```python\nx = 1\n```\n", 1, "code_fence"),
        (">>> import torch\n", 1, "console_prompt"),
        ("In [3]: x = 1\n", 1, "console_prompt"),
        ('{"metadata": {}, "nbformat": 4}', 1, "notebook_json"),
        ("def f(:\n", 1, None),
        ("", None, None),
    ],
)
def test_copied_code_is_recognised(source, line, message):
    assert copied_from(source, line) == message
