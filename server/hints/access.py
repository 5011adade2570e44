"""Which levels of a report's hints are open to whom, and the edit. What is not open never leaves the server.

Who teaches the course sees every level. A learner sees the first level, and the others as the assignment's rule says:
all at once, one more after each attempt, or none. An attempt more counts for a hint if it was graded after the first
attempt that got the same hint. Test runs open nothing.

The edit at the line to look at is closed to learners, unless the assignment or else the course shows it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Min, QuerySet
from django.utils import timezone

from grader.protocol.lines import Edit
from grader.protocol.messages import LEVELS
from grader.protocol.reports import Report
from server.courses.models import HintRule
from server.courses.roles import Person
from server.gradebook.rules import Refusal, is_closed, refusal
from server.gradebook.selectors import terms_of
from server.hints.models import HintUse, Level
from server.submissions.models import Kind, State, Submission

EVERY = len(LEVELS)


@dataclass(frozen=True, kw_only=True, slots=True)
class HintAccess:
    """What one person can see of the hints of one submission.

    `least` levels of every hint are open, and those in `more` have others. `sees_all` marks those who teach.
    `can_try` is whether another attempt would open a level.
    """

    least: int
    more: dict[str, int] = field(default_factory=dict)
    sees_all: bool = False
    can_try: bool = False

    def open_levels(self, hint: str | None) -> int:
        """Return how many levels of a hint are open, counted from the first."""
        return min(EVERY, self.more.get(hint or "", self.least))

    def visible(self, hint: str | None, texts: Iterable[str]) -> list[str]:
        """Return the texts of the open levels."""
        return list(texts)[: self.open_levels(hint)]


def public_report(report: Report, access: HintAccess) -> dict[str, Any]:
    """Return a report in words, with the hints that are open: for files that a person gets."""
    public = report.to_public()
    for shown, finding in zip(public["findings"], report.findings, strict=True):
        shown["hints"] = access.visible(finding.hint, finding.hint_texts)
    return public


def access_for(person: Person, submission: Submission) -> HintAccess:
    """Return what a person can see of a submission's hints. Up to three queries, once for each submission object."""
    known: dict[int | None, HintAccess] = submission.__dict__.setdefault("_hint_access", {})
    if person.pk not in known:
        known[person.pk] = _access(person, submission)
    return known[person.pk]


def edit_for(person: Person, submission: Submission) -> Edit | None:
    """Return the edit at the line to look at; None if there is none, or if it is closed to the person."""
    return Edit.read(submission.edit) if submission.line and sees_edits(person, submission) else None


def sees_edits(person: Person, submission: Submission) -> bool:
    """Whether a person sees the edits of a submission, should there be any."""
    assignment = submission.assignment
    shown = assignment.course.show_edit if assignment.show_edit is None else assignment.show_edit
    return shown or person.has_perm("submissions.every_hint", submission)


def _access(person: Person, submission: Submission) -> HintAccess:
    if person.has_perm("submissions.every_hint", submission):
        return HintAccess(least=EVERY, sees_all=True)
    match HintRule(submission.assignment.hint_rule or submission.assignment.course.hint_rule):
        case HintRule.ALL:
            return HintAccess(least=EVERY)
        case HintRule.FIRST:
            return HintAccess(least=1)
        case HintRule.ATTEMPT:
            return _by_attempts(submission)


def _by_attempts(submission: Submission) -> HintAccess:
    hints = hints_in(submission)
    if not hints:
        return HintAccess(least=1)
    graded = _graded_attempts(submission)
    numbers = sorted(graded.values_list("number", flat=True))
    first = _first_with(hints, submission)
    more = {hint: 1 + sum(number > since for number in numbers) for hint, since in first.items()}
    waits = any(more.get(hint, 1) < EVERY for hint in hints)
    return HintAccess(least=1, more=more, can_try=waits and _can_try(submission, used=len(numbers)))


def hints_in(submission: Submission) -> set[str]:
    """Return the ids of the hints in a submission's report."""
    findings = (submission.report or {}).get("findings", ())
    return {finding["hint"] for finding in findings if finding.get("hint")}


def _graded_attempts(submission: Submission) -> QuerySet[Submission]:
    return Submission.objects.filter(
        learner=submission.learner_id,
        assignment=submission.assignment_id,
        kind=Kind.SUBMIT,
        state=State.GRADED,
    ).order_by()


def _first_with(hints: set[str], submission: Submission) -> dict[str, int]:
    """Return the number of the learner's first graded attempt with each hint; those without one are missing."""
    uses = HintUse.objects.filter(
        submission__learner=submission.learner_id,
        submission__assignment=submission.assignment_id,
        submission__kind=Kind.SUBMIT,
        submission__state=State.GRADED,
        hint__in=hints,
        level=Level.LOOK,
    )
    first = dict(uses.order_by().values("hint").annotate(first=Min("submission__number")).values_list("hint", "first"))
    if submission.kind == Kind.SUBMIT and submission.state == State.GRADED:
        # Reports of earlier versions have no rows.
        first = {hint: min(submission.number, first.get(hint, submission.number)) for hint in hints}
    return first


def _can_try(submission: Submission, *, used: int) -> bool:
    """Return whether the learner can still make an attempt; a wait between two attempts does not count."""
    terms, now = terms_of(submission.assignment, submission.learner), timezone.now()
    return not is_closed(terms, now) and refusal(terms, now=now, used=used, last_at=None) is not Refusal.NO_ATTEMPTS
