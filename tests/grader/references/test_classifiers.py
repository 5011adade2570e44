import sys

import pytest
import torch

from grader.references import datasets, two_layers, unseen


def rng(seed=7):
    return torch.Generator().manual_seed(seed)


PROBLEMS = [
    two_layers.example(),
    two_layers.smallest(),
    two_layers.network(rng(), points=5, inputs=3, hidden=4, classes=3),
    two_layers.network(rng(), points=3, inputs=2, hidden=5, classes=4, confidence=8.0),
]
SPLITS = [
    unseen.clouds(rng(), classes=3, inputs=2),
    unseen.clouds(rng(), classes=5, inputs=3),
    unseen.rings(rng()),
    unseen.measured("irises", rng()),
    unseen.measured("digits", rng()),
]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_gradients_by_autograd_and_by_hand_agree(problem):
    torch.testing.assert_close(two_layers.by_hand(problem), two_layers.gradients(problem))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_near_miss_is_wrong(problem):
    right = two_layers.gradients(problem)

    for miss in two_layers.near_misses(problem):
        parts = [(miss.value[name], value) for name, value in right.items()]
        assert any(got.shape != value.shape or not torch.allclose(got, value) for got, value in parts), miss.diagnosis


def test_a_confident_network_has_no_zero_gradient():
    found = two_layers.gradients(PROBLEMS[-1])

    assert min(float(value.abs().max()) for value in found.values()) > 1e-3


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: split.kind)
def test_both_methods_find_the_same_labels(split):
    found = unseen.labels(split)

    assert torch.equal(found, unseen.labels_again(split))
    assert set(found.tolist()) == set(range(split.classes))
    assert len(split.x) <= 600


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: split.kind)
def test_unseen_points_were_not_seen(split):
    # Fisher's irises contain one flower twice.
    twice = int((torch.cdist(split.points, split.x) == 0).any(1).sum())

    assert twice <= (1 if split.kind == "irises" else 0)


def test_the_error_names_the_missing_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)

    with pytest.raises(FileNotFoundError, match="scikit-learn is not installed"):
        datasets.digits.__wrapped__()
