import pytest

from grader.checks.source_facts import SourceFacts
from grader.packages.cases import Floats
from grader.sandboxes.base import LearnerError, Observation
from tests.support.reports import double, failure_of, make_trial


def raised(text, line=3):
    kind, _, message = text.partition(": ")
    return make_trial(observation=Observation(error=LearnerError(type=kind, message=message, line=line)))


def test_a_right_answer_passes():
    make_trial(double(1.0), double(1.0)).agrees()


def test_an_exception_is_reported_with_its_line():
    failure = failure_of(raised("ValueError: no").agrees)

    assert (failure.message, failure.data["error"], failure.data["line"]) == ("raised_at", "ValueError: no", 3)


def test_a_long_exception_is_cut():
    error = LearnerError(type="ValueError", message="x" * 600, line=3, traceback="t" * 5000)
    long = failure_of(make_trial(observation=Observation(error=error)).agrees)
    silent = failure_of(make_trial(observation=Observation(error=LearnerError(type="KeyError", message=""))).agrees)

    assert (len(long.data["error"]), long.data["traceback"]) == (500, "t" * 4000)
    assert silent.data["error"] == "KeyError"


def test_an_exception_outside_the_learners_code_has_no_line():
    assert failure_of(raised("ValueError: no", line=None).agrees).message == "raised"


def test_an_exception_comes_with_a_hint():
    failure = failure_of(raised("RuntimeError: Trying to backward through the graph a second time").agrees)

    assert failure.hint == "hint.second_backward"


def test_none_is_not_an_answer():
    failure = failure_of(make_trial(None, double(1.0)).returned)

    assert (failure.message, failure.hint) == ("returned_none", "hint.returned_none")


def test_returned_uses_the_value_of_a_backward_probe():
    nothing = make_trial({"value": None, "gradients": [double(1.0)]}, probe="backward")
    something = make_trial({"value": double(1.0), "gradients": [None]}, probe="backward")

    assert failure_of(nothing.returned).message == "returned_none"
    assert something.returned() == {"value": double(1.0), "gradients": [None]}


def test_only_a_mismatch_of_a_part_has_the_whole():
    trial = make_trial((double(9.0), 1), (double(1.0), 1))

    assert failure_of(trial.agrees).whole is None
    assert failure_of(lambda: trial.agrees(part=0)).whole == (trial.value, trial.truth)


def test_a_call_without_an_answer_has_its_reason():
    assert failure_of(make_trial(observation=None).agrees).message == "not_run"


def test_right_numbers_with_a_modified_input_fail():
    observation = Observation(value=double(1.0), modified=(1,))
    failure = failure_of(make_trial(truth=double(1.0), observation=observation, argument_names=("f", "x")).agrees)

    assert (failure.message, failure.data, failure.diagnosis) == ("input_modified", {"name": "x"}, "input_modified")
    assert failure.hint == "input_modified.hint"


def test_a_mutable_argument_can_change():
    observation = Observation(value=double(1.0), modified=(1,))

    make_trial(truth=double(1.0), observation=observation, mutable=(1,)).agrees()


def test_a_part_is_compared_alone():
    trial = make_trial({"a": double(1.0), "b": "rubbish"}, {"a": double(1.0), "b": double(2.0)})

    trial.agrees(part="a")
    assert failure_of(lambda: trial.agrees(part="b")).message == "wrong_type"


def test_a_missing_part_is_named():
    trial = make_trial({"a": double(1.0)}, {"a": double(1.0), "b": double(2.0)})

    failure = failure_of(lambda: trial.agrees(part="b"))

    assert failure.message == "wrong_keys"
    assert failure.data == {"where": "The result", "got": "a", "expected": "a, b"}


def test_an_empty_dict_has_no_keys_to_show():
    trial = make_trial({}, {"a": double(1.0)})

    assert failure_of(lambda: trial.agrees(part="a")).data["got"] == "none"


def test_a_long_list_of_keys_is_cut():
    trial = make_trial({f"key{i}": 1 for i in range(100)}, {"a": double(1.0)})

    assert len(failure_of(lambda: trial.agrees(part="a")).data["got"]) == 200


def test_a_part_of_a_longer_tuple_has_a_wrong_length():
    trial = make_trial((double(1.0), double(2.0)), (double(1.0),))

    assert failure_of(lambda: trial.agrees(part=0)).message == "wrong_length"


def test_a_part_of_another_type_has_a_wrong_type():
    assert failure_of(lambda: make_trial([1], (double(1.0),)).agrees(part=0)).message == "wrong_type"


