import torch

from grader.harness.child.probes import NOT_A_PAIR, NOT_CALLABLE, PROBES
from tests.support.reports import double


def walk(step, *more, args=None):
    return PROBES["walk"](step, args or [double(1.0), double(2.0), {}, 0.5], {"more": list(more)})


def test_a_walk_passes_point_and_state_to_the_next_step():
    def step(p, g, state, lr):
        count = state.get("count", 0) + 1
        return p - lr * g * count, {"count": count}

    assert {name: point.tolist() for name, point in walk(step, double(2.0)).items()} == {"step 1": [0], "step 2": [-2]}


def test_a_walk_keeps_points_that_change_later():
    points = walk(lambda p, g, state, lr: (p.sub_(lr * g), state), double(2.0))

    assert [point.item() for point in points.values()] == [0, -1]


def test_a_walk_gives_each_step_a_plain_point():
    def step(p, g, state, lr):
        return torch.optim.SGD([q := p.clone().requires_grad_()], lr=lr) and q, state

    assert [point.item() for point in walk(step, double(2.0)).values()] == [1, 1]


def test_a_walk_reports_arguments_that_a_later_step_changed():
    args = [double(1.0), double(2.0), {}, 0.5]
    walk(lambda p, g, state, lr: (p, {"g": g.add_(1) if state else g}), double(2.0), args=args)

    assert [arg.item() for arg in args[:2]] == [1, 3]


def test_a_walk_without_a_pair_is_reported():
    assert walk(lambda *args: double(1.0)) == NOT_A_PAIR
    assert walk(lambda *args: (None, {})) == NOT_A_PAIR
    assert walk(lambda *args: None) is None


def test_predict_reports_a_result_that_cannot_be_called():
    options = {"points": double(1.0)}

    assert PROBES["predict"](lambda: 3, (), options) == NOT_CALLABLE
    assert PROBES["predict"](lambda: None, (), options) is None
    assert PROBES["predict"](lambda: torch.sin, (), options).item() == torch.tensor(1.0).double().sin().item()


def test_device_passes_the_name_of_the_inputs_device():
    assert PROBES["device"](lambda x, device: device, (double(1.0),), {}) == "cpu"


def test_whereabouts_name_the_device_of_every_result():
    def entry(x, device):
        return {"here": x, "elsewhere": torch.empty(1, device="meta"), "nothing": None}

    seen = PROBES["whereabouts"](entry, (double(1.0),), {})

    assert seen == {"inputs": "cpu", "results": {"here": "cpu", "elsewhere": "meta"}}
    assert PROBES["whereabouts"](lambda x, device: None, (double(1.0),), {}) is None


def test_whereabouts_of_a_model_are_those_of_its_result():
    seen = PROBES["whereabouts"](lambda x, device: torch.sin, (double(1.0),), {"points": double(2.0)})

    assert seen["results"] == {"result": "cpu"}
