"""The checks of the three trajectories and of the figure."""

from grader.authoring import Trial, check
from grader.checks.figures import is_labelled, shows_lines


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Both functions run and return something"""
    trial.returned()


@check(points=2, on="compare", gradient=False)
def sgd(trial: Trial) -> None:
    """`compare` follows SGD"""
    trial.agrees(part="sgd")


@check(points=2, on="compare", gradient=False)
def rmsprop(trial: Trial) -> None:
    """`compare` follows RMSprop"""
    trial.agrees(part="rmsprop")


@check(points=3, on="compare", gradient=False)
def adam(trial: Trial) -> None:
    """`compare` follows Adam"""
    trial.agrees(part="adam")


@check(points=1, on="plot")
def lines(trial: Trial) -> None:
    """`plot` draws a line for each name, through all its losses"""
    shows_lines(trial, trial.case.args[0])


@check(points=1, on="plot", after="lines")
def labels(trial: Trial) -> None:
    """`plot` labels both axes"""
    is_labelled(trial)