def test_a_list_is_as_good_as_a_tuple():
    make_trial([double(1.0), double(2.0)], (double(1.0), double(2.0))).agrees(part=1)
    make_trial((double(1.0), double(2.0)), [double(1.0), double(2.0)]).agrees()


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("def slope(x):\n    x.backward()\n", "hint.return"),
        ("def slope(x):\n    return x.backward()\n", "hint.returns_nothing"),
        ("def slope(x):\n    y = x * 2\n    return y.grad\n", "hint.return_of_grad"),
        ("def slope(x):\n    # return\n    y = 'return'\n", "hint.return"),
        ("slope = lambda x: None\n", "hint.returned_none"),
    ],
)
def test_a_missing_return_is_suspected_only_if_there_is_none(source, hint):
    failure = failure_of(make_trial(None, double(1.0), facts=SourceFacts(source)).agrees)

    assert (failure.message, failure.hint) == ("returned_none", hint)


def test_a_requirement_names_its_hint():
    failure = failure_of(lambda: make_trial().require(False, "not_leaf"))

    assert (failure.message, failure.hint) == ("not_leaf", "not_leaf.hint")


def test_a_wrong_part_is_named_by_its_place():
    trial = make_trial((double(1.0), double(1.0)), (double(1.0), double(2.0)))
    named = failure_of(lambda: trial.agrees(part=1, what="the second derivative"))

    assert failure_of(lambda: trial.agrees(part=1)).data["where"] == "The second part of the result"
    assert (named.data["where"], named.name) == ("The second derivative", "the second derivative")


def test_the_parts_of_a_list_can_have_names():
    trial = make_trial([double(1.0, 1.0), double(1.0)], [double(1.0, 2.0), double(1.0)])

    assert failure_of(lambda: trial.agrees(what=("one", "two"))).data["where"] == "Entry [1] of one"


def test_a_point_of_a_walk_is_named_by_its_step():
    trial = make_trial({"step 1": double(1.0, 1.0)}, {"step 1": double(1.0, 2.0)}, probe="walk")

    assert failure_of(trial.agrees).data["where"] == "Entry [1] of the point after step 1"


def test_the_gradients_of_an_expression_are_named_by_its_leaves():
    value, truth = {"gradients": [1.0, 5.0]}, {"gradients": Floats((1.0, 2.0))}
    trial = make_trial(value, truth, probe="expression", args=(3.0, 4.0))

    assert failure_of(lambda: trial.agrees(part="gradients")).data["where"] == "The gradient for `b`"


def test_a_gradient_is_named_by_its_argument():
    tracked = double(1.0).requires_grad_()
    trial = make_trial(
        {"value": double(1.0), "gradients": [None]},
        {"value": double(1.0), "gradients": [double(2.0)]},
        args=(double(1.0), tracked),
        argument_names=("x", "y"),
        probe="backward",
    )

    assert failure_of(lambda: trial.agrees(part="gradients")).data["where"] == "The gradient for `y`"


def test_backward_from_none_is_returned_none():
    trial = make_trial({"value": None, "gradients": [None]}, probe="backward")

    assert failure_of(trial.returned).message == "returned_none"


def test_single_precision_passes_if_the_check_allows_it():
    rounded = {"a": double(0.1).float(), "b": [double(0.3).float()]}
    trial = make_trial(rounded, {"a": double(0.1), "b": [double(0.3)]})

    trial.agrees(single=True)
    assert failure_of(trial.agrees).message == "wrong_dtype"


def test_near_misses_are_computed_once():
    calls = []
    trial = make_trial(compute_near_misses=lambda case: calls.append(case) or [])

    assert [*trial.near_misses, *trial.near_misses] == []
    assert len(calls) == 1


def test_a_part_of_a_wrong_structure_fails_like_the_whole():
    listed = make_trial([double(1.0)], {"a": double(1.0)})
    several = make_trial({"b": 1, "c": 2}, {"a": double(1.0)})
    short = make_trial((double(1.0),), (double(1.0), double(2.0)))

    assert failure_of(lambda: listed.agrees(part="a")).message == "wrong_type"
    assert failure_of(lambda: several.agrees(part="a")).data["got"] == "b, c"
    assert failure_of(lambda: short.agrees(part=0)).message == "wrong_length"


def test_a_part_of_a_tuple_is_compared_by_position():
    trial = make_trial((double(1.0), double(9.0)), (double(1.0), double(2.0)))

    trial.agrees(part=0)
    assert failure_of(lambda: trial.agrees(part=1)).data["where"] == "The second part of the result"


def test_an_entry_of_a_gradient_is_named_by_its_argument():
    tracked = double(1.0, 2.0).requires_grad_()
    value = {"value": [double(1.0)], "gradients": [double(1.0, 7.0)]}
    truth = {"value": [double(4.0)], "gradients": [double(1.0, 2.0)]}
    trial = make_trial(value, truth, probe="backward", args=(tracked,), argument_names=("weights",))
    nameless = make_trial(value, truth, probe="backward", args=(tracked,))

    assert failure_of(lambda: trial.agrees(part="gradients")).data["where"] == "Entry [1] of the gradient for `weights`"
    assert (
        failure_of(lambda: nameless.agrees(part="gradients")).data["where"] == "Entry [1] of the gradient for the input"
    )
    assert failure_of(lambda: trial.agrees(part="value")).data["where"] == "The first part of the value"
