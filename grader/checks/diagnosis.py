"""Saying how a wrong gradient is wrong, by testing hypotheses against the reference.

Every hypothesis looks at all failed trials of a check at once, must fit each of them tightly, and must be the only one
that does: an explanation that might be wrong is worse than none. The exercise's own near misses are asked before the
general hypotheses, as they know more.
"""

from collections.abc import Sequence

from grader.checks.hypotheses import GENERAL, GRADIENT, swapped
from grader.checks.sample import Diagnosis, Sample, fits


def diagnose(samples: Sequence[Sample], *, gradient: bool = True) -> Diagnosis | None:
    """Return the only explanation that fits every sample, or None.

    `gradient` says that the values are gradients; of other values only the near misses, the order and the precision
    are judged.
    """
    if not samples:
        return None
    near = swapped(samples) or _near_miss(samples)
    if near is not None:
        return near
    hypotheses = GENERAL + GRADIENT if gradient else GENERAL
    found = [diagnosis for hypothesis in hypotheses if (diagnosis := hypothesis(samples)) is not None]
    return found[0] if len(found) == 1 else None


def _near_miss(samples: Sequence[Sample]) -> Diagnosis | None:
    """Return the near miss that every sample equals, if they leave no doubt which.

    A near miss that is the right answer in a part, or is one but for its precision, explains nothing.
    """
    wrong = [sample for sample in samples if not fits(sample.got, sample.expected)]
    if len(wrong) < len(samples):
        return None
    fitting = [[miss for miss in sample.near_misses if fits(sample.got, miss.value)] for sample in samples]
    common = set.intersection(*({miss.diagnosis for miss in misses} for misses in fitting))
    if len(common) != 1:
        return None
    miss = next(miss for miss in fitting[0] if miss.diagnosis in common)
    return Diagnosis(id=miss.diagnosis, data=miss.data)
