"""The export has everything that is stored about a person, and nothing that others handed in."""

import io
import json
import zipfile

import pytest

from server.audit.models import AuditEntry
from server.privacy.accounts import DataSubject
from server.privacy.export import note_export, personal_data
from server.privacy.registry import TABLES
from tests.server.privacy.lives import CODE, OUTPUT
from tests.support.people import make_student, make_submission

pytestmark = pytest.mark.django_db


def archive_of(person):
    return zipfile.ZipFile(io.BytesIO(b"".join(personal_data(DataSubject.of(person)))))


def test_each_table_about_the_person_is_in_it(person):
    names = set(archive_of(person).namelist())

    expected = {f"{one.file}.json" for one in TABLES if one.shows and one.about_person(DataSubject.of(person)).exists()}
    assert expected - names == set()
    assert len(expected) > 15


def test_the_code_and_what_it_printed_are_in_it(person):
    archive = archive_of(person)

    assert archive.read("submissions/gradients/square/attempt-1.py").decode() == CODE
    assert archive.read("test-runs/gradients/square/run-1.py").decode() == CODE
    assert json.loads(archive.read("submissions/gradients/square/attempt-1.json"))["output"] == OUTPUT


def test_decisions_and_comments_about_the_person_are_in_it(person):
    archive = archive_of(person)

    reasons = [row["why"] for row in json.loads(archive.read("gradebook-gradechange.json"))]
    texts = [row["text"] for row in json.loads(archive.read("comments-comment.json"))]
    assert {"Evelina was ill", "Quorthon asked"} <= set(reasons)
    assert texts == ["Well done, Evelina Quorthon!", "quorthon_asks_that"]


def test_code_and_names_of_others_are_not_in_it(person, course, assignment):
    mate = make_student(course, username="mate-of-the-test", first_name="Otherone")
    make_submission(mate, assignment, source="others_code = 1\n")

    archive = archive_of(person)

    content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"others_code" not in content
    assert b"Otherone" not in content


def test_no_secret_is_in_it(person):
    archive = archive_of(person)

    content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    secrets = [person.password, "quorthon-factor", *person.personal_tokens.values_list("digest", flat=True)]
    assert [secret for secret in secrets if secret in content] == []


def test_the_log_notes_an_export(person, administrator):
    note_export(DataSubject.of(person), by=administrator)

    entry = AuditEntry.objects.order_by("-pk").first()
    assert (entry.action, entry.by, entry.about) == ("people.data_exported", administrator, person)
