"""The checks of the gradients, of the trained models, and of the device that holds the results."""

from collections.abc import Mapping

from grader.authoring import Trial, check
from grader.checks.predictions import classifies


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Both functions run and return something"""
    trial.returned()


@check(points=2, on="place", partial=False)
def stays(trial: Trial) -> None:
    """All results are on the device of the inputs"""
    seen = trial.returned()
    places = seen.get("results") if isinstance(seen, Mapping) else None
    complete = isinstance(places, Mapping) and all(isinstance(place, str) for place in places.values())
    trial.require(complete and len(places) > 0, "no_tensor", entry=trial.case.entry)
    inputs = seen.get("inputs")
    expected = inputs if isinstance(inputs, str) else "the place of the inputs"
    for name, place in places.items():
        trial.require(place == inputs, "wrong_device", where=name, got=place, expected=expected)


@check(points=2, on="gradients")
def output_layer(trial: Trial) -> None:
    """`gradients` is right for the output layer, `w2` and `b2`"""
    trial.agrees(part="w2")
    trial.agrees(part="b2")


@check(points=2, on="gradients")
def hidden_layer(trial: Trial) -> None:
    """`gradients` is right for the hidden layer, `w1` and `b1`"""
    trial.agrees(part="w1")
    trial.agrees(part="b1")


@check(points=3, on=("clouds", "rings", "irises", "digits"))
def learns(trial: Trial) -> None:
    """`train` makes a model that classifies points it has not seen"""
    classifies(trial, needed=0.8 if trial.case.group == "irises" else 0.9)
