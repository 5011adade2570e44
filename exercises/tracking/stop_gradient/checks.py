"""The checks of the loss: its value, the gradient that must arrive, and the one that must not."""

from torch import Tensor

from grader.authoring import Failed, Mismatch, Trial, check, compare


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`td_loss` runs and returns something"""
    trial.returned()


@check(points=2, gradient=False)
def loss_is_right(trial: Trial) -> None:
    """The loss is the mean squared error to the target"""
    trial.returned()
    compare(trial.part("value"), trial.truth["value"], trial.tolerance)
    trial.left_inputs_alone()


@check(points=2)
def gradient_of_value(trial: Trial) -> None:
    """The gradient arrives at `value`"""
    gradients = _gradients(trial)
    if gradients[0] is None and gradients[1] is not None:
        raise Failed("wrong_side_cut", hint="wrong_side_cut.hint", diagnosis="wrong_side_cut")
    try:
        compare(gradients[:1], trial.truth["gradients"][:1], trial.tolerance)
    except Mismatch as mismatch:
        mismatch.data["where"] = (
            mismatch.data["where"]
            .replace("the first part of the result", "the gradient for `value`")
            .replace("The first part of the result", "The gradient for `value`")
        )
        raise


@check(points=5, after="gradient_of_value")
def target_is_constant(trial: Trial) -> None:
    """No gradient flows through the target to `next_value`"""
    flowing = _gradients(trial)[1]
    if isinstance(flowing, Tensor) and flowing.any():
        raise Failed("not_detached", {"path": "`next_value`"}, hint="not_detached.hint", diagnosis="not_detached")


def _gradients(trial: Trial) -> list[Tensor | None]:
    """Return the gradients of value and next_value; None for a gradient that did not arrive."""
    gradients = trial.part("gradients")
    trial.require(isinstance(gradients, list) and len(gradients) == 2, "garbled")
    return list(gradients)
