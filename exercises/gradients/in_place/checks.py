"""The checks of the function. A separate check, after the numbers, tests that the input did not change."""

from grader.authoring import Trial, check, compare


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`scaled_exp_gradient` runs and returns something"""
    trial.returned()


@check(points=6)
def gradient(trial: Trial) -> None:
    """The gradient is right for every shape and scale"""
    compare(trial.value, trial.truth, trial.tolerance)


@check(points=3, after="gradient", partial=False)
def input_stays(trial: Trial) -> None:
    """The values of `x` did not change"""
    trial.left_inputs_alone()
