"""The checks of `slope`."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """The function runs and returns something"""
    trial.returned()


@check(points=9)
def slope_is_right(trial: Trial) -> None:
    """`slope` is the derivative at every entry"""
    trial.agrees()
