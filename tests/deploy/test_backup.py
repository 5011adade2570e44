"""Dump, wipe, restore: the same grades, and a damaged dump changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.dev.base import ROOT
from deploy.dev.debian import places
from tests.support.system import own_postgres_database

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

WORK = """
from server.accounts.models import User
from server.gradebook.models import Assignment
from tests.support.people import make_report, make_submission, record
for name, points in (("student1", 7.5), ("student2", 10.0)):
    assignment = Assignment.objects.get(slug="derivatives/sin")
    submission = make_submission(User.objects.get(username=name), assignment)
    record(submission, make_report(points, slug=assignment.slug))
"""
GRADES = """
import json
from server.gradebook.models import Grade
from server.submissions.models import Submission
print(json.dumps([sorted(map(str, Grade.objects.values_list())), sorted(map(str, Submission.objects.values_list()))]))
"""


class Installation:
    """A database with the demo course, and the scripts around it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        at = urlsplit(url)
        self.env = os.environ | {
            "PATH": places(),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "server.settings.test",  # no queue
            "CHAINRULE_VAR": str(folder),
            "PGHOST": at.hostname,
            "PGPORT": str(at.port),
            "PGUSER": at.username,
            "PGPASSWORD": at.password,
            "PGDATABASE": at.path.lstrip("/"),
        }

    def manage(self, *words):
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=True).stdout

    def grades(self):
        return json.loads(self.manage("shell", "--no-imports", "-c", GRADES))

    def script(self, name, *, given=b""):
        command = ["sh", ROOT / "deploy" / "postgres" / name]
        return subprocess.run(command, env=self.env, input=given, capture_output=True, check=False)

    def wipe(self):
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE newer (id int)")


@pytest.fixture
def installation(tmp_path):
    with own_postgres_database(os.environ["CHAINRULE_TEST_POSTGRES"]) as url:
        installation = Installation(url, tmp_path)
        installation.manage("demo", "--migrate")
        installation.manage("shell", "--no-imports", "-c", WORK)
        yield installation


def test_a_restore_brings_the_same_grades_back(installation):
    before = installation.grades()
    dump = installation.script("backup")
    assert dump.returncode == 0, dump.stderr

    installation.wipe()
    damaged = installation.script("restore", given=dump.stdout[: len(dump.stdout) // 2])
    with psycopg.connect(installation.url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    restored = installation.script("restore", given=dump.stdout)

    assert damaged.returncode != 0
    assert tables == [("newer",)]
    assert restored.returncode == 0, restored.stderr
    assert all(before)
    assert installation.grades() == before
    assert "[ ]" not in installation.manage("showmigrations")
