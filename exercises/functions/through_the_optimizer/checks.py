"""The checks of `meta_gradient`."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`meta_gradient` runs and returns something"""
    trial.returned()


@check(points=4, on="one")
def one_step(trial: Trial) -> None:
    """The gradient goes through one step"""
    trial.agrees()


@check(points=5, on="many")
def many_steps(trial: Trial) -> None:
    """The gradient goes through many steps"""
    trial.agrees()
