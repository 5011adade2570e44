"""The checks of the function."""

from grader.authoring import Trial, check


@check(points=1, on="lasting", partial=False)
def runs(trial: Trial) -> None:
    """`derivatives` runs and returns something"""
    trial.returned()


@check(points=5, on="lasting")
def every_order(trial: Trial) -> None:
    """Every derivative is right, and in the right place"""
    trial.agrees()


@check(points=4, on="vanishing")
def vanishing(trial: Trial) -> None:
    """A derivative that is zero everywhere is returned as zeros"""
    trial.agrees()
