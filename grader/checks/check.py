"""The `check` decorator: an author writes what each trial must fulfil, and how many points it is worth."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from grader.checks.trials import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One requirement that a submission must meet.

    `on`: the groups of cases that the check runs on (all groups if empty). `after`: the checks that must pass first.
    If `partial` is set, the points are given in proportion to the share of trials that pass. If `gradient` is set, the
    diagnosis treats the values as gradients.
    """

    name: str
    title: str
    points: float
    run: Callable[[Trial], None]
    on: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    partial: bool = True
    gradient: bool = True

    def covers(self, trial: Trial) -> bool:
        """Whether this check runs on the trial."""
        return not self.on or trial.case.group in self.on


def check(
    *,
    points: float,
    on: str | tuple[str, ...] = (),
    after: str | tuple[str, ...] = (),
    partial: bool = True,
    gradient: bool = True,
) -> Callable[[Callable[[Trial], None]], Check]:
    """Turn a function of a trial into a Check. The function's docstring is the title that the learner reads."""

    def decorate(run: Callable[[Trial], None]) -> Check:
        title = " ".join((inspect.getdoc(run) or "").split()).removesuffix(".")
        return Check(
            name=run.__name__,
            title=title,
            points=points,
            run=run,
            on=(on,) if isinstance(on, str) else on,
            after=(after,) if isinstance(after, str) else after,
            partial=partial,
            gradient=gradient,
        )

    return decorate
