"""The checks of the three rules."""

from grader.authoring import Trial, check
from grader.harness.child.probes import NOT_A_PAIR


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Every rule returns a point and a state"""
    returns_pair(trial)


@check(points=3, on="sgd_step", gradient=False)
def sgd(trial: Trial) -> None:
    """`sgd_step` takes the steps of SGD with momentum"""
    follows(trial)


@check(points=3, on="rmsprop_step", gradient=False)
def rmsprop(trial: Trial) -> None:
    """`rmsprop_step` takes the steps of RMSprop"""
    follows(trial)


@check(points=3, on="adam_step", gradient=False)
def adam(trial: Trial) -> None:
    """`adam_step` takes the steps of Adam"""
    follows(trial)


def follows(trial: Trial) -> None:
    returns_pair(trial)
    trial.agrees()


def returns_pair(trial: Trial) -> None:
    trial.require(trial.returned() != NOT_A_PAIR, "not_a_pair", entry=trial.case.entry)
