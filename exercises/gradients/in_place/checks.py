"""What is asked of the function. That the input stays is a check of its own, after the numbers."""

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
    """The values of `x` are still what they were"""
    trial.left_inputs_alone()
