import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.authoring import Function, NearMiss, build, generator, normal
from grader.checks.diagnosis import diagnose, explain
from grader.checks.failed_trial import FailedTrial
from grader.checks.source_facts import SourceFacts
from tests.support.reports import double

MATRIX = normal(generator(1), 3, 4)
SQUARE = normal(generator(2), 4, 4)
VECTOR = normal(generator(3), 5)


def named(got, expected, **rest):
    diagnosis = diagnose([FailedTrial(got=got, expected=expected, **rest)])
    return diagnosis.id if diagnosis else None


@pytest.mark.parametrize(
    ("got", "expected", "diagnosis"),
    [
        (-MATRIX, MATRIX, "sign_flipped"),
        (2 * MATRIX, MATRIX, "accumulated"),
        (5 * MATRIX, MATRIX, "accumulated"),
        (VECTOR.cumsum(0), VECTOR, "accumulated"),
        (0.3 * MATRIX, MATRIX, "scaled"),
        (-2.5 * MATRIX, MATRIX, "scaled"),
        (SQUARE.T, SQUARE, "transposed"),
        (MATRIX.T, MATRIX, "transposed"),
        (0 * MATRIX, MATRIX, "zero_gradient"),
        (MATRIX.sum(0), MATRIX, "summed_over_batch"),
        (MATRIX.sum(1), MATRIX, "summed_over_batch"),
        (MATRIX.sum(), MATRIX, "summed_over_batch"),
        (MATRIX.reshape(-1), MATRIX, "other_shape"),
        (MATRIX[:, :1], MATRIX[:, 0], "other_shape"),
        (MATRIX.mean(0), MATRIX, "averaged"),
        (MATRIX.mean(1, keepdim=True).expand(3, 4).clone(), MATRIX, "averaged"),
        (MATRIX.half().double(), MATRIX, "half_precision"),
        (MATRIX.bfloat16().double(), MATRIX, "half_precision"),
        (MATRIX.round(decimals=3), MATRIX, "rounded_off"),
        (torch.cat([0 * MATRIX[:1], MATRIX[:-1]]), MATRIX, "one_late"),
        (torch.cat([MATRIX[1:], MATRIX[:1] + 3]), MATRIX, "one_early"),
        ({"a": VECTOR, "b": MATRIX}, {"a": MATRIX, "b": VECTOR}, "names_swapped"),
        (1.0001 * double(3.0)[0], double(3.0)[0], "nearly_right"),
        (MATRIX.sum(0, keepdim=True).expand(3, 4).clone(), MATRIX, "broadcast"),
        (MATRIX.float().double(), MATRIX, "low_precision"),
        (MATRIX.float(), MATRIX, "low_precision"),
        (MATRIX * (1 + 1e-4 * normal(generator(4), 3, 4)), MATRIX, "nearly_right"),
        (MATRIX * (1 + 5e-5), MATRIX, "nearly_right"),
        (MATRIX * (1 + 3e-8 * normal(generator(4), 3, 4)), MATRIX, "nearly_right"),
        (VECTOR.flip(0), VECTOR, "wrong_order"),
        (double(1.0, 2.0, 3.0, 2.0), double(2.0, 1.0, 2.0, 3.0), "wrong_order"),
        (double(0.0, 1.0, 0.0), double(1.0, 0.0, 0.0), None),
        ((MATRIX[1], MATRIX[0]), (MATRIX[0], MATRIX[1]), "wrong_order"),
        (VECTOR[:3].flip(0), VECTOR[:3], "wrong_order"),
        (double(3.0, 3.0, 2.0, 1.0, 1.0, 1.0), double(1.0, 1.0, 1.0, 2.0, 3.0, 3.0), None),
        (1e-4 * VECTOR.flip(0), 1e-4 * VECTOR, "wrong_order"),
        (1e4 * double(1.0, 2.0, 3.0, 2.0), 1e4 * double(2.0, 1.0, 2.0, 3.0), "wrong_order"),
        ([MATRIX[1], MATRIX[0]], (MATRIX[0], MATRIX[1]), "wrong_order"),
        ((MATRIX[0], MATRIX[0]), (MATRIX[0], MATRIX[1]), None),
        ((VECTOR.float(), MATRIX), (VECTOR, MATRIX), "low_precision"),
        ((VECTOR.float(), MATRIX + 1), (VECTOR, MATRIX), None),
        ((VECTOR.float(), 3), (VECTOR, 3), None),
        (MATRIX.float() + 1, MATRIX, None),
        (double([3.0, 5.0], [3.0, 5.0]), double([1.0, 2.0], [2.0, 3.0]), "broadcast"),
        (MATRIX[:1] + 0 * MATRIX, MATRIX, None),
        (100 * MATRIX + 1e-2 * normal(generator(4), 3, 4), 100 * MATRIX, "nearly_right"),
        (MATRIX + 1, MATRIX, None),
        (normal(generator(5), 3, 4), MATRIX, None),
        ((-MATRIX, 2 * MATRIX), (MATRIX, MATRIX), None),
        ("text", MATRIX, None),
        (double(2.0), double(1.0), None),
    ],
)
def test_a_wrong_gradient_is_diagnosed(got, expected, diagnosis):
    assert named(got, expected) == diagnosis


