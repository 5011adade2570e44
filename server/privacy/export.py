"""Everything that is stored about a person, as a ZIP file.

    README.txt
    account.json, courses.json, grades.json, ...    the rows of each table, as far as they are about the person
    submissions/gradients/two-variables/attempt-3.py, attempt-3.json, attempt-3-1.png
    test-runs/...

Not in it: the password's hash, secrets of the second factor, and code of others.
"""

import json
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from grader.protocol.reports import Report
from server.audit.models import AuditAction
from server.audit.services import record
from server.common.zip_stream import ZipStream
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment
from server.hints.access import access_for, public_report
from server.privacy.accounts import DataSubject
from server.privacy.registry import TABLES, TablePolicy
from server.submissions.masking import masked
from server.submissions.models import Kind, Submission
from server.submissions.rendering.attachments import Attachments

README = """What Chainrule stores about {name}, made on {today}.

Each JSON file has the rows of one kind. "submissions" and "test-runs" have the code that was handed in, the report on
it and the pictures that it drew.

Results that your instructors hold back for now are empty.

Not in here, because it protects the account: the password (only a hash of it is stored) and the secret of the second
factor. Questions: ask the people who run this server.
"""
BATCH = 20


def personal_data(person: DataSubject) -> Generator[bytes, None, None]:
    """Yield the pieces of the ZIP file."""
    with ZipStream() as zipped:
        for name, content, at in _contents(person):
            yield from zipped.add(name, content, at=timezone.localtime(at))
        yield from zipped.end()


def _contents(person: DataSubject) -> Iterator[tuple[str, bytes, datetime]]:
    now = timezone.now()
    readme = README.format(name=person.user.display_name, today=f"{now:%d %B %Y}")
    yield "README.txt", readme.encode(), now
    for policy in TABLES:
        if rows := _rows(policy, person):
            text = json.dumps(rows, indent=2, default=str, ensure_ascii=False)
            yield f"{policy.file}.json", text.encode("utf-8", "replace"), now
    for row in _submissions(person):
        for name, content in _files(row, person):
            yield name, content, row.submitted_at


def note_export(person: DataSubject, *, by: Any) -> None:
    """Write into the audit log that somebody exported the data of a person."""
    record(AuditAction.DATA_EXPORTED, course=None, by=by, about=person.user)


def _rows(policy: TablePolicy, person: DataSubject) -> list[dict[str, Any]]:
    if not policy.shows:
        return []
    querysets = (policy.about_person(person), policy.by_person(person), policy.linked_to(person))
    keys = {key for rows in querysets for key in rows.values_list("pk", flat=True)}
    hidden = _hidden(policy, person)
    rows = policy.rows.filter(pk__in=keys - hidden if policy.held and not policy.held.columns else keys)
    shown = []
    for row in rows.order_by("pk").values(*policy.shows, row_key=F("pk")):
        if row.pop("row_key") in hidden and policy.held is not None:
            row.update(dict.fromkeys(policy.held.columns))
        shown.append(row)
    return shown


def _hidden(policy: TablePolicy, person: DataSubject) -> set[Any]:
    """Return the keys of the rows whose results are held back. An administrator's export is for the person, too."""
    held = _held_assignments(person)
    if policy.held is None or not held:
        return set()
    return set(policy.rows.filter(policy.held.rows(held)).values_list("pk", flat=True))


def _held_assignments(person: DataSubject) -> list[int]:
    rows = Assignment.objects.filter(results_held=True).select_related("course")
    return [one.pk for one in rows if hides_results(person.user, one)]


def _submissions(person: DataSubject) -> Iterator[Submission]:
    rows = (
        Submission.objects.filter(learner__in=person.keys)
        .select_related("learner", "assignment__course")
        .order_by("pk")
    )
    last = UUID(int=0)
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from masked(batch, person.user)
        last = batch[-1].pk


FOLDERS = {
    Kind.SUBMIT: ("submissions", "attempt"),
    Kind.TEST_RUN: ("test-runs", "run"),
    Kind.PRACTICE: ("practice", "practice"),
}


def _files(row: Submission, person: DataSubject) -> Iterator[tuple[str, bytes]]:
    folder, word = FOLDERS[Kind(row.kind)]
    other = "" if row.learner_id == person.user.pk else f"-of-account-{row.learner_id}"
    name = f"{folder}/{row.assignment.slug}/{word}-{row.number}{other}"
    if row.source:
        yield f"{name}.py", row.source.encode("utf-8", "replace")
    if row.report is not None:
        report = Report.from_dict(row.report)
        public = public_report(report, access_for(row.learner, row))
        yield f"{name}.json", json.dumps(public, indent=2, ensure_ascii=False).encode("utf-8", "replace")
        for number, figure in enumerate(Attachments.read(report.attachments).figures, start=1):
            yield f"{name}-{number}.png", figure.png
