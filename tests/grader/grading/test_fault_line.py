"""The line to look at: what the witnesses say together, and which lines real mistakes get."""

from collections import Counter

import pytest

from grader.grading import fault_line
from grader.grading.fault_line import Witnesses, agreed, find_line
from grader.grading.pipeline import grade
from grader.packages.catalogue import find_package
from grader.sandboxes.unconfined import UnconfinedSandbox
from tests.support.reports import make_job


def lines(*numbers):
    return frozenset(numbers)


@pytest.mark.parametrize(
    ("witnesses", "expected"),
    [
        (Witnesses(repairs=Counter()), None),
        (Witnesses(repairs=Counter({7: 1})), 7),
        (Witnesses(repairs=Counter({7: 1}), raised=lines(9), cuts=lines(8)), 7),
        (Witnesses(repairs=Counter({7: 1, 9: 1})), None),
        (Witnesses(repairs=Counter({7: 1, 9: 2})), 9),
        (Witnesses(repairs=Counter({7: 1, 9: 2}), cuts=lines(7)), 7),
        (Witnesses(repairs=Counter(), raised=lines(4)), 4),
        (Witnesses(repairs=Counter(), raised=lines(4, 5)), None),
        (Witnesses(repairs=Counter(), raised=lines(4), no_graph=True, cuts=lines(2)), 2),
        (Witnesses(repairs=Counter(), raised=lines(4), no_graph=True), 4),
        (Witnesses(repairs=Counter(), raised=lines(4), raised_late=True, at_fault=lines(4)), None),
        (Witnesses(repairs=Counter(), cuts=lines(2)), None),
        (Witnesses(repairs=Counter(), writes=lines(3)), 3),
        (Witnesses(repairs=Counter(), only_failing=lines(6), at_fault=lines(5, 6)), 6),
        (Witnesses(repairs=Counter(), only_failing=lines(), at_fault=lines(5, 6)), None),
    ],
)
def test_a_line_is_named_only_if_the_witnesses_agree(witnesses, expected):
    assert agreed(witnesses) == expected


MISTAKES = {
    "gradients/two-variables": """
def gradients(x, y):
    x.requires_grad_()
    y.requires_grad_()
    z = x**2 + y**3
    z.mean().backward()  # look
    return x.grad, y.grad
""",
    "tracking/stop-gradient": """
def td_loss(value, next_value, reward, gamma):
    target = reward + gamma * next_value
    target.detach()  # look
    return ((value - target) ** 2).mean()
""",
    "gradients/vector-backward": """
import torch

def vjp(f, x, v):
    x.requires_grad_()
    y = torch.tensor(f(x).tolist(), dtype=x.dtype, requires_grad=True)  # look
    y.backward(v)
    return x.grad
""",
    "gradients/in-place": """
import torch

def scaled_exp_gradient(x, scale):
    x.requires_grad_()
    e = x.exp()
    e.mul_(scale)  # look
    e.sum().backward()
    return x.grad
""",
    "functions/hessian-vector": """
import torch

def hvp(f, x, v):
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)  # look
    (product,) = torch.autograd.grad(gradient @ v, x)
    return product
""",
}


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Try every repair, however busy this machine is."""
    monkeypatch.setattr(fault_line, "MAX_SECONDS", 120.0)
    monkeypatch.setattr(fault_line, "SLOW_SECONDS", 60.0)


def found(slug, source, **more):
    job = make_job(exercise=slug, source=source, seed=7)
    sandbox = UnconfinedSandbox()
    return find_line(job, grade(job, sandbox=sandbox), sandbox=sandbox, processor_seconds=60.0, **more)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("slug", MISTAKES)
def test_the_line_of_a_usual_mistake_is_found(slug):
    source = MISTAKES[slug]
    expected = next(i for i, text in enumerate(source.splitlines(), start=1) if "# look" in text)

    assert found(slug, source) == expected


@pytest.mark.parametrize("slug", MISTAKES)
def test_a_right_answer_has_no_line(slug):
    assert found(slug, find_package(slug).solution) is None


def test_if_a_submission_waits_there_is_no_line():
    slug = "gradients/two-variables"
    asked = []

    assert found(slug, MISTAKES[slug], may_go_on=lambda: asked.append(1)) is None
    assert asked == [1]


def test_an_error_while_loading_has_a_line():
    assert found("gradients/two-variables", "import torch\nx = (1,\n") == 2
    assert found("gradients/two-variables", "import torch\n\nz = unknown\n") == 3


def test_a_missing_entry_has_no_line():
    assert found("gradients/two-variables", "def gradient(x, y):\n    return x, y\n") is None
