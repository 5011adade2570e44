import pytest
import torch

from grader.harness.child import evaluate
from grader.harness.wire.values import Applied, Function, Model, Other
from grader.sandboxes.base import Call, Program
from grader.sandboxes.unconfined import UnconfinedRun
from tests.support.reports import double

X = double(1.0, 2.0)


def observe(source, *args, entry="go", probe="call", **options):
    run = UnconfinedRun(Program(source=source, entries=()))
    (observation,) = run.observe([Call(entry=entry, args=args, probe=probe, options=options)])
    return observation


def test_a_result_is_detached_and_its_facts_are_kept():
    observation = observe("def go(x):\n    return x.requires_grad_()", X)

    assert torch.equal(observation.value, X)
    assert not observation.value.requires_grad
    assert (observation.facts[""].requires_grad, observation.facts[""].is_leaf) == (True, True)


def test_an_argument_requires_grad_only_if_the_case_says_so():
    source = "def go(x, y):\n    return [x.requires_grad, y.requires_grad]"

    assert observe(source, X, X.clone().requires_grad_()).value == [False, True]


def test_a_modified_input_is_noticed_and_requires_grad_is_not():
    source = "def go(x, y):\n    x.requires_grad_()\n    y += 1"

    assert observe(source, X, X).modified == (1,)


def test_an_exception_shows_only_the_learners_lines():
    error = observe("import torch\n\ndef go(x):\n    return torch.ones(2) @ torch.ones(3)", X).error

    assert (error.type, error.line) == ("RuntimeError", 4)
    assert error.traceback.splitlines()[0] == "line 4, in go"
    assert "evaluate" not in error.traceback


def test_an_exception_without_a_usable_message_keeps_its_name():
    source = "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\ndef go():\n    raise Odd"

    error = observe(source).error

    assert (error.type, error.message, error.line) == ("Odd", "", 5)


REFUSED = "CUDA error: device-side assert triggered\nSearch for `cudaErrorAssert' in the manual."


def test_a_gpu_error_is_reported_without_debugging_advice():
    error = observe("def go(message):\n    raise RuntimeError(message)", REFUSED).error

    assert (error.message, error.line) == ("CUDA error: device-side assert triggered", 2)


