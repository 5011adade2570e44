"""The page Health: what it says, and that it never waits. With a real Redis that is stopped in between."""

import json
import os
import signal
import socket
import time
from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from deploy.dev.processes import free_port, running, wait_until
from deploy.dev.services import pongs, redis_command
from grader.telemetry.version import build
from server.administration import backups
from server.administration.models import BackupRecord
from server.administration.server_health import outside, queues, read, storage, versions, workers
from server.administration.server_health.facts import (
    HealthFact,
    HealthPart,
    ServerHealth,
    Severity,
    duration,
    size,
)
from server.lti.models import Passback, PassbackState
from server.mail.models import Mail, MailKind, MailServer, MailState
from server.mail.services import queue_notice
from server.submissions.models import Submission
from server.submissions.queue import worker_report
from server.webhooks.services import add_endpoint
from tests.support.mail import delivered
from tests.support.people import make_submission, make_user

HOST = "cpu@0a1b2c"


@pytest.fixture
def own_redis(tmp_path, settings):
    """A Redis of this test's own; its process."""
    port = free_port()
    with running("Redis", redis_command(port), log=tmp_path / "redis.log") as process:
        wait_until(lambda: pongs(port), name="Redis", process=process, log=tmp_path / "redis.log")
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        yield process


def answer_of(**own):
    facts = {"version": "0.1.0", "build": build(), "torch": "2.13.0", "engine": "docker", "image": "sandbox:latest"}
    facts |= {"kernel": "runsc", "in_hand": 3, "at": time.time(), "disk_free": 5 * 10**11, "disk_total": 10**12} | own
    return {"chainrule": {"out": "", "replaced": 2}, "chainrule_facts": facts}


def note(stats, queue="grading.cpu"):
    worker_report.note_report({name: [queue] for name in stats}, stats, dict.fromkeys(stats, 4))


def named(facts):
    return {fact.name: fact for fact in facts}


def test_a_grader_is_shown_with_what_it_said(own_redis):
    note({HOST: answer_of()})
    found = named(workers.facts())

    assert found["Records worker"].level is Severity.GOOD
    assert found[HOST].level is Severity.GOOD
    for words in ("alive", "grading.cpu", "4 processes", "3 jobs in hand", "docker sandbox:latest", "runsc", "2.13.0"):
        assert words in found[HOST].value
    assert named(storage.disk_facts())[f"Of {HOST} and its images"].value == "500.0 GB free of 1.0 TB"
    assert named(versions.version_facts())["torch of the graders"].value == "2.13.0"
    assert named(versions.clock_facts())[HOST].level is Severity.GOOD


def test_a_grader_of_another_version_is_to_be_upgraded(own_redis):
    note({HOST: answer_of(build="000000000000", version="0.0.9")})
    fact = named(workers.facts())[HOST]

    assert fact.level is Severity.WARNING
    assert "another version" in fact.value
    assert "upgrade" in fact.todo


def test_a_grader_of_before_this_page_is_shown(own_redis):
    note({HOST: {"chainrule": {"out": "", "replaced": 0}, "pool": {"processes": [1, 2]}}})

    assert named(workers.facts())[HOST].level is Severity.WARNING


def test_a_grader_without_a_sandbox_says_why(own_redis):
    note({HOST: {"chainrule": {"out": "no Docker engine answers"}}})
    fact = named(workers.facts())[HOST]

    assert (fact.level, "no Docker engine answers" in fact.value) == (Severity.BAD, True)
    assert "grader probe" in fact.todo


def test_a_grader_that_went_away_is_missed(own_redis, monkeypatch):
    note({HOST: answer_of()})
    monkeypatch.setattr(workers, "AWAY", -1)
    found = named(workers.facts())

    assert "has not answered" in found[HOST].value
    assert found["CPU graders"].level is Severity.BAD


def test_a_missing_records_worker_is_to_be_started(own_redis, monkeypatch):
    assert [(fact.level, "docker compose up -d records" in fact.todo) for fact in workers.facts()] == [
        (Severity.BAD, True)
    ]
    note({HOST: answer_of()})
    monkeypatch.setattr(workers, "SILENT", -1)

    assert [fact.level for fact in workers.facts()] == [Severity.BAD]


def test_a_wrong_clock_is_reported(own_redis):
    note({HOST: answer_of(at=time.time() + 90)})
    fact = named(versions.clock_facts())[HOST]

    assert fact.level is Severity.BAD
    assert "NTP" in fact.todo


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        "text",
        {"chainrule": 3, "chainrule_facts": []},
        {"chainrule": {"out": ["x"], "replaced": "many"}, "chainrule_facts": {"version": {}, "in_hand": True}},
        {
            "chainrule_facts": {
                "engine": "e" * 100_000,
                "torch": "a\n\x1b[31m<script>",
                "disk_free": 10**400,
                "at": 1e300,
            }
        },
    ],
)
def test_what_a_hostile_grader_says_is_cut(own_redis, odd):
    note({HOST: odd, "w" * 5_000: odd})
    stored = json.dumps(worker_report.read_report(queues.connected()))

    assert len(stored) < 2_000
    assert "\\u001b" not in stored
    assert {fact.name for fact in workers.facts()} >= {"Records worker", HOST}
    versions.clock_facts()
    storage.disk_facts()