def test_a_count_explains_a_factor_better_than_a_number():
    assert named(MATRIX / 12, MATRIX, args=(MATRIX,)) == "mean_for_sum"
    assert named(3 * MATRIX, MATRIX, args=(MATRIX,)) == "sum_for_mean"


@pytest.mark.parametrize(
    ("got", "args", "diagnosis", "data"),
    [
        (MATRIX / 12, (MATRIX,), "mean_for_sum", {"count": 12}),
        (3 * MATRIX, (MATRIX,), "sum_for_mean", {"count": 3}),
        (2 * MATRIX, (), "accumulated", {"factor": 2}),
        (999 * MATRIX, (), "accumulated", {"factor": 999}),
        (0.25 * MATRIX, (), "scaled", {"factor": pytest.approx(0.25)}),
    ],
)
def test_a_diagnosed_factor_has_its_size(got, args, diagnosis, data):
    found = diagnose([FailedTrial(got=got, expected=MATRIX, args=args)])

    assert (found.id, found.data) == (diagnosis, data)


@pytest.mark.parametrize("rows", [2, 5])
def test_gradients_that_grow_from_row_to_row_were_never_zeroed(rows):
    found = diagnose([FailedTrial(got=VECTOR[:rows].cumsum(0), expected=VECTOR[:rows])])

    assert (found.id, found.data) == ("accumulated", {"factor": "growing from row to row"})


@pytest.mark.parametrize("factor", [1001, 1500.5, -1001, 1 / 21])
def test_an_extreme_factor_is_not_reported(factor):
    assert named(factor * MATRIX, MATRIX) is None


@pytest.mark.parametrize(("factor", "diagnosis"), [(-1.0005, "scaled"), (2.0005, "scaled"), (1.0005, None)])
def test_a_factor_near_one_is_not_reported(factor, diagnosis):
    # Single numbers, because other hypotheses fit only tensors.
    failed = [FailedTrial(got=factor * double(x), expected=double(x)) for x in (2.0, 5.0)]
    found = diagnose(failed)

    assert (found and found.id) in (diagnosis, "nearly_right" if diagnosis is None else diagnosis)


def test_cases_of_different_sizes_distinguish_counts_from_multiples():
    two = [FailedTrial(got=2 * x, expected=x, args=(x,)) for x in (MATRIX[:2], MATRIX[1:])]
    one = [FailedTrial(got=2 * MATRIX[:2], expected=MATRIX[:2], args=(MATRIX[:2],))]
    many = [FailedTrial(got=len(x) * x, expected=x, args=(x,)) for x in (MATRIX[:2], MATRIX)]

    assert [diagnose(failed).id for failed in (two, one, many)] == ["accumulated", "accumulated", "sum_for_mean"]


def test_a_count_must_occur_in_every_trial():
    failed = [FailedTrial(got=3 * MATRIX, expected=MATRIX, args=args) for args in ((MATRIX,), ())]

    assert diagnose(failed).id == "accumulated"


def test_rounding_is_found_after_a_multiplication_by_an_argument():
    assert named(0.7 * MATRIX.float().double(), 0.7 * MATRIX, args=(MATRIX, 0.7)) == "low_precision"


def test_rounded_inputs_are_not_a_numerical_derivative():
    rounded = MATRIX.float().double() ** 2

    assert named(rounded, MATRIX**2, rounded=lambda: [MATRIX, rounded]) == "low_precision"


def test_swapped_parts_are_found_in_the_whole_answer():
    swapped, right = (-VECTOR, MATRIX), (MATRIX, -VECTOR)
    miss = NearMiss(diagnosis="stale", value=-VECTOR)

    assert named(-VECTOR, MATRIX, whole=(swapped, right), near_misses=[miss]) == "wrong_order"
    assert named(-VECTOR, MATRIX, whole=((-VECTOR, -VECTOR), right), near_misses=[miss]) == "stale"
    assert named(MATRIX.float(), MATRIX, whole=((MATRIX.float(), VECTOR), right)) == "low_precision"


def test_a_near_miss_that_is_right_explains_nothing():
    miss = NearMiss(diagnosis="stale", value=MATRIX)

    assert named(MATRIX.float(), MATRIX, near_misses=[miss]) == "low_precision"