def test_a_gpu_that_refuses_inputs_is_the_learners_error(monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError(REFUSED)

    monkeypatch.setattr(evaluate, "Decoder", refuse)
    observation = observe("def go(x):\n    return x", X)

    assert (observation.error.type, observation.error.line) == ("RuntimeError", None)
    assert observation.modified == ()


def test_other_errors_of_the_inputs_are_ours(monkeypatch):
    monkeypatch.setattr(evaluate, "Decoder", lambda *_, **__: torch.ones(2) @ torch.ones(3))

    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        observe("def go(x):\n    return x", X)


def test_a_memory_error_ends_the_run():
    with pytest.raises(MemoryError):
        observe("def go():\n    raise MemoryError")


def test_an_entry_can_be_an_attribute():
    source = "class Cubed:\n    @staticmethod\n    def apply(x):\n        return x**3"

    assert torch.equal(observe(source, X, entry="Cubed.apply").value, X**3)


@pytest.mark.parametrize(
    ("statement", "modified"),
    [
        ("weights['w'] += 1", (0,)),
        ("del weights['w']", (0,)),
        ("weights['new'] = 1", ()),
        ("pair[1].mul_(2)", (1,)),
        ("pair.append(3)", (1,)),
        ("pair[0], pair[1] = pair[1], pair[0]", (1,)),
        ("pair[0] = pair[0].clone(); weights['w'] = weights['w'].clone()", ()),
        ("pair[0] = None", (1,)),
    ],
)
def test_changes_inside_an_argument_are_noticed(statement, modified):
    source = f"def go(weights, pair):\n    {statement}"

    assert observe(source, {"w": X.clone()}, [X.clone(), X + 1]).modified == modified


@pytest.mark.parametrize("statement", ["raise SystemExit(0)", "exit()", "raise KeyboardInterrupt", "quit()"])
def test_an_exit_in_a_call_is_an_error(statement):
    assert observe(f"def go(x):\n    {statement}", X).error is not None


@pytest.mark.parametrize(
    "expression",
    [
        "object()",
        "torch.nn.Linear(1, 1)",
        "type('Liar', (torch.Tensor,), {'__eq__': lambda *a: True})(2)",
        "torch.ones(2).to_sparse()",
        "torch.ones(2, dtype=torch.complex64)",
        "torch.ones(2, device='meta')",
        "lambda: 1",
        "{1, 2}",
        "b'bytes'",
        "10**100",
    ],
)
def test_a_result_that_cannot_be_sent_arrives_as_its_type(expression):
    assert isinstance(observe(f"import torch\ndef go():\n    return {expression}").value, Other)


def test_parameters_and_named_tuples_arrive_as_tensors_and_tuples():
    source = (
        "import torch\nfrom collections import namedtuple\nPair = namedtuple('Pair', 'a b')\n"
        "def go(x):\n    return Pair(torch.nn.Parameter(x), x)"
    )

    value = observe(source, X).value

    assert type(value) is tuple
    assert torch.equal(value[0], X)


def test_functions_and_models_can_be_called():
    weights = {"weights": [double([1.0, 2.0])], "biases": [double(0.5)], "activation": "tanh"}
    source = "def go(f, model, x):\n    return f(x).sum() + model(x).sum()"

    value = observe(source, Function("square"), Model("mlp", weights), X).value

    torch.testing.assert_close(value, double(5.0 + 5.5)[0])


def test_an_applied_function_arrives_with_its_graph():
    root = Applied(Function("squares_and_cubes"), (X[0].clone().requires_grad_(), X[1].clone().requires_grad_()))

    assert observe("def go(root):\n    return root.grad_fn.name()", root).value == "AddBackward0"


def test_an_endless_structure_is_an_error():
    assert observe("def go():\n    a = []\n    a.append(a)\n    return a").error is not None


def test_the_graph_of_a_result_is_observed_on_request():
    observation = observe("def go(x):\n    return (x * x).sum()", X.clone().requires_grad_(), graph=True)

    names = [node["name"] for node in observation.graph["nodes"]]
    assert names == ["SumBackward0", "MulBackward0", "torch::autograd::AccumulateGrad"]
    assert observation.graph["edges"] == [[0, 1], [1, 2], [1, 2]]


def test_a_detached_result_has_no_graph():
    observation = observe("def go(x):\n    return x.detach()", X.clone().requires_grad_(), graph=True)

    assert observation.graph is None
    assert observation.error is None


def test_backward_returns_value_and_gradients():
    source = "def go(x, y):\n    return x * x * y.detach()"
    tracked = X.clone().requires_grad_()

    value = observe(source, tracked, tracked, probe="backward", cotangent=double(1.0, 10.0)).value

    torch.testing.assert_close(value["gradients"][0], double(2.0, 80.0))
    assert value["gradients"][1] is None


def test_backward_skips_an_argument_that_was_detached():
    tracked = X.clone().requires_grad_()

    value = observe("def go(x, y):\n    y.detach_()\n    return x * y", tracked, tracked, probe="backward").value

    torch.testing.assert_close(value["gradients"][0], X)
    assert value["gradients"][1] is None


def test_backward_has_no_gradients_if_all_arguments_were_detached():
    tracked = X.clone().requires_grad_()

    value = observe("def go(x):\n    y = x * 2\n    x.detach_()\n    return y", tracked, probe="backward").value

    assert value["gradients"] == [None]


def test_a_constant_gradient_has_no_second_gradient():
    value = observe("def go(x):\n    return 3 * x", X.clone().requires_grad_(), probe="backward", second=[X]).value

    assert value["second"] == [None]


def test_a_result_of_another_shape_than_its_cotangent_is_allowed():
    observation = observe(
        "def go(x):\n    return x.sum()", X.clone().requires_grad_(), probe="backward", cotangent=double(1.0, 10.0)
    )

    assert observation.error is None


def test_backward_differentiates_twice():
    value = observe(
        "def go(x):\n    return x**3", X.clone().requires_grad_(), probe="backward", second=[double(1.0, 1.0)]
    )

    torch.testing.assert_close(value.value["second"][0], 6 * X)


def test_a_result_without_a_graph_has_no_gradients():
    value = observe("def go(x):\n    return x.detach()", X.clone().requires_grad_(), probe="backward").value

    assert value["gradients"] == [None]


def test_predict_calls_the_returned_callable():
    value = observe("def go(k):\n    return lambda x: k * x", 3.0, probe="predict", points=X).value

    torch.testing.assert_close(value, 3 * X)


def test_expression_builds_and_differentiates():
    source = """
class V:
    def __init__(self, data): self.data, self.grad, self.parents = data, 0.0, ()
    def __mul__(self, other):
        other = other if isinstance(other, V) else V(other)
        result = V(self.data * other.data); result.parents = ((self, other.data), (other, self.data)); return result
    def backward(self):
        self.grad = 1.0
        for parent, slope in self.parents: parent.grad += slope
"""
    value = observe(source, 3.0, 4.0, entry="V", probe="expression", program=[["mul", 0, 1]]).value

    assert value == {"data": 12.0, "gradients": [4.0, 3.0], "inner": [1.0]}


def test_figure_describes_the_drawing():
    source = (
        "from matplotlib.figure import Figure\ndef go():\n    figure = Figure()\n    axes = figure.subplots()\n"
        "    axes.plot([1, 2], label='a')\n    axes.set_xlabel('step')\n    return figure"
    )

    run = UnconfinedRun(Program(source=source, entries=(), imports=("matplotlib",)))
    value = run.observe([Call(entry="go", probe="figure")])[0].value

    assert value["axes"][0]["xlabel"] == "step"
    (line,) = value["axes"][0]["lines"]
    assert (line["label"], line["x"].tolist(), line["y"].tolist()) == ("a", [0.0, 1.0], [1.0, 2.0])
    assert bytes(value["png"][:4].tolist()) == b"\x89PNG"
