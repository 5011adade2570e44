"""Puts the tiny cases of a report to a fresh child, in one run, within a budget of their own.

A run that is also asked for a counterexample could know from the second question that it has failed, and take its
outcome back. So the run of the cases ends first. Then another process loads the same source and climbs the ladders. How
that process ends is not read, and what it prints or reports is not shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

import structlog

from grader.errors import SandboxError
from grader.grading.author import Author, Judgement
from grader.grading.calls import put
from grader.grading.exercise import Exercise
from grader.packages.cases import Case
from grader.protocol.reports import CounterexampleEvidence
from grader.sandboxes.base import Limits, Program, Sandbox
from grader.sandboxes.cancellation import Cancellation

MAX_RUNGS = 32
"""Tiny cases that are put for one report."""
_SHARE = 0.05  # of the time of a submission: an endless loop costs little more than its limit
_LEAST_SECONDS = 0.25
_PATIENCE_SECONDS = 3.0  # for a warm sandbox, if the first one must be replaced: the report is ready without examples

log = structlog.get_logger()


def counterexamples(
    author: Author,
    judgement: Judgement,
    exercise: Exercise,
    program: Program,
    sandbox: Sandbox,
    cancellation: Cancellation | None,
) -> dict[str, CounterexampleEvidence]:
    """Return the smallest counterexample of each check that a secret case failed, if there is one.

    If the sandbox fails, or none is warm soon, there is none: the judgement stands. Raises RunCancelled if the
    submission is cancelled.
    """
    ladders = {check: author.ladder(check) for check in judgement.unexplained}
    rungs = _lowest(list(ladders.values()))
    if not rungs:
        return {}
    quiet = replace(program, stream_losses=False)
    try:
        opened = sandbox.open(
            quiet, limits=_budget(exercise.limits), cancellation=cancellation, patience=_PATIENCE_SECONDS
        )
        with opened as run:
            answers = {id(answer.case): answer for answer in put(rungs, run)}
    except SandboxError as error:
        log.warning("no_counterexamples", exercise=exercise.slug, error=str(error))
        return {}
    climbed = {
        check: [answers[id(case)] for case in ladder if id(case) in answers] for check, ladder in ladders.items()
    }
    found = {check: author.counterexample(check, its_answers) for check, its_answers in climbed.items() if its_answers}
    return {check: example for check, example in found.items() if example is not None}


def _lowest(ladders: Sequence[Sequence[Case]]) -> list[Case]:
    """Return the rungs of all ladders, each once, the lowest first: a child that stops at one has answered these."""
    by_height = chain.from_iterable(zip_longest(*ladders))
    distinct: Mapping[int, Case] = {id(case): case for case in by_height if case is not None}
    return list(distinct.values())[:MAX_RUNGS]


def _budget(limits: Limits) -> Limits:
    """Return the limits of the fresh child: little time, and no output."""
    seconds = min(limits.wall_seconds, max(_SHARE * limits.wall_seconds, _LEAST_SECONDS))
    return replace(limits, wall_seconds=seconds, output_kb=0, observation_mb=min(limits.observation_mb, 4))
