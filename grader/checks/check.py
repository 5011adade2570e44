"""The `check` decorator: how an author says what is asked of each trial, and what it is worth."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from grader.checks.trials import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that is asked of a submission.

    `on` are the groups of cases that it looks at (empty: all). With `partial`, points are given for the share of trials
    that pass. `after` names checks that must pass first. `gradient` says that its values are gradients, for the
    diagnosis.
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
        """Whether this check looks at the trial."""
        return not self.on or trial.case.group in self.on


def check(
    *,
    points: float,
    on: str | tuple[str, ...] = (),
    after: str | tuple[str, ...] = (),
    partial: bool = True,
    gradient: bool = True,
) -> Callable[[Callable[[Trial], None]], Check]:
    """Turn a function of a trial into a Check; its docstring is the title that the learner reads."""

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
