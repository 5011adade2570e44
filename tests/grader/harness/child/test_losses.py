"""Streaming losses: all of a short run, samples of a long one."""

import torch

from grader.harness.child.losses import MAX_TRAININGS, POINTS_AT_ONCE, Sampler, stream


class Clock:
    def __init__(self):
        self.now = 1.0

    def __call__(self):
        return self.now


def loss(value):
    return torch.tensor(float(value))


def test_all_losses_of_a_short_run_are_reported():
    reports = []
    sampler = Sampler(reports.append, Clock())

    for step in range(5):
        sampler.take(loss(step))
    sampler.flush()

    assert [point for report in reports for point in report] == [(step, float(step)) for step in range(5)]


def test_a_long_run_is_sampled_ten_times_a_second():
    reports, clock = [], Clock()
    sampler = Sampler(reports.append, clock)

    for step in range(1000):
        sampler.take(loss(step))
        clock.now += 0.001

    assert len(reports) == 10
    assert all(len(report) <= POINTS_AT_ONCE for report in reports)
    assert reports[-1][-1][0] > 800


def test_each_call_counts_its_steps_from_zero():
    reports = []
    sampler = Sampler(reports.append, Clock())

    for value in (3, 2):
        sampler.take(loss(value))
    sampler.end_call()
    sampler.take(loss(5))
    sampler.end_call()

    assert [point for report in reports for point in report] == [(0, 3.0), (1, 2.0), (0, 5.0)]


def trained(train, clock=None):
    """The losses of each training that `train(take)` makes, as the page tells them apart."""
    reports = []
    sampler = Sampler(reports.append, clock or Clock())
    train(sampler.take)
    sampler.end_call()
    trainings = []
    for step, value in (point for report in reports for point in report):
        if step == 0:
            trainings.append([])
        trainings[-1].append(value)
    return trainings


def descend(take, start, *, steps=4):
    point = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([point], lr=0.25)
    for _ in range(steps):
        optimizer.zero_grad()
        square = (point * 1.0) ** 2
        take(square)
        square.backward()
        optimizer.step()


def test_each_model_of_one_call_is_a_training():
    trainings = trained(lambda take: [descend(take, start) for start in (4.0, 4.0, 8.0)])

    assert trainings == [[16.0, 4.0, 1.0, 0.25], [16.0, 4.0, 1.0, 0.25], [64.0, 16.0, 4.0, 1.0]]


def test_new_leaves_in_every_step_are_one_training():
    def train(take):
        point = torch.tensor(4.0)
        for _ in range(4):
            point = point.detach().requires_grad_()
            take(point**2)
            point = point / 2

    assert trained(train) == [[16.0, 4.0, 1.0, 0.25]]


def test_a_loss_without_a_path_belongs_to_the_training():
    def train(take):
        point = torch.tensor(2.0, requires_grad=True)
        for _ in range(2):
            take(point * 1)
        take(torch.tensor(5.0))
        take(point * 1)

    assert trained(train) == [[2.0, 2.0, 5.0, 2.0]]


def test_a_short_training_after_a_long_one_is_seen():
    trainings = trained(lambda take: [descend(take, 4.0, steps=POINTS_AT_ONCE * 3), descend(take, 8.0, steps=3)])

    assert len(trainings) == 2
    assert trainings[1] == [64.0, 16.0, 4.0]


def test_the_last_step_of_a_fast_training_is_seen():
    (losses,) = trained(lambda take: [take(loss(step)) for step in range(POINTS_AT_ONCE * 3)])

    assert losses[-1] == POINTS_AT_ONCE * 3 - 1
    assert len(losses) == POINTS_AT_ONCE + 1


def test_only_so_many_trainings_are_reported():
    trainings = trained(lambda take: [descend(take, 4.0, steps=3) for _ in range(MAX_TRAININGS + 5)])

    assert len(trainings) == MAX_TRAININGS


def test_nothing_is_reported_if_there_was_no_loss():
    reports = []

    Sampler(reports.append, Clock()).flush()

    assert reports == []


def test_backward_is_sampled_and_still_works(monkeypatch):
    original, reports = torch.Tensor.backward, []
    monkeypatch.setattr(torch.Tensor, "backward", original)  # restores it after the test
    sampler = stream(reports.append)
    weight = torch.tensor([1.0], requires_grad=True)

    for _ in range(3):
        ((2 * weight) ** 2).sum().backward()
        with torch.no_grad():
            weight -= 0.125 * weight.grad
        weight.grad = None
    (weight * torch.ones(2)).backward(torch.ones(2))  # not a loss: it is not a single number
    sampler.flush()

    assert [point for report in reports for point in report] == [(0, 4.0), (1, 0.0), (2, 0.0)]
    assert weight.grad.item() == 2
    assert torch.Tensor.backward.__doc__ == original.__doc__
