import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.checks.compare import compare, is_close, rounded
from grader.checks.failures import Mismatch
from grader.checks.show import show_type
from grader.harness.wire.values import Other
from grader.packages.cases import Floats
from grader.packages.manifest import Tolerance
from tests.support.reports import double, failure_of

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6)


def message(got, expected):
    failure = failure_of(compare, got, expected, Tolerance())
    assert isinstance(failure, Mismatch)
    return failure.message


@given(NUMBERS)
def test_a_tensor_agrees_with_itself(numbers):
    compare(double(*numbers), double(*numbers), Tolerance())


@given(NUMBERS, st.sampled_from([math.nan, math.inf, -math.inf]))
def test_nan_and_infinity_never_agree_with_numbers(numbers, bad):
    got = double(*numbers)
    got[0] = bad

    assert not is_close(got, double(*numbers), Tolerance())


@given(st.floats(1e-30, 1e-3))
def test_zeros_do_not_pass_for_small_gradients(size):
    expected = size * double(1.0, 2.0, 3.0)

    assert not is_close(torch.zeros(3, dtype=torch.float64), expected, Tolerance())


def test_an_error_within_the_tolerance_agrees():
    assert is_close(double(1.0 + 5e-7), double(1.0), Tolerance(rtol=1e-6))
    assert not is_close(double(1.0 + 5e-6), double(1.0), Tolerance(rtol=1e-6))


def test_zeros_must_match_up_to_rounding():
    assert is_close(double(1e-13, 0.0), double(0.0, 0.0), Tolerance())
    assert not is_close(double(1e-6, 0.0), double(0.0, 0.0), Tolerance())


def test_infinity_matches_only_itself():
    assert is_close(double(math.inf), double(math.inf), Tolerance())
    assert not is_close(double(1e308), double(math.inf), Tolerance())


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (None, double(1.0), "no_gradient"),
        (1.0, double(1.0), "wrong_type"),
        ([1.0], double(1.0), "wrong_type"),
        (double(1.0, 1.0), double(1.0), "wrong_shape"),
        (double(1.0)[0], double(1.0), "wrong_shape"),
        (torch.tensor([]), double(1.0), "wrong_shape"),
        (double(1.0).float(), double(1.0), "wrong_dtype"),
        (torch.tensor([1]), double(1.0), "wrong_dtype"),
        (double(math.nan), double(1.0), "not_finite"),
        (double(2.0), double(1.0), "differs"),
        ([double(2.0)], (double(1.0),), "differs"),
        ([1.0], Floats((1.0, 1.0)), "wrong_length"),
        ((double(1.0),), (double(1.0), double(2.0)), "wrong_length"),
        ({"b": 1}, {"a": 1}, "wrong_keys"),
        (True, 1.0, "wrong_type"),
        ("yes", 1.0, "wrong_type"),
        (10**400, 1.0, "not_finite"),
        ("no", "yes", "differs_plain"),
        (1, True, "differs_plain"),
        ([1.0, True], Floats((1.0, 1.0)), "wrong_type"),
        (double(1.0)[0], Floats((1.0, 1.0)), "wrong_type"),
        (torch.ones(1, 2), Floats((1.0, 1.0)), "wrong_type"),
        (double(1.0, 2.0), Floats((1.0, 3.0)), "differs"),
    ],
)
def test_every_kind_of_difference_has_its_message(got, expected, says):
    assert message(got, expected) == says


def test_floats_can_be_a_tensor_or_integers():
    compare(double(1.0, 2.0).float(), Floats((1.0, 2.0)), Tolerance())
    compare([1, 2.0], Floats((1.0, 2.0)), Tolerance())


