"""Storing failed checks."""

from typing import Any

from grader.protocol.messages import render
from grader.protocol.reports import Finding, Report
from server.analytics.models import FailedCheck
from server.submissions.models import Kind, Submission


def record_failed_checks(*, submission: Submission, report: Report, is_first: bool = False, **_: Any) -> None:
    """Store the checks that a submission failed, in place of its earlier rows. Test runs are not stored."""
    if submission.kind != Kind.SUBMIT:
        return
    if not is_first:
        FailedCheck.objects.filter(submission=submission).delete()
    failed = [finding for finding in report.findings if finding.status == "failed"]
    FailedCheck.objects.bulk_create(_row(submission, finding) for finding in failed)


def _row(submission: Submission, finding: Finding) -> FailedCheck:
    return FailedCheck(
        submission=submission,
        assignment_id=submission.assignment_id,
        learner_id=submission.learner_id,
        at=submission.submitted_at,
        check_id=finding.check[:100],
        title=finding.title[:200],
        mistake=(finding.diagnosis or finding.message or "failed")[:100],
        is_diagnosis=finding.diagnosis is not None,
        text=(render(finding.diagnosis, finding.data) or finding.message_text or "")[:500],
    )
