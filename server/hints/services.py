"""Recording the hints that learners get and open."""

from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from grader.protocol.messages import render_levels
from grader.protocol.reports import Finding, Report, Status
from server.accounts.models import User
from server.catalogue.exercises import in_present_words
from server.hints.access import HintAccess, access_for
from server.hints.models import HintUse, Level
from server.submissions.models import Submission


class NotOpen(Exception):
    """There is no such hint, or the level is not open to the learner."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelView:
    """One level of a hint as its learner sees it. `text` is empty if it is not open, or was not opened yet."""

    check: str
    hint: str
    level: Level
    text: str
    is_open: bool
    waits: bool = False
    did_not_help: bool = False


def record_given(*, submission: Submission, report: Report, is_first: bool = False, **_: Any) -> None:
    """Note the first level of each hint in a report, which is open at once."""
    given = {finding.hint: finding for finding in reversed(report.findings) if finding.hint}
    if not is_first:
        untouched = HintUse.objects.filter(submission=submission, level=Level.LOOK, did_not_help_at=None)
        untouched.exclude(hint__in=given).delete()  # a regrade found something else
    rows = [_row(submission, finding, Level.LOOK) for finding in given.values() if finding.status is Status.FAILED]
    HintUse.objects.bulk_create(rows, ignore_conflicts=True)


def levels_of(finding: Finding, submission: Submission, access: HintAccess) -> list[LevelView]:
    """Return the levels of a finding's hint, for its learner. Those that are not open have no text."""
    used = uses_of(finding, submission)
    texts = render_levels(finding.hint, finding.data)
    shown: list[LevelView] = []
    for level, text in zip(Level, texts.values(), strict=False):
        is_open = level <= access.open_levels(finding.hint)
        use = used.get(level)
        shown.append(
            LevelView(
                check=finding.check,
                hint=finding.hint or "",
                level=level,
                text=text if is_open and (use or level is Level.LOOK) else "",
                is_open=is_open,
                waits=access.can_try and level == access.open_levels(finding.hint) + 1,
                did_not_help=use is not None and use.did_not_help_at is not None,
            )
        )
    return shown


def uses_of(finding: Finding, submission: Submission) -> dict[int, HintUse]:
    """Return what the learner did with each level of a finding's hint. One query for each submission object."""
    if finding.hint is None:
        return {}
    prefetch_related_objects([submission], "hint_uses")
    return {use.level: use for use in submission.hint_uses.all() if use.hint == finding.hint[:100]}


def open_level(learner: User, submission: Submission, check: str, level: Level) -> LevelView:
    """Record that a learner opens a level of a hint, and return it with its text. Raises NotOpen."""
    finding = _open_finding(learner, submission, check, level)
    HintUse.objects.bulk_create([_row(submission, finding, level)], ignore_conflicts=True)
    return _level(finding, submission, learner, level)


def did_not_help(learner: User, submission: Submission, check: str, level: Level) -> LevelView:
    """Record that a level that the learner opened did not help. Raises NotOpen if it was not opened."""
    finding = _open_finding(learner, submission, check, level)
    if level is Level.LOOK:
        HintUse.objects.bulk_create([_row(submission, finding, level)], ignore_conflicts=True)
    uses = HintUse.objects.filter(submission=submission, hint=(finding.hint or "")[:100], level=level)
    if not uses.exists():
        raise NotOpen
    uses.filter(did_not_help_at=None).update(did_not_help_at=timezone.now())
    return _level(finding, submission, learner, level)


def _open_finding(learner: User, submission: Submission, check: str, level: Level) -> Finding:
    stored = Report.from_dict(submission.report) if submission.report else None
    report = in_present_words(stored, library=submission.library) if stored else None
    finding = next((one for one in report.findings if one.check == check and one.hint), None) if report else None
    if finding is None or level > access_for(learner, submission).open_levels(finding.hint):
        raise NotOpen
    if level > len(finding.hint_texts):
        raise NotOpen
    return finding


def _level(finding: Finding, submission: Submission, learner: User, level: Level) -> LevelView:
    return levels_of(finding, submission, access_for(learner, submission))[level - 1]


def _row(submission: Submission, finding: Finding, level: Level) -> HintUse:
    return HintUse(
        submission=submission,
        assignment_id=submission.assignment_id,
        learner_id=submission.learner_id,
        hint=(finding.hint or "")[:100],
        level=level,
        text=(finding.message_text or "")[:500],
        opened_at=timezone.now(),
    )
