import pytest
import torch
from torch.func import grad, jacfwd, jvp, vmap

from grader.authoring import Function, build, generator, normal
from grader.harness.child.functions import formula

ELEMENTWISE = ["identity", "square", "cube", "sine", "exp", "tanh", "exp_of_square", "softplus"]
SCALAR = ["sum_of_squares", "sum_of_sines", "log_sum_exp", "coupled_quartic"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_functions_work_with_torch_func_and_0_dim_tensors(name):
    f, x = build(Function(name)), normal(generator(1), 3)

    slopes = vmap(grad(f))(x)

    torch.testing.assert_close(slopes, jacfwd(f)(x).diagonal())
    torch.testing.assert_close(jvp(f, (x,), (torch.ones_like(x),))[1], slopes)
    assert f(x[0]).shape == ()


@pytest.mark.parametrize("name", SCALAR)
def test_scalar_functions_take_vectors_and_0_dim_tensors(name):
    f = build(Function(name))

    assert f(normal(generator(1), 4)).shape == f(normal(generator(1))).shape == ()


def test_the_name_does_not_show_which_function_it_is():
    assert build(Function("sine")).__name__ == build(Function("exp")).__name__ == "f"


def test_a_formula_shows_its_parameters():
    assert formula(Function("damped_wave", {"frequency": 2.0, "width": 3.0})) == "exp(-x²/3.0) · sin(2.0 x)"


def test_a_program_computes_step_by_step():
    steps = [["square", 0], ["mul", 1, 2], ["double", 3]]
    f = build(Function("program", {"steps": steps, "text": "2 x² y"}))

    assert f(torch.tensor(3.0), torch.tensor(5.0)) == 90


def test_functions_of_two_inputs_compute_their_formula():
    x, y = torch.tensor(2.0), torch.tensor(3.0)

    assert build(Function("squares_and_cubes"))(x, y) == 4 + 27
    torch.testing.assert_close(build(Function("product_plus_sine"))(x, y), 6 + torch.sin(x))
