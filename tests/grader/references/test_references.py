import pytest
import torch

from grader.authoring import Function, build, generator, normal
from grader.references import autograd, datasets, finite, optimizers
from tests.support.reports import double

X = normal(generator(1), 4)


@pytest.mark.parametrize("name", ["sine", "exp", "tanh", "cube", "exp_of_square", "softplus", "softmax"])
def test_autograd_and_differences_agree(name):
    f = build(Function(name))

    torch.testing.assert_close(autograd.gradient(f, X), finite.gradient(f, X), rtol=1e-8, atol=1e-9)
    torch.testing.assert_close(autograd.jacobian(f, X), finite.jacobian(f, X), rtol=1e-8, atol=1e-9)


def test_the_gradient_of_a_constant_is_zero():
    assert torch.equal(autograd.gradient(lambda x: torch.ones(3).double(), X), torch.zeros_like(X))


def test_a_vector_jacobian_product_is_the_jacobian_times_the_vector():
    f, v = build(Function("softmax")), normal(generator(2), 4)

    torch.testing.assert_close(autograd.vjp(f, X, v), v @ autograd.jacobian(f, X))


def test_vanishing_derivatives_are_zeros():
    first, second, third = autograd.derivatives(build(Function("square")), X, 3)

    torch.testing.assert_close(first, 2 * X)
    torch.testing.assert_close(second, torch.full_like(X, 2.0))
    torch.testing.assert_close(third, torch.zeros_like(X))


RULES = {
    "sgd": (lambda p, g, s: optimizers.sgd_step(p, g, s, 0.05), lambda ps: torch.optim.SGD(ps, lr=0.05)),
    "momentum": (
        lambda p, g, s: optimizers.sgd_step(p, g, s, 0.05, 0.9),
        lambda ps: torch.optim.SGD(ps, lr=0.05, momentum=0.9),
    ),
    "rmsprop": (lambda p, g, s: optimizers.rmsprop_step(p, g, s, 0.05), lambda ps: torch.optim.RMSprop(ps, lr=0.05)),
    "adam": (lambda p, g, s: optimizers.adam_step(p, g, s, 0.05), lambda ps: torch.optim.Adam(ps, lr=0.05)),
}


@pytest.mark.parametrize("name", RULES)
def test_the_formulas_take_the_steps_of_torch(name):
    rule, optimizer = RULES[name]
    f = build(Function("quadratic_bowl", {"curvature": double(1.0, 8.0), "centre": double(0.5, -1.0)}))
    start = double(2.0, 2.0)

    ours = optimizers.trajectory(f, start, 30, rule)

    torch.testing.assert_close(ours, optimizers.optim_trajectory(f, start, 30, optimizer), rtol=1e-10, atol=1e-12)


def test_the_data_sets_have_their_known_sizes():
    (flowers, species), (images, digits) = datasets.iris(), datasets.digits()

    assert (flowers.shape, species.unique().tolist()) == ((150, 4), [0, 1, 2])
    assert (images.shape, digits.unique().tolist()) == ((1797, 64), list(range(10)))
