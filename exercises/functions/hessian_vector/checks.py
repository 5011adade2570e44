"""The checks of `hvp`."""

from grader.authoring import Trial, check


@check(points=1, on="small", partial=False)
def runs(trial: Trial) -> None:
    """`hvp` runs and returns something"""
    trial.returned()


@check(points=6, on="small")
def product(trial: Trial) -> None:
    """The result is the Hessian of `f` times `v`"""
    trial.agrees()


@check(points=3, on="large", partial=False)
def without_the_hessian(trial: Trial) -> None:
    """It works if the Hessian itself is too large for the memory"""
    trial.agrees()
