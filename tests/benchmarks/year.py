"""The size of the database after a year: each table's bytes a row, measured with a share, times the rows of a year.

    CHAINRULE_TEST_POSTGRES=postgres://... python -m tests.benchmarks.year
        [--students 5000] [--assignments 20] [--attempts 5] [--share 60] [--reports var/demo-reports]

A measurement. It makes the work of so many students (`--share`) as `tests.benchmarks.crowd` does, with reports that the
grader wrote: `make demo` leaves those of its story in `var/demo-reports`. A row's bytes are those of table, indexes and
TOAST after VACUUM FULL; in use, a table is up to a third larger. Each student does one test run for each assignment.
"""

import argparse
import os
from pathlib import Path

from tests.support.system import ROOT, own_postgres_database

# Rows of a year: for each student, for each assignment of each student, or for each attempt; and what bounds them.
FOR_EACH = {
    "submissions_submission": ("attempt or test run", "`CHAINRULE_KEEP_CODE_DAYS` takes code and report, not the row"),
    "insights_failedcheck": ("attempt with a failed check", "`CHAINRULE_KEEP_CODE_DAYS`"),
    "gradebook_gradechange": ("changed grade", "nothing: it is the record"),
    "gradebook_grade": ("student and assignment", "nothing"),
    "drafts_draft": ("student and assignment", "`CHAINRULE_KEEP_CODE_DAYS`"),
    "webhooks_event": ("attempt, of 30 days", "`CHAINRULE_KEEP_EVENTS_DAYS`"),
    "webhooks_delivery": ("attempt, of 30 days", "`CHAINRULE_KEEP_EVENTS_DAYS`"),
    "mail_mail": ("20 e-mails of 30 days for each student", "`CHAINRULE_MAIL_KEPT_DAYS`"),
    "django_session": ("sign-in, of two weeks", "two weeks"),
}
DRAFTS = """
INSERT INTO drafts_draft (learner_id, assignment_id, source, version, saved_at, other)
SELECT learner_id, assignment_id, source, 1, submitted_at, '' FROM submissions_submission
WHERE kind = 'submit' AND number = 1
"""
# A token of the crowd is a random number in hexadecimal digits.
REPORTS = """
UPDATE submissions_submission SET report = sample.report FROM sample
WHERE submissions_submission.report IS NOT NULL
AND sample.number = ('x' || substr(token, 1, 6))::bit(24)::int %% %s
"""
SIZES = "SELECT pg_total_relation_size(%s), (SELECT count(*) FROM {table})"
FEW = 2_000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--students", type=int, default=5_000)
    parser.add_argument("--assignments", type=int, default=20)
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--share", type=int, default=60, help="Students whose work is made and measured.")
    parser.add_argument("--reports", type=Path, default=ROOT / "var" / "demo-reports")
    options = parser.parse_args()
    reports = [file.read_text() for file in sorted(options.reports.glob("*.json"))]
    if not reports:
        raise SystemExit(f"{options.reports} has no reports: run `make demo` until its story is told, or name a folder")
    with own_postgres_database(os.environ["CHAINRULE_TEST_POSTGRES"]) as url:
        show(measure(url, reports, options), options)


def measure(url, reports, options):
    """Fill the empty database at an address; {table: (bytes of a row, rows)}. Once per process."""
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "server.settings.test"}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.benchmarks.crowd import Crowd, fill
    from tests.benchmarks.million import quiet

    quiet()
    call_command("migrate", verbosity=0)
    size = {"students": options.share, "assignments": options.assignments, "attempts": options.attempts}
    (course,) = fill(Crowd(courses=1, **size))
    fill_the_rest(course)
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE sample (number serial, report jsonb)")
        cursor.executemany("INSERT INTO sample (report) VALUES (%s)", [[report] for report in reports])
        cursor.execute(REPORTS, [len(reports)])
        cursor.execute(DRAFTS)
        cursor.execute("VACUUM FULL ANALYZE")
        for table in FOR_EACH:
            cursor.execute(SIZES.format(table=table), [table])
            total, rows = cursor.fetchone()
            found[table] = (total / max(rows, 1), rows)
    return found


def fill_the_rest(course):
    """A few rows of the tables that are emptied after some weeks."""
    from datetime import timedelta

    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from server.accounts.models import User
    from server.mail.models import Mail, MailKind, MailState
    from server.webhooks.models import Delivery, DeliveryState, Event
    from server.webhooks.services import add_endpoint

    now, learner = timezone.now(), User.objects.filter(enrollments__course=course).first()
    endpoint = add_endpoint(course, url="https://lms.example.org/hook", events=["grade.changed"])
    payload = {"id": "0" * 36, "assignment": "gradients/two-variables", "user": 1, "points": 10.0, "text": "x" * 300}
    events = Event.objects.bulk_create(
        Event(course=course, type="grade.changed", payload=payload | {"number": number}) for number in range(FEW)
    )
    ended = {"state": DeliveryState.DELIVERED, "finished_at": now, "due_at": now}
    Delivery.objects.bulk_create(Delivery(event=event, endpoint=endpoint, **ended) for event in events)
    Mail.objects.bulk_create(
        Mail(
            kind=MailKind.SECURITY,
            recipient=learner,
            address=f"learner{number}@example.org",
            course=course,
            subject="Your grades of this week",
            state=MailState.SENT,
            due_at=now,
            expires_at=now + timedelta(days=1),
            finished_at=now,
        )
        for number in range(FEW)
    )
    data = SessionStore().encode(
        {"_auth_user_id": "12345", "_auth_user_hash": "0" * 64, "_auth_user_backend": "x" * 50}
    )
    Session.objects.bulk_create(
        Session(session_key=f"{number:032}", session_data=data, expire_date=now) for number in range(FEW)
    )


def rows_of_a_year(found, options):
    """The rows of each table after a year; those of the work by the share that was made."""
    times = options.students / options.share
    month = options.students * options.assignments * options.attempts * 30 / 240
    fixed = {
        "webhooks_event": month,
        "webhooks_delivery": month,
        "mail_mail": 20 * options.students,
        "django_session": 14 * options.students,
    }
    return {table: fixed.get(table, times * rows) for table, (_, rows) in found.items()}


def show(found, options):
    """Print the table; a month has an eighth of the work, because a year has eight months of teaching."""
    print("| table | one row for each | rows | bytes each | after a year | bounded by |")
    print("|---|---|--:|--:|--:|---|")
    total, rows = 0.0, rows_of_a_year(found, options)
    for table, (each, _) in found.items():
        what, bound = FOR_EACH[table]
        total += each * rows[table]
        print(
            f"| `{table}` | {what} | {rows[table]:,.0f} | {each:,.0f} | {each * rows[table] / 1e9:.2f} GB | {bound} |"
        )
    print(f"| all of these | | | | {total / 1e9:.1f} GB | |")


if __name__ == "__main__":
    main()
