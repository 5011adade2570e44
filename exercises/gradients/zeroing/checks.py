"""The checks of the function."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`gradients_at` runs on numbers and on vectors, and returns something"""
    trial.returned()


@check(points=4, on="numbers")
def at_numbers(trial: Trial) -> None:
    """The derivatives at plain numbers are right, each for itself"""
    trial.agrees()


@check(points=5, on="vectors")
def at_vectors(trial: Trial) -> None:
    """The gradients at vectors are right, each for itself"""
    trial.agrees()
