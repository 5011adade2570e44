from functools import partial

import pytest
import torch

from grader.references import optimizers, wrong_optimizers
from tests.support.reports import double

RULES = {
    "sgd": (wrong_optimizers.sgd_plain, partial(optimizers.sgd_step, momentum=0.0)),
    "rmsprop": (wrong_optimizers.rmsprop, optimizers.rmsprop_step),
    "adam": (wrong_optimizers.adam, optimizers.adam_step),
}
FLAWS = {
    "dampened": (partial(wrong_optimizers.sgd_dampened, momentum=0.9), partial(optimizers.sgd_step, momentum=0.9)),
    "eps inside": (partial(wrong_optimizers.rmsprop, inside=True, eps=0.1), partial(optimizers.rmsprop_step, eps=0.1)),
    "no root": (partial(wrong_optimizers.adam, rooted=False), optimizers.adam_step),
    "uncorrected": (partial(wrong_optimizers.adam, corrected=False), optimizers.adam_step),
}


def path(rule):
    return optimizers.trajectory(lambda x: (x * x * x * x).sum(), double(1.0, -0.5), 4, partial(rule, lr=0.05))


@pytest.mark.parametrize("name", RULES)
def test_a_wrong_rule_without_its_flaw_is_right(name):
    wrong, right = RULES[name]

    torch.testing.assert_close(path(wrong), path(right))


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_changes_the_trajectory(name):
    wrong, right = FLAWS[name]

    assert not torch.allclose(path(wrong), path(right), rtol=1e-4)