def test_the_worst_entry_is_reported():
    failure = failure_of(
        compare, {"w": double([0.0, 5.0], [0.0, 0.0])}, {"w": double([0.0, 1.0], [0.0, 0.5])}, Tolerance()
    )

    assert failure.data == {
        "where": "Entry [0, 1] of `w`", "got": "5", "expected": "1", "others": "; 2 of 4 numbers differ, by up to 4",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("got", "expected", "described"),
    [
        ((1, 1.0), (1, (1.0,)), ("wrong_type", "The second part of the result", "a float", "a tuple of 1")),
        ((1, [1.0]), (1, {"a": 1.0}), ("wrong_type", "The second part of the result", "a list of 1", "a dict")),
        (((1,), 2), ((1, 2), 2), ("wrong_length", "The first part of the result", 1, 2)),
        ([{"b": 1, "c": 2}], [{"a": 1, "d": 2}], ("wrong_keys", "The first part of the result", "b, c", "a, d")),
        ([{}], [{"a": 1}], ("wrong_keys", "The first part of the result", "none", "a")),
        ([{"b" * 300: 1}], [{"a": 1}], ("wrong_keys", "The first part of the result", "b" * 200, "a")),
        ([double(1.0).float()], [double(1.0)], ("wrong_dtype", "The first part of the result", "float32", "float64")),
        (["b"], ["a"], ("differs_plain", "The first part of the result", "'b'", "'a'")),
        (["b"], [Floats((1.0,))], ("wrong_type", "The first part of the result", "a str", show_type(Floats((1.0,))))),
        ({"w": double(2.0)}, {"w": double(1.0)}, ("differs", "`w`", "2", "1")),
        ({"w": [2.0]}, {"w": (1.0,)}, ("differs", "The first part of `w`", "2", "1")),
        ([None], [double(1.0)], ("no_gradient", "The first part of the result", "None", "a tensor")),
        ([2.0], [double(1.0)], ("wrong_type", "The first part of the result", "a float", "a tensor")),
        (["2"], [1.0], ("wrong_type", "The first part of the result", "a str", "a float")),
        ([2.0], [1.0], ("differs", "The first part of the result", "2", "1")),
        ([double(1.0, 1.0)], [double(1.0)], ("wrong_shape", "The first part of the result", "(2,)", "(1,)")),
        ([double(math.inf)], [double(1.0)], ("not_finite", "The first part of the result", "(1,)", "(1,)")),
    ],
)
def test_a_mismatch_has_the_place_and_the_whole_answers(got, expected, described):
    failure = failure_of(compare, got, expected, Tolerance())

    assert (failure.message, *(failure.data[key] for key in ("where", "got", "expected"))) == described
    assert failure.got is got
    assert failure.expected is expected


def test_a_mismatch_has_a_hint_if_it_has_a_diagnosis():
    missing = failure_of(compare, None, double(1.0), Tolerance())
    different = failure_of(compare, double(2.0), double(1.0), Tolerance())

    assert (missing.diagnosis, missing.hint, str(missing)) == ("no_gradient", "no_gradient.hint", "no_gradient")
    assert (different.diagnosis, different.hint) == (None, None)
    for got in (double(1.0).float(), double(1.0, 1.0), double(math.nan)):
        failure = failure_of(compare, got, double(1.0), Tolerance())
        assert (failure.diagnosis, failure.hint) == (failure.message, f"{failure.message}.hint")
    assert (different.part, different.whole) == (None, None)


def test_only_entries_that_differ_are_counted_and_compared():
    failure = failure_of(compare, double(1.0, 2.1, 3.0, 4.0), double(1.0, 2.0, 3.0, 4.0), Tolerance())

    assert failure.data["others"] == "; 1 of 4 numbers differ, by up to 0.1"


@pytest.mark.parametrize(("got", "expected"), [(1.79368, 1.7937), (0.1 + 0.2, 0.3), (1e-3, 1.0000001e-3)])
def test_no_two_numbers_look_equal_if_they_differ(got, expected):
    failure = failure_of(compare, double(got, 1.0), double(expected, 1.0), Tolerance(rtol=1e-18, atol=1e-18))

    assert failure.data["got"] != failure.data["expected"]
    assert float(failure.data["got"]) == pytest.approx(got, rel=1e-4)


@pytest.mark.parametrize(
    ("got", "expected", "hint"),
    [
        ((double(1.0),), double(1.0), "hint.take_out"),
        ([double(1.0), double(2.0)], double(1.0, 2.0), "hint.stack"),
        (1.0, double(1.0), "hint.number_for_tensor"),
        (Other("ndarray"), double(1.0), "hint.from_numpy"),
        ([double(1.0)[0], double(2.0)[0]], Floats((1.0, 2.0)), "hint.item"),
        (double(1.0, 2.0), (double(1.0), double(2.0)), "hint.separate"),
        ("text", double(1.0), "wrong_type.hint"),
    ],
)
def test_a_wrong_type_comes_with_what_to_do(got, expected, hint):
    failure = failure_of(compare, got, expected, Tolerance())

    assert (failure.message, failure.hint) == ("wrong_type", hint)


def test_a_number_is_compared_with_the_given_tolerance():
    compare(1.05, 1.0, Tolerance(rtol=0.1))

    assert message(1.05, 1.0) == "differs"


def test_rounding_goes_through_containers_and_changes_only_float64():
    third, single = double(1.0) / 3, torch.ones(1)

    value = rounded({"w": [third, (third, 2)], "single": single, "name": "adam"})

    assert value["w"][0].dtype == torch.float64
    assert value["w"][0].item() == third.float().item() != third.item()
    assert type(value["w"][1]) is tuple
    assert torch.equal(value["w"][1][0], value["w"][0])
    assert (value["w"][1][1], value["single"], value["name"]) == (2, single, "adam")
