"""The ZIP file of an assignment's or a course's submissions."""

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Enrollment
from server.courses.visibility import everybody
from server.submissions.models import Kind, State, Submission
from server.submissions.services import cancel
from server.submissions.source_archive import AttemptChoice, source_archive
from tests.server.common.test_file_names import HOSTILE, is_safe
from tests.support.people import graded, make_assignment, make_member, make_student, make_submission

CODE = "def square(x):\n    return {}\n"


def archive_of(*assignments, which=AttemptChoice.ALL):
    content = b"".join(source_archive(everybody(assignments[0].course), assignments, which))
    return zipfile.ZipFile(io.BytesIO(content))


def index_of(archive):
    rows = list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def sources(archive):
    return sorted(name for name in archive.namelist() if name.endswith(".py"))


@pytest.fixture
def ada(course):
    return make_student(course, username="ada", first_name="Ada", external_id="A-1")


@pytest.fixture
def three(ada, assignment):
    """Three attempts, the second of which counts."""
    ago = timezone.now() - timedelta(hours=3)
    return [graded(ada, assignment, given, submitted_at=ago + timedelta(hours=n)) for n, given in enumerate((2, 10, 5))]


@pytest.mark.parametrize(
    ("which", "attempts"), [(AttemptChoice.COUNTED, [2]), (AttemptChoice.LATEST, [3]), (AttemptChoice.ALL, [1, 2, 3])]
)
def test_the_chosen_submissions_are_in_it(three, assignment, which, attempts):
    archive = archive_of(assignment, which=which)

    assert sources(archive) == [f"gradients/square/ada-attempt-{n}.py" for n in attempts]
    assert [int(row["attempt"]) for row in index_of(archive)] == attempts


def test_each_file_is_the_code_as_it_was_handed_in(ada, assignment):
    code = "# naïve ☃\r\nx = '''\n\ttab'''\n"
    make_submission(ada, assignment, source=code)

    archive = archive_of(assignment)

    assert archive.read("gradients/square/ada-attempt-1.py").decode() == code


def test_the_index_says_whose_file_it_is_and_what_counts(three, assignment):
    archive = archive_of(assignment)

    rows = index_of(archive)
    assert [row["counts"] for row in rows] == ["False", "True", "False"]
    assert rows[1] | {"submitted_at": ""} == {
        "file": "gradients/square/ada-attempt-2.py",
        "assignment": "gradients/square",
        "student": "Ada",
        "user_name": "ada",
        "external_id": "A-1",
        "attempt": "2",
        "submission": str(three[1].pk),
        "submitted_at": "",
        "state": "graded",
        "points": "10.0",
        "max_points": "10.0",
        "counts": "True",
    }
    assert [row["file"] for row in json.loads(archive.read("index.json"))] == [row["file"] for row in rows]


def test_only_attempts_of_present_students_are_in_it(course, assignment, ada):
    make_submission(make_member(course, "instructor", username="teacher"), assignment)
    make_submission(ada, assignment, kind=Kind.TEST_RUN)
    cancelled = make_submission(ada, assignment)
    cancel(cancelled)
    dropped = make_student(course, username="dropped")
    make_submission(dropped, assignment)
    Enrollment.objects.filter(user=dropped).delete()

    assert sources(archive_of(assignment)) == []


def test_a_course_has_a_folder_for_each_assignment(course, assignment, ada):
    other = make_assignment(course, slug="aux/con")
    make_submission(ada, assignment)
    make_submission(ada, other)

    assert sources(archive_of(assignment, other)) == [
        "_aux/_con/ada-attempt-1.py",
        "gradients/square/ada-attempt-1.py",
    ]


def test_hostile_names_stay_in_the_folder_and_apart(course, assignment, tmp_path):
    storable = [name for name in HOSTILE if "\0" not in name]  # no database has NUL in a text
    for number, username in enumerate([*storable, "Ada", "ADA", "ada", "Ada-1"]):
        learner = make_student(course, username=username[:150] or f"empty{number}")
        make_submission(learner, assignment)

    archive = archive_of(assignment)

    names = sources(archive)
    assert len(names) == len(storable) + 4
    assert len({name.casefold() for name in names}) == len(names)
    assert all(is_safe(part) for name in names for part in name.split("/"))
    archive.extractall(tmp_path / "outer" / "inside")
    assert [path.name for path in (tmp_path / "outer").iterdir()] == ["inside"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1", "\n=1"])
def test_no_cell_of_the_index_is_a_formula(course, assignment, name):
    learner = make_student(course, username="eve", first_name=name, external_id=f"{name}2")
    make_submission(learner, assignment)

    (row,) = index_of(archive_of(assignment))

    assert row["student"].startswith("'")
    assert row["external_id"] == f"'{name}2"


def test_a_source_that_is_deleted_is_only_in_the_index(ada, assignment):
    submission = make_submission(ada, assignment)
    Submission.objects.filter(pk=submission.pk).update(source="")

    archive = archive_of(assignment)

    assert sources(archive) == []
    assert [row["file"] for row in index_of(archive)] == [""]


def test_an_assignment_without_submissions_gives_an_empty_index(assignment):
    assert archive_of(assignment).namelist() == ["index.csv", "index.json"]


@pytest.mark.slow
def test_three_thousand_learners_need_little_memory(course, assignment):
    """18 MB of code, of which a few submissions are in memory at a time."""
    people = User.objects.bulk_create(User(username=f"crowd{n}") for n in range(3_000))
    Enrollment.objects.bulk_create(Enrollment(course=course, user=user) for user in people)
    now, code = timezone.now(), "x = 1  # " + "y" * 6_000
    moments = {"submitted_at": now, "sent_at": now, "leased_until": now}
    common = {"exercise": "gradients/square", "digest": "", "runtime": "cpu", "state": State.ERROR}
    Submission.objects.bulk_create(
        (
            Submission(learner=user, assignment=assignment, number=1, source=f"{code}{user.pk}", **moments, **common)
            for user in people
        ),
        batch_size=100,
    )
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in source_archive(everybody(course), [assignment], AttemptChoice.LATEST))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert size > 3_000 * 100
    assert peak < 6_000_000
