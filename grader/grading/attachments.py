"""What the page shows beside the findings: autograd graphs, figures and curves of the learner's public cases.

`grader.protocol.reports` has the three kinds. Nothing here needs a package's own code.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from grader.grading.author import CaseAnswer
from grader.grading.exercise import Exercise
from grader.grading.images import reencoded
from grader.packages.cases import Case
from grader.protocol.reports import Attachment, SeriesAttachment
from grader.sandboxes.base import Observation

MAX_ATTACHMENTS = 6


def attachments_of(
    exercise: Exercise, answers: Sequence[CaseAnswer], charts: Mapping[int, SeriesAttachment]
) -> list[Attachment]:
    """Return what the page shows of the public cases that were answered, at most `MAX_ATTACHMENTS`."""
    found: list[Attachment] = []
    for i, answer in enumerate(answers):
        if answer.case.public and answer.observation is not None:
            found += _of(exercise, answer.case, answer.observation)
            found += [charts[i]] if i in charts else []
    return found[:MAX_ATTACHMENTS]


def _of(exercise: Exercise, case: Case, observation: Observation) -> Iterator[Attachment]:
    if observation.graph is not None:
        cut_off = _cut_off(case, exercise.argument_names(case.entry), observation.value)
        yield {"kind": "graph", "case": case.name, "graph": observation.graph, "cut_off": cut_off}
    png = reencoded(observation.value.get("png")) if isinstance(observation.value, dict) else None
    if png is not None:
        yield {"kind": "figure", "case": case.name, "png": png}


def _cut_off(case: Case, argument_names: Sequence[str], value: Any) -> list[str]:
    """Return the names of the tracked arguments to which no path leads from the result."""
    gradients = value.get("gradients") if isinstance(value, dict) else None
    tracked = [i for i, arg in enumerate(case.args) if isinstance(arg, Tensor) and arg.requires_grad]
    if not isinstance(gradients, list) or len(gradients) != len(tracked):
        return []
    names = dict(enumerate(argument_names))
    return [names.get(i, f"argument {i + 1}") for i, g in zip(tracked, gradients, strict=True) if g is None]
