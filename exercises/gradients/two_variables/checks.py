"""The checks of `gradients`."""

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`gradients` runs on numbers, vectors and matrices, and returns something"""
    trial.returned()


@check(points=4)
def gradient_of_x(trial: Trial) -> None:
    """The first result is the gradient with respect to `x`"""
    trial.agrees(part=0, what="the gradient for `x`")


@check(points=5)
def gradient_of_y(trial: Trial) -> None:
    """The second result is the gradient with respect to `y`"""
    trial.agrees(part=1, what="the gradient for `y`")
