"""The submissions of an assignment or a course as a ZIP file: the sources, and an index of them.

    gradients/two-variables/anna-attempt-3.py
    index.csv                                   one row per file, for spreadsheets: no cell is run as a formula
    index.json                                  the same, exactly as it is stored

A learner's part of a name is their user name, or a similar name that every system can unpack. Only students of the
course are in it, no test runs, and no cancelled submissions. Nothing is kept on the server: the file is made while it
is sent, a few submissions at a time.
"""

import csv
import io
import json
import tempfile
from collections.abc import Generator, Iterable, Iterator
from enum import StrEnum
from typing import IO, Any, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from server.accounts.models import User
from server.common.file_names import is_reserved, safe_file_name
from server.common.zip_stream import ZipStream
from server.courses.visibility import VisiblePeople
from server.gradebook.exports.safe_values import safe
from server.gradebook.models import Assignment, Grade
from server.submissions.models import Kind, State, Submission

# A source has at most 256 kB, so a batch has at most 5 MB.
BATCH = 20
IN_MEMORY = 1024 * 1024
COLUMNS = (
    "file",
    "assignment",
    "student",
    "user_name",
    "external_id",
    "attempt",
    "submission",
    "submitted_at",
    "state",
    "points",
    "max_points",
    "counts",
)


class AttemptChoice(StrEnum):
    """AttemptChoice submissions of each student."""

    COUNTED = "counted"
    LATEST = "latest"
    ALL = "all"


def source_archive(
    people: VisiblePeople, assignments: Iterable[Assignment], which: AttemptChoice
) -> Generator[bytes, None, None]:
    """Yield the pieces of the ZIP file, with the submissions of these people."""
    with ZipStream() as zipped, _Index() as index:
        for assignment in assignments:
            yield from _add_assignment(zipped, index, _batches(people, assignment, which), assignment)
        now = timezone.localtime()
        for name, file in index.files():
            yield from zipped.add_file(name, file, at=now)
        yield from zipped.end()


def _add_assignment(
    zipped: ZipStream, index: "_Index", batches: Iterable[list[Submission]], assignment: Assignment
) -> Iterator[bytes]:
    folder = _folder(assignment)
    for batch in batches:
        counted = _counted(batch)
        for row in batch:
            # A source that was deleted after its time is only in the index.
            name = f"{folder}/{file_of(row)}" if row.source else ""
            index.add(_entry(name, assignment, row, counts=row.pk in counted))
            if name:
                at = timezone.localtime(row.submitted_at)
                yield from zipped.add(name, row.source.encode("utf-8", "replace"), at=at)


def file_of(row: Submission) -> str:
    """Return the name of a submission's file in the folder of its assignment."""
    return f"{safe_file_name(row.learner.username, row.learner_id)}-attempt-{row.number}.py"


def _folder(assignment: Assignment) -> str:
    # Slugs have no other characters than a to z, 0 to 9 and "-", but they can be names that Windows reserves.
    return "/".join(f"_{part}" if is_reserved(part) else part for part in assignment.slug.split("/"))


def _rows(people: VisiblePeople, assignment: Assignment, which: AttemptChoice) -> QuerySet[Submission]:
    attempts = Submission.objects.filter(assignment=assignment, kind=Kind.SUBMIT).exclude(state=State.CANCELLED)
    rows = attempts.filter(people.by_students())
    if which is AttemptChoice.COUNTED:
        counted = Grade.objects.filter(assignment=assignment, counted__isnull=False)
        rows = rows.filter(pk__in=counted.values("counted"))
    elif which is AttemptChoice.LATEST:
        rows = rows.exclude(Exists(attempts.filter(learner=OuterRef("learner"), number__gt=OuterRef("number"))))
    return rows.select_related("learner").defer("report").order_by("pk")


def _batches(people: VisiblePeople, assignment: Assignment, which: AttemptChoice) -> Iterator[list[Submission]]:
    """Yield a few submissions at a time, in the order in which they were handed in. No cursor stays open."""
    rows, last = _rows(people, assignment, which), UUID(int=0)
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk


def _counted(batch: list[Submission]) -> set[Any]:
    return set(Grade.objects.filter(counted__in=batch).values_list("counted", flat=True))


def _entry(name: str, assignment: Assignment, row: Submission, *, counts: bool) -> dict[str, Any]:
    learner: User = row.learner
    values = (
        name,
        assignment.slug,
        learner.display_name,
        learner.username,
        learner.external_id,
        row.number,
        str(row.pk),
        timezone.localtime(row.submitted_at).isoformat(timespec="seconds"),
        str(row.state),
        row.given,
        row.max,
        counts,
    )
    return dict(zip(COLUMNS, values, strict=True))


class _Index:
    """The two forms of the index. They are written to disk if they are long."""

    def __init__(self) -> None:
        self._csv: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 closed with the index
        self._json: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 closed with the index
        self._csv.write("\ufeff".encode() + _csv_line(COLUMNS))
        self._json.write(b"[")
        self._separator = b"\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._csv.close()
        self._json.close()

    def add(self, entry: dict[str, Any]) -> None:
        self._csv.write(_csv_line(safe(value) for value in entry.values()))
        self._json.write(self._separator + json.dumps(entry).encode())
        self._separator = b",\n"

    def files(self) -> list[tuple[str, IO[bytes]]]:
        self._json.write(b"\n]\n")
        return [("index.csv", self._csv), ("index.json", self._json)]


def _csv_line(values: Iterable[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(values)
    return text.getvalue().encode("utf-8", "replace")
