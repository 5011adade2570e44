"""The checks of the function."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`vjp` runs for every function and returns something"""
    trial.returned()


@check(points=2, on="elementwise")
def elementwise(trial: Trial) -> None:
    """`vjp` is right if each output depends on one input"""
    trial.agrees()


@check(points=3, on="mixing")
def mixing(trial: Trial) -> None:
    """`vjp` is right if outputs depend on several inputs"""
    trial.agrees()


@check(points=4, on="sizes")
def sizes(trial: Trial) -> None:
    """`vjp` is right if there are more or fewer outputs than inputs"""
    trial.agrees()
