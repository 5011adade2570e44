"""The checks of the gradients and of the trained models."""

from grader.authoring import Trial, check
from grader.checks.predictions import classifies


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Both functions run and return something"""
    trial.returned()


@check(points=2, on="gradients")
def output_layer(trial: Trial) -> None:
    """`gradients` is right for the output layer, `w2` and `b2`"""
    trial.agrees(part="w2")
    trial.agrees(part="b2")


@check(points=3, on="gradients")
def hidden_layer(trial: Trial) -> None:
    """`gradients` is right for the hidden layer, `w1` and `b1`"""
    trial.agrees(part="w1")
    trial.agrees(part="b1")


@check(points=2, on=("clouds", "rings"))
def learns_generated(trial: Trial) -> None:
    """`train` makes a model that classifies new points of clouds and rings"""
    classifies(trial, needed=0.9)


@check(points=2, on=("irises", "digits"))
def learns_measured(trial: Trial) -> None:
    """`train` makes a model that classifies irises and handwritten digits it has not seen"""
    classifies(trial, needed=0.8 if trial.case.group == "irises" else 0.9)
