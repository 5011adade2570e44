"""An instructor makes an exercise of a copy, in the page alone; a student solves it. Every click is counted."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_CLICKS = 25
MINUTES = 5 * 60_000
A_MINUTE = 60_000
TITLE = "The derivatives of softmax cross-entropy"
STATEMENT = r"""
The softmax cross-entropy of the logits $x$ with the class 0 is $L(x) = \log \sum_j e^{x_j} - x_0$. With
$p = \mathrm{softmax}(x)$, and $y$ one for the class and zero for all others:

$$\frac{\partial L}{\partial x_i} = p_i - y_i, \qquad \frac{\partial^2 L}{\partial x_i^2} = p_i (1 - p_i)$$

## Your task

- `loss_derivatives(x)` returns the first and the second derivative of $L$ by every logit of the vector `x`.
- `derivatives_of(f, x)` returns the first and the second derivative of a smooth elementwise function `f`.

<details>
<summary>Hint: my first derivative is never negative</summary>

The entry of the right class is smaller than its probability.

</details>
"""
REFERENCE = '''
"""Derivatives of softmax cross-entropy and of elementwise functions, witnessed by differences."""

from typing import Any

from torch import Tensor, float64, logsumexp, softmax, stack, tensor, zeros_like

from grader.authoring import Case, Function, NearMiss, build, generator, normal, whole
from grader.references import autograd, finite


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        Case(name="three logits", entry="loss_derivatives", args=(_numbers(1.0, 2.0, 0.5),), public=True),
        Case(name="many logits", entry="loss_derivatives", args=(normal(rng, whole(rng, 5, 9)),)),
        Case(name="few logits", entry="loss_derivatives", args=(normal(rng, whole(rng, 3, 5)),)),
        Case(name="the cube", entry="derivatives_of", args=(Function("cube"), _numbers(-1.0, 1.0, 3.0)), public=True),
        Case(name="a curve that saturates", entry="derivatives_of", args=(Function("tanh"), normal(rng, 3, 2))),
        Case(name="a bell", entry="derivatives_of", args=(Function("exp_of_square"), normal(rng, 4))),
    ]


def truth(case: Case) -> Any:
    if case.entry == "derivatives_of":
        return tuple(autograd.derivatives(build(case.args[0]), case.args[1], 2))
    p = softmax(case.args[0], dim=0)
    right = zeros_like(p)
    right[0] = 1
    return p - right, p * (1 - p)


def witness(case: Case) -> Any:
    if case.entry == "derivatives_of":
        f, x = build(case.args[0]), case.args[1]
        return finite.derivative(f, x), finite.derivative(lambda at: finite.derivative(f, at, step=1e-2), x, step=1e-2)
    x = case.args[0]
    return finite.gradient(_loss, x), stack([_second(x, i) for i in range(len(x))])


def near_misses(case: Case) -> list[NearMiss]:
    first, second = truth(case)
    return [
        NearMiss(diagnosis="first_for_second", value=(first, first)),
        NearMiss(diagnosis="second_for_first", value=(second, second)),
    ]


def counterexamples() -> list[Case]:
    return [Case(name="two logits", entry="loss_derivatives", args=(_numbers(1.0, 0.0),))]


def _loss(x: Tensor) -> Tensor:
    return logsumexp(x, dim=0) - x[0]


def _second(x: Tensor, i: int) -> Tensor:
    def slope(at: Tensor) -> Tensor:
        return finite.gradient(_loss, at, step=1e-2)[i]

    return finite.gradient(slope, x, step=1e-2)[i]


def _numbers(*values: float) -> Tensor:
    return tensor(values, dtype=float64)
'''
SOLUTION = '''
import torch
from torch import Tensor


def loss_derivatives(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and the second derivative of the cross-entropy with class 0 by every logit."""
    p = torch.softmax(x, dim=0)
    right = torch.zeros_like(x)
    right[0] = 1
    return p - right, p * (1 - p)


def derivatives_of(f, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and the second derivative of the elementwise function f at every entry of x."""
    x = x.detach().clone().requires_grad_()
    (first,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return first, second
'''
WRONG = SOLUTION.replace("p - right,", "p,")


class Clicks:
    """Presses what a label names, and counts."""

    def __init__(self):
        self.count = 0
        self.edited = set()

    def press(self, locator, *, timeout=A_MINUTE):
        self.count += 1
        locator.click(timeout=timeout)

    def write(self, page, text):
        self.press(page.locator(".cm-content"))
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.insert_text(text.lstrip("\n"))

    def edit(self, page, file, text):
        """Replace the text of a file of the exercise."""
        link = page.get_by_role("navigation", name="Files").get_by_role("link", name=file, exact=True)
        if link.get_attribute("aria-current") is None:
            self.press(link)
            page.get_by_role("heading", name=file, exact=True).wait_for()
        self.write(page, text)
        self.edited.add(file)
        page.get_by_text("Saved", exact=True).wait_for()


def verification(page):
    return page.get_by_role("tabpanel", name="Verify")


def test_an_exercise_is_made_published_and_solved(system, page, sign_in, in_another_browser, violations):
    clicks = Clicks()
    sign_in(system, "instructor")
    page.goto(f"{system.url}/courses/autograd-demo/teach/")

    clicks.press(page.get_by_role("link", name="Exercises", exact=True))
    row = page.get_by_role("row", name="First and second derivative derivatives/sin")
    clicks.press(row.get_by_role("link", name="Copy into this course"))
    page.get_by_label("Name", exact=True).fill("losses/cross-entropy")
    page.get_by_label("Title", exact=True).fill(TITLE)
    page.get_by_label("with (1)").fill("loss_derivatives")
    page.get_by_label("Replace (2)").fill("the sine")
    page.get_by_label("with (2)").fill("the cross-entropy")
    clicks.press(page.get_by_role("button", name="Copy into this course"))

    clicks.edit(page, "statement.md", STATEMENT)
    clicks.edit(page, "reference.py", REFERENCE)
    clicks.edit(page, "solution.py", WRONG)
    clicks.press(page.get_by_role("tab", name="Verify"))
    clicks.press(verification(page).get_by_role("button", name="Verify"))
    verification(page).get_by_text("solution.py gets").wait_for(timeout=MINUTES)
    assert violations() == []

    clicks.edit(page, "solution.py", SOLUTION)
    clicks.press(verification(page).get_by_role("button", name="Verify"))
    clicks.press(page.get_by_role("button", name="Write down what the wrong answers get"), timeout=MINUTES)
    clicks.press(page.get_by_role("button", name="Publish version"), timeout=MINUTES)
    expect(page.get_by_text("is published. No grade has changed.")).to_be_visible()
    clicks.press(page.get_by_role("link", name="Assign it"))
    clicks.press(page.get_by_role("button", name="Create the assignment"))
    expect(page.get_by_text(f"{TITLE} is set.")).to_be_visible()

    student = in_another_browser(system, "student1")
    clicks.press(student.get_by_role("link", name=TITLE))
    clicks.write(student, WRONG)
    clicks.press(student.get_by_role("button", name="Submit"))
    results = student.get_by_role("region", name="Result")
    results.get_by_role("heading", name="of 5 checks failed").wait_for(timeout=A_MINUTE)
    clicks.write(student, SOLUTION)
    clicks.press(student.get_by_role("button", name="Submit"))
    results.get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)

    assert len(clicks.edited) == 3
    assert clicks.count <= MOST_CLICKS, clicks.count