def test_no_more_than_so_many_graders_are_kept(own_redis):
    for number in range(3):
        note({f"made-up-{number}-{one}": answer_of() for one in range(90)})

    assert len(worker_report.read_report(queues.connected())["graders"]) == worker_report.MOST_WORKERS


def test_redis_reports_memory_and_disk(own_redis):
    found = named(queues.redis_facts())

    assert "without a limit" in found["Memory"].value
    assert "nothing on disk" in found["Kept on disk"].value
    with queues.connected() as client:
        client.config_set("maxmemory", client.info()["used_memory"] + 100_000)
    assert named(queues.redis_facts())["Memory"].level is Severity.BAD


@pytest.mark.django_db
def test_queues_say_since_when_the_oldest_waits(own_redis, student, assignment):
    assert named(queues.facts())["Submissions for CPU graders"].value == "none wait"
    row = make_submission(student, assignment)
    assert named(queues.facts())["Submissions for CPU graders"].level is Severity.GOOD
    Submission.objects.filter(pk=row.pk).update(submitted_at=timezone.now() - timedelta(hours=2))
    fact = named(queues.facts())["Submissions for CPU graders"]

    assert (fact.value, fact.level) == ("1 waits, the oldest since 2 hours", Severity.BAD)
    with queues.connected() as client:
        client.rpush("records", *["{}"] * (queues.MANY_RECORDS + 1))
    assert named(queues.facts())["Messages for the records worker"].level is Severity.BAD


@pytest.mark.django_db(transaction=True)
def test_the_page_opens_while_redis_hangs_or_is_gone(client, own_redis, monkeypatch):
    user = make_user(username="root", is_superuser=True, is_staff=True)
    client.force_login(user)
    note({HOST: answer_of()})

    def page():
        begun = time.monotonic()
        text = client.get(reverse("administration:health")).text
        # Far less than what a hanging Redis would take, far more than what a busy machine needs.
        assert time.monotonic() - begun < 20
        return text

    assert HOST in page()
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        hanging = page()
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    own_redis.kill()
    own_redis.wait()
    gone = page()

    for text in (hanging, gone):
        assert "does not answer" in text or "no answer within" in text
        assert "SQLite" in text or "PostgreSQL" in text
        assert "Last backup" in text
        assert "127.0.0.1" not in text


def test_a_part_that_hangs_is_left_alone(monkeypatch):
    go_on = Event()
    monkeypatch.setattr(read, "TIMEOUT", 0.1)
    monkeypatch.setattr(read, "PARTS", {"hangs": lambda: [go_on.wait(30)], "works": list})
    found = read.read_health()
    go_on.set()

    assert [fact.value for fact in found.parts[0].facts] == ["no answer within 0.1 seconds"]
    assert found.parts[1].facts == []
    assert (found.is_bad, found.is_complete) == (True, False)


def test_the_error_of_a_part_is_not_shown(monkeypatch):
    def fail():
        raise RuntimeError("redis://:hush@10.0.0.1")

    monkeypatch.setattr(read, "PARTS", {"fails": fail})

    assert "hush" not in str(read.read_health())


def test_what_is_bad_stands_first():
    parts = [
        HealthPart(
            title="A",
            facts=[
                HealthFact(name="soon", value="", level=Severity.WARNING, todo="x"),
                HealthFact(name="fine", value=""),
            ],
        ),
        HealthPart(title="B", facts=[HealthFact(name="now", value="", level=Severity.BAD, todo="y")]),
    ]
    todos = ServerHealth(parts=parts, at=timezone.now()).todos

    assert [fact.name for _, fact in todos] == ["now", "soon"]


class TestBackups:
    pytestmark = pytest.mark.django_db

    def levels(self):
        return {fact.name: fact.level for fact in storage.backup_facts()}

    def test_never_is_said_loudly(self):
        newest, tested = storage.backup_facts()

        assert (newest.value, newest.level, tested.value) == ("NEVER", Severity.BAD, "NEVER")

    def test_a_backup_is_good_for_two_days(self):
        row = backups.note_made(3_200_000_000)
        assert "3.2 GB" in storage.backup_facts()[0].value
        assert self.levels() == {"Last backup": Severity.GOOD, "Restored to try it": Severity.WARNING}

        BackupRecord.objects.filter(pk=row.pk).update(made_at=timezone.now() - timedelta(days=3))
        assert self.levels()["Last backup"] is Severity.BAD

    def test_an_empty_one_is_no_backup(self):
        backups.note_made(0)

        assert self.levels()["Last backup"] is Severity.BAD

    def test_a_restore_is_recorded_on_the_page(self, client, administrator):
        button = reverse("administration:backup-tested")
        assert "No backup is recorded yet" in client.post(button, follow=True).text
        backups.note_made(None)
        assert "was restored and works" in client.post(button, follow=True).text
        assert self.levels()["Restored to try it"] is Severity.GOOD

    def test_a_command_records_those_of_other_tools(self, capsys):
        with pytest.raises(CommandError, match="No backup"):
            call_command("backups", "tested")
        call_command("backups", "made", "--bytes", "5000")
        call_command("backups", "tested")

        assert "5.0 kB" in capsys.readouterr().out
        assert backups.last_tested() is not None


