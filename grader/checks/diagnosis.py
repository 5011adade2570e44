"""Explain how a wrong gradient is wrong, by testing hypotheses against the reference.

Each hypothesis sees all failed trials of a check at once. It is reported only if it fits each of them tightly and no
other hypothesis does: an explanation that might be wrong is worse than none. The exercise's own near misses come before
the general hypotheses, because they are more specific.
"""

from collections.abc import Sequence

from grader.checks.failed_trial import Diagnosis, FailedTrial, fits
from grader.checks.hypotheses import GENERAL, GRADIENT, swapped


def diagnose(failed: Sequence[FailedTrial], *, gradient: bool = True) -> Diagnosis | None:
    """Return the explanation that fits every trial; None if there is none, or more than one.

    If `gradient` is False, the values are not gradients: only near misses, the order and the precision are tested.
    """
    if not failed:
        return None
    near = swapped(failed) or _near_miss(failed)
    if near is not None:
        return near
    hypotheses = GENERAL + GRADIENT if gradient else GENERAL
    found = [diagnosis for hypothesis in hypotheses if (diagnosis := hypothesis(failed)) is not None]
    return found[0] if len(found) == 1 else None


def _near_miss(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Return the near miss that every trial equals; None if there is none, or more than one.

    Nothing is explained if one of the failed trials agrees with the truth, or differs from it only by its precision.
    """
    wrong = [trial for trial in failed if not fits(trial.got, trial.expected)]
    if len(wrong) < len(failed):
        return None
    fitting = [[miss for miss in trial.near_misses if fits(trial.got, miss.value)] for trial in failed]
    common = set.intersection(*({miss.diagnosis for miss in misses} for misses in fitting))
    if len(common) != 1:
        return None
    miss = next(miss for miss in fitting[0] if miss.diagnosis in common)
    return Diagnosis(id=miss.diagnosis, data=miss.data)
