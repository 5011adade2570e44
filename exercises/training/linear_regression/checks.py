"""The checks of the trained line."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`train` runs and returns something"""
    trial.returned()


@check(points=3, gradient=False)
def losses(trial: Trial) -> None:
    """Each loss is the one before its step"""
    trial.agrees(part="losses")


@check(points=3, gradient=False)
def weight(trial: Trial) -> None:
    """The weight ends where gradient descent takes it"""
    trial.agrees(part="weight")


@check(points=3, gradient=False)
def bias(trial: Trial) -> None:
    """The bias ends where gradient descent takes it"""
    trial.agrees(part="bias")
