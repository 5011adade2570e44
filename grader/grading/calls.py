"""Cases become calls in a sandbox, and observations become answers. Nothing of a case's truth is sent."""

from collections.abc import Sequence

from grader.grading.author import CaseAnswer
from grader.packages.cases import Case
from grader.sandboxes.base import Call, Observation, Run


def put(cases: Sequence[Case], run: Run, *, times: int = 1) -> list[CaseAnswer]:
    """Put the cases to a submission and return an answer for each; its observation is None if none came.

    `times` is the number of groups of repairs of its program: the cases are put with each of them.
    """
    observations = run.observe([call_of(case) for case in cases])
    every = [*cases] * times
    padded: list[Observation | None] = [*observations, *[None] * (len(every) - len(observations))]
    return [CaseAnswer(case=case, observation=observation) for case, observation in zip(every, padded, strict=True)]


def call_of(case: Case) -> Call:
    """Return what the sandbox gets of a case: the call, and nothing of its truth."""
    return Call(entry=case.entry, args=case.args, probe=case.probe, options=dict(case.options))
