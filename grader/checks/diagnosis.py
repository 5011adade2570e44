"""Explain how a wrong answer is wrong, by testing hypotheses against the reference.

Each hypothesis sees the failed trials of a check at once. In this order:

1. the exercise's own near misses, and parts that are right but swapped;
2. general hypotheses that hardly fit by chance: another shape, a precision, rounding;
3. other general hypotheses, if only one of them fits every trial;
4. two mistakes at once: a near miss times a factor;
5. numbers that are nearly right: what is known is said, and no more;
6. a near miss that fits only some of the trials.

An explanation that might be wrong is worse than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.checks.factors import combined
from grader.checks.failed_trial import Diagnosis, FailedTrial, fits
from grader.checks.hypotheses import GENERAL, GRADIENT, SPECIFIC, names_swapped, nearly_right, swapped
from grader.checks.source_facts import UNKNOWN, SourceFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """A diagnosis, and the position of the trial to show with it; None if every trial will do."""

    diagnosis: Diagnosis
    trial: int | None = None


def diagnose(
    failed: Sequence[FailedTrial], *, gradient: bool = True, facts: SourceFacts = UNKNOWN, torch: bool = True
) -> Diagnosis | None:
    """Return the explanation that fits every trial; None if there is none, or more than one."""
    found = explain(failed, gradient=gradient, facts=facts, torch=torch)
    return found.diagnosis if found is not None and found.trial is None else None


def explain(
    failed: Sequence[FailedTrial], *, gradient: bool = True, facts: SourceFacts = UNKNOWN, torch: bool = True
) -> Explanation | None:
    """Return the explanation of the trials; None if there is none.

    If `gradient` is False, the values are not gradients: hypotheses about gradients are not tested. `facts` is what is
    known of the source, `torch` whether the exercise is about torch.
    """
    if not failed:
        return None
    every = (
        swapped(failed)
        or names_swapped(failed)
        or _near_miss(failed)
        or next(filter(None, (hypothesis(failed) for hypothesis in SPECIFIC)), None)
        or _only_one(failed, gradient=gradient)
        or combined(failed)
        or nearly_right(failed, facts, torch=torch)
    )
    return Explanation(diagnosis=every) if every else _of_some(failed)


def _only_one(failed: Sequence[FailedTrial], *, gradient: bool) -> Diagnosis | None:
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


def _of_some(failed: Sequence[FailedTrial]) -> Explanation | None:
    """Return a near miss that only some trials equal, with the first of them.

    It must be the only one that fits each of them, and they must be several, or secret: small whole numbers of a single
    trial fit by chance.
    """
    fitting = [{miss.diagnosis for miss in trial.near_misses if fits(trial.got, miss.value)} for trial in failed]
    names = set().union(*fitting)
    candidates = []
    for name in sorted(names):
        own = [i for i, fit in enumerate(fitting) if fit == {name} and failed[i].wrong]
        if len(own) > 1 or any(failed[i].secret for i in own):
            candidates.append((name, own[0]))
    if len(candidates) != 1:
        return None
    name, first = candidates[0]
    data = next(miss.data for miss in failed[first].near_misses if miss.diagnosis == name)
    return Explanation(diagnosis=Diagnosis(id=name, data=data), trial=first)