def test_a_factor_must_be_the_same_in_every_trial():
    failed = [FailedTrial(got=2.5 * MATRIX, expected=MATRIX), FailedTrial(got=3.5 * VECTOR, expected=VECTOR)]

    assert diagnose(failed) is None


def test_one_odd_factor_is_not_enough():
    odd = [FailedTrial(got=0.6886123 * expected, expected=expected) for expected in (MATRIX, VECTOR)]

    assert diagnose(odd[:1]) is None
    assert diagnose(odd).id == "scaled"


def test_two_single_numbers_are_enough_for_a_factor():
    failed = [FailedTrial(got=double(x) * 0.3, expected=double(x)) for x in (1.0, 2.0, 5.0)]

    assert diagnose(failed).id == "scaled"
    assert diagnose(failed[:2]).id == "scaled"
    assert diagnose(failed[:1]) is None


def test_the_value_of_f_is_recognised():
    sine, x = Function("sine"), VECTOR

    assert named(torch.sin(x), torch.cos(x), args=(sine, x)) == "value_not_gradient"
    assert named(build(sine)(x).sum(), torch.cos(x), args=(sine, x)) is None


def test_a_function_of_one_point_is_no_value_of_many():
    points = double([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    form = Function("quadratic_form", {"matrix": double([2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0])})

    assert named(points + 1, points, args=(form, points)) is None


def test_a_near_miss_of_the_exercise_comes_first():
    miss = NearMiss(diagnosis="detached_path", value=2 * MATRIX, data={"path": "the target"})

    diagnosis = diagnose([FailedTrial(got=2 * MATRIX, expected=MATRIX, near_misses=[miss])])

    assert (diagnosis.id, diagnosis.data) == ("detached_path", {"path": "the target"})


def test_equal_near_misses_are_not_reported():
    misses = [NearMiss(diagnosis=name, value=MATRIX + 1) for name in ("stale", "detached_path")]

    assert named(MATRIX + 1, MATRIX, near_misses=misses) is None


def test_a_near_miss_must_fit_every_trial():
    miss = NearMiss(diagnosis="stale", value=MATRIX + 1)
    failed = [
        FailedTrial(got=MATRIX + 1, expected=MATRIX, near_misses=[miss]),
        FailedTrial(got=VECTOR + 1, expected=VECTOR),
    ]

    assert diagnose(failed) is None


def test_only_the_wrong_parts_are_explained():
    assert named((MATRIX, -VECTOR), (MATRIX, VECTOR)) == "sign_flipped"


def test_values_that_are_no_gradients_are_not_called_gradients():
    failed = [FailedTrial(got=2 * MATRIX, expected=MATRIX)]

    assert diagnose(failed, gradient=False) is None


@given(st.integers(0, 10_000))
def test_noise_is_never_explained(seed):
    rng = generator(seed)

    assert named(normal(rng, 3, 4), normal(rng, 3, 4)) is None


NUMERICAL = SourceFacts("def slope(f, x):\n    h = 1e-5\n    return (f(x + h) - f(x)) / h\n")
TRACKED = SourceFacts("def slope(f, x):\n    h = 1e-5\n    f(x).backward()\n    return x.grad / 1.00001\n")


@pytest.mark.parametrize(
    ("facts", "torch", "diagnosis"),
    [(NUMERICAL, True, "finite_differences"), (TRACKED, True, "nearly_right"), (NUMERICAL, False, "nearly_right")],
)
def test_a_numerical_derivative_is_named_if_the_source_has_one(facts, torch, diagnosis):
    failed = [FailedTrial(got=MATRIX * (1 + 1e-5 * SQUARE[:3]), expected=MATRIX)]

    assert diagnose(failed, facts=facts, torch=torch).id == diagnosis


def test_a_factor_on_a_near_miss_is_a_second_mistake():
    miss = NearMiss(diagnosis="stale", value=MATRIX + 1)

    found = diagnose([FailedTrial(got=3 * (MATRIX + 1), expected=MATRIX, near_misses=[miss])])

    assert (found.id, found.data["other"], found.data["factor"]) == ("combined", "stale", pytest.approx(3))


@pytest.mark.parametrize(("secret", "name"), [(True, "stale"), (False, None)])
def test_a_near_miss_of_some_trials_needs_random_numbers(secret, name):
    miss = NearMiss(diagnosis="stale", value=MATRIX + 1)
    failed = [
        FailedTrial(got=VECTOR + 1, expected=VECTOR),
        FailedTrial(got=MATRIX + 1, expected=MATRIX, near_misses=[miss], secret=secret),
    ]

    found = explain(failed)

    assert (found and (found.diagnosis.id, found.trial)) == (name and (name, 1))
