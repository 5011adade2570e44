"""The checks of the norms and of the figure."""

from grader.authoring import Trial, check
from grader.checks.figures import is_labelled, shows_parts


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Both functions run and return something"""
    trial.returned()


@check(points=6, on="gradient_flow", gradient=False)
def norms(trial: Trial) -> None:
    """`gradient_flow` gives the norm of every gradient at every step"""
    trial.agrees(single=True)


@check(points=2, on="plot")
def lines(trial: Trial) -> None:
    """`plot` draws a line, or a row, for each parameter, through all its norms"""
    shows_parts(trial, trial.case.args[0])


@check(points=1, on="plot", after="lines")
def labels(trial: Trial) -> None:
    """`plot` labels both axes"""
    is_labelled(trial)
