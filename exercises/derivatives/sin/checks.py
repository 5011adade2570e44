"""The checks of the two functions."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Both functions run and return something"""
    trial.returned()


@check(points=2, on="sin_derivatives")
def sin_first(trial: Trial) -> None:
    """`sin_derivatives` gives the first derivative of the sine"""
    trial.agrees(part=0, what="the first derivative")


@check(points=2, on="sin_derivatives")
def sin_second(trial: Trial) -> None:
    """`sin_derivatives` gives the second derivative of the sine"""
    trial.agrees(part=1, what="the second derivative")


@check(points=2, on="derivatives_of")
def any_first(trial: Trial) -> None:
    """`derivatives_of` gives the first derivative of every function"""
    trial.agrees(part=0, what="the first derivative")


@check(points=3, on="derivatives_of")
def any_second(trial: Trial) -> None:
    """`derivatives_of` gives the second derivative of every function"""
    trial.agrees(part=1, what="the second derivative")
