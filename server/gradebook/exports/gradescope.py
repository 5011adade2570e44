"""Gradescope's `results.json`, of the submission that counts, for every assignment and student.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format. The file names inside the zip
are `<assignment>/<user name>/results.json`; a similar name stands for a user name that not every system can unpack.
"""

import io
import json
import zipfile
from typing import Any

from grader.protocol.reports import Finding, Report
from server.catalogue.exercises import in_present_words
from server.common.file_names import safe_file_name
from server.courses.visibility import VisiblePeople
from server.gradebook.models import Grade


def results(grade: Grade) -> dict[str, Any]:
    """Return the results.json of a grade: the final points, and a test per check of the submission that counts."""
    assert grade.counted is not None
    report = in_present_words(Report.from_dict(grade.counted.report or {}), library=grade.counted.library)
    return {
        "score": round(grade.final or 0.0, 4),
        "execution_time": report.seconds,
        "visibility": "visible",
        "tests": [_test(finding) for finding in report.findings],
    }


def zipped(people: VisiblePeople) -> bytes:
    """Return the zip of these people, as far as they are students of the course now."""
    theirs = Grade.objects.filter(people.by_students(), assignment__course=people.course)
    graded = theirs.filter(final__isnull=False, counted__isnull=False)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for grade in graded.select_related("assignment", "learner", "counted").order_by("pk").iterator(chunk_size=100):
            name = f"{grade.assignment.slug}/{safe_file_name(grade.learner.username, grade.learner_id)}/results.json"
            archive.writestr(name, json.dumps(results(grade), indent=2))
    return file.getvalue()


def _test(finding: Finding) -> dict[str, Any]:
    words = [text for text in (finding.message_text, finding.hint_text) if text]
    test = {"name": finding.title, "score": finding.points, "max_score": finding.max_points, "output": "\n".join(words)}
    return test | ({} if finding.status == "skipped" else {"status": str(finding.status)})