class TestMail:
    pytestmark = pytest.mark.django_db

    def test_a_server_without_mail_says_so(self, settings):
        settings.SENDS_MAIL = False

        assert [fact.level for fact in outside.mail_facts()] == [Severity.BAD]

    def test_the_reason_of_a_failing_server_is_shown(self):
        MailServer.objects.create(pk=1, busy_until=timezone.now(), failures=3, error="SMTPAuthenticationError: 535")
        fact = named(outside.mail_facts())["Mail server"]

        assert (fact.level, "535" in fact.value) == (Severity.BAD, True)

    def test_waiting_and_lost_mails_are_counted(self):
        ada = make_user(email="ada@example.org")
        for _ in range(2):
            queue_notice(MailKind.SECURITY, [ada], "Locked", "it is locked.")
        first, second = Mail.objects.order_by("pk")
        Mail.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=1))
        refused = {"state": MailState.REFUSED, "error": "550 no such user", "finished_at": timezone.now()}
        Mail.objects.filter(pk=second.pk).update(**refused)
        found = named(outside.mail_facts())

        assert (found["Waiting"].level, found["Waiting"].value) == (Severity.BAD, "1 mail, the oldest since 1 hour")
        assert "550 no such user" in found["Lost within a day"].value

    def test_a_test_mail_goes_to_who_asked(self, client, administrator):
        page = client.post(reverse("administration:test-mail"), follow=True)

        assert [one.to for one in delivered()] == [["root@example.org"]]
        assert "waits to be sent" in page.text


@pytest.mark.django_db
def test_a_failing_webhook_is_named_with_its_course(course):
    endpoint = add_endpoint(course, url="https://lms.example.org/hook", events=["grade.changed"])
    endpoint.enabled, endpoint.disabled_because = False, "It answered 410."
    endpoint.save()
    fact = named(outside.system_facts())["Webhooks"]

    assert fact.level is Severity.WARNING
    assert course.title in fact.value
    assert "410" in fact.value


@pytest.mark.django_db
def test_scores_that_a_platform_refused_are_counted(assignment, instructor):
    from tests.support.lms.builders import make_lms

    make_lms(assignment, instructor)
    Passback.objects.update(state=PassbackState.FAILED)
    fact = named(outside.system_facts())["Scores for learning platforms"]

    assert f"{Passback.objects.count()} refused" in fact.value


@pytest.mark.django_db
def test_pending_migrations_are_bad(monkeypatch):
    assert named(storage.database_facts())["Migrations"].level is Severity.GOOD
    # The tests' database has none of the notes that migrations leave.
    monkeypatch.setattr(storage, "known_migrations", lambda: frozenset({("submissions", "0099_next")}))

    assert named(storage.database_facts())["Migrations"].level is Severity.BAD


@pytest.mark.django_db
def test_a_single_administrator_and_a_missing_factor_are_named():
    make_user(is_superuser=True, is_staff=True)

    assert [fact.level for fact in versions.administrator_facts()] == [Severity.WARNING, Severity.WARNING]


def test_a_certificate_of_nobody_is_not_known(settings):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.PUBLIC_URL = f"https://127.0.0.1:{port}"
    assert "cannot be reached" in outside.certificate_facts()[0].value

    settings.PUBLIC_URL = "http://chainrule.example.org"
    assert "no TLS" in outside.certificate_facts()[0].value


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_everything_and_fails_if_something_does(capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("serverhealth")
    printed = capsys.readouterr().out

    assert ended.value.code == 1
    assert "BAD  Backups: Last backup: NEVER" in printed
    with pytest.raises(SystemExit):
        call_command("serverhealth", "--todo")
    assert "ok  " not in capsys.readouterr().out


def test_sizes_and_times_are_in_words():
    assert [size(1), size(999_999), size(3.2e9), size(5e15)] == ["1 bytes", "1000.0 kB", "3.2 GB", "5000.0 TB"]
    assert [duration(5), duration(60), duration(7_300), duration(200_000)] == [
        "5 seconds",
        "1 minute",
        "2 hours",
        "2 days",
    ]
