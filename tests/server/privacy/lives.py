"""People with a row in every table that can have one, and a search for what is left of them."""

import json
from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from grader.protocol.reports import Outcome
from grader.protocol.snippets import Shown
from server.analytics.models import FailedCheck
from server.announcements.models import Announcement
from server.api.models import ExternalReference, KeptAnswer, TokenScope
from server.api.tokens import make_token
from server.calendars.services import renew
from server.comments.services import comment, edit, keep, mark_read
from server.courses.models import AssistantLimit, FormerEnrollment, Section
from server.drafts import services as drafts
from server.gradebook.accommodations import set_more_time
from server.gradebook.models import Action
from server.gradebook.rules import MoreTime
from server.gradebook.services import decide
from server.hints.models import HintUse
from server.lessons.models import SnippetRun
from server.lti.models import Identity, LineItem, LoginState, Membership, Passback, PassbackTry, Selection
from server.mail.models import Letter, Mail, SwitchedOff
from server.mail.sealing import seal
from server.notifications.models import News, Reminder
from server.regrade_requests.models import RequestState
from server.regrade_requests.services import answer, ask
from server.regrades.models import Regrade, Rerun
from server.similarity.models import Comparison, Pair
from server.submissions.models import Kind
from server.webhooks.models import Event, Try
from tests.support.lms.builders import make_lms, make_selection
from tests.support.packages import make_package
from tests.support.people import make_course, make_member, make_report, make_student, make_submission, record

NAME = {"first_name": "Evelina", "last_name": "Quorthon", "username": "eq-7731", "external_id": "MATR-99812"}
NAME |= {"email": "evelina.quorthon@example.org"}
CODE = "quorthon_secret_code = 1\n"
OUTPUT = "quorthon_printed_this"
# What must not be left. The platform's id and the draft are in it, too.
MARKS = ["evelina", "quorthon", "eq-7731", "matr-99812", "platform-sub-4711", "quorthon_draft"]


def live(course, assignment, *, others=2):
    """Let a student of a course leave a trace everywhere; (the student, the teacher, the other students)."""
    teacher = make_member(course, "instructor", username="teacher", first_name="Tilda", last_name="Teacher")
    person = make_student(course, **NAME)
    classmates = [make_student(course, username=f"mate{n}") for n in range(others)]
    for given, mate in enumerate(classmates, start=4):
        record(make_submission(mate, assignment), make_report(given))
    attempt = hand_in(person, assignment)
    grade(person, teacher, assignment)
    talk_about(attempt, person, teacher, classmates)
    ask_for_a_regrade(attempt, person, teacher)
    look_alike(attempt, teacher, classmates, assignment)
    grade_again(attempt, teacher, course, assignment)
    write_unfinished_code(person, course, assignment)
    sign_in_everywhere(person)
    renew(person)
    use_platform(person, teacher, assignment)
    use_api(person, attempt, course, teacher)
    get_mail(person, teacher, attempt, course)
    write_packages(person)
    leave_a_course(person, teacher)
    section = Section.objects.create(course=course, name="Monday")
    AssistantLimit.objects.create(course=course, user=person, section=section)
    be_reported(person)
    be_changed_by_administrator(person, teacher)
    return person, teacher, classmates


def hand_in(person, assignment):
    attempt = make_submission(person, assignment, source=CODE)
    report = make_report(3, message="raised", data={"error": OUTPUT}) | {"output": OUTPUT}
    record(attempt, report | {"exhibits": [{"kind": "graph", "case": OUTPUT, "graph": {}, "cut_off": []}]})
    FailedCheck.objects.filter(submission=attempt).update(text=f"It raised {OUTPUT}")
    record(make_submission(person, assignment, source=CODE, kind=Kind.TEST_RUN), report)
    attempt.refresh_from_db()
    return attempt


def grade(person, teacher, assignment):
    decide(assignment, person, action=Action.OVERRIDDEN, by=teacher, why="Evelina was ill", override=42)
    decide(assignment, person, action=Action.EXTENDED, by=teacher, why="Quorthon asked", extra_attempts=2)
    set_more_time(assignment.course, [person], MoreTime(days=1), by=teacher, why="Quorthon is ill")


def talk_about(attempt, person, teacher, classmates):
    comment(attempt, author=teacher, text="Well done, Evelina Quorthon!")
    said = comment(attempt, author=person, text="quorthon_asks_this")
    edit(said, text="quorthon_asks_that")
    mark_read(attempt.comments.all(), person)
    mark_read(attempt.comments.all(), teacher)
    keep(attempt.course, by=teacher, text="As Evelina Quorthon did it.")
    other = classmates[0].submissions.first()
    comment(other, author=teacher, text="Compare with Evelina Quorthon (eq-7731).")


def ask_for_a_regrade(attempt, person, teacher):
    asked = ask(attempt, by=person, reason="quorthon_reason")
    answer(asked, by=teacher, decision=RequestState.KEPT, text="No, Evelina Quorthon")


def look_alike(attempt, teacher, classmates, assignment):
    comparison = Comparison.objects.create(course=assignment.course, by=teacher)
    alike = {"share": 1, "shared": 1, "left_lines": [[1, 1]], "right_lines": [[1, 1]]}
    other = classmates[0].submissions.first()
    Pair.objects.create(comparison=comparison, assignment=assignment, left=attempt, right=other, **alike)
    Pair.objects.create(comparison=comparison, assignment=assignment, left=other, right=attempt, **alike)


def grade_again(attempt, teacher, course, assignment):
    regrade = Regrade.objects.create(course=course, by=teacher, why="The check was wrong for Evelina Quorthon")
    regrade.assignments.set([assignment])
    regrade.changes.set(attempt.learner.grade_changes.all())
    old = {"old_state": "graded", "old_given": 3, "old_max": 10, "old_digest": "", "old_report": attempt.report}
    new = {"state": "graded", "report": attempt.report, "given": 4, "max": 10, "digest": "", "runtime": "cpu"}
    Rerun.objects.create(regrade=regrade, submission=attempt, **old, **new)


def write_unfinished_code(person, course, assignment):
    drafts.save(learner=person, assignment=assignment, source="quorthon_draft = 1", seen=0)
    shown = Shown(outcome=Outcome.GRADED, output=OUTPUT).to_dict()
    ended = timezone.now()
    SnippetRun.objects.create(learner=person, course=course, lesson="x", block=1, shown=shown, finished_at=ended)


def write_packages(person):
    """Rows of a person who taught another course."""
    package = make_package(make_course(), by=None)
    package.versions.update(made_by=person, note="As Evelina Quorthon wants it")
    package.draft_files.update(changed_by=person)
    package.published_by = person
    package.save()
    package.runs.create(digest="", by=person, path="x.py", source="quorthon_note = 1", seed=1)


def sign_in_everywhere(person):
    for _ in range(2):
        Client().force_login(person)
    address = EmailAddress.objects.create(user=person, email=NAME["email"], primary=True, verified=True)
    EmailConfirmation.objects.create(email_address=address, key="quorthon-key")
    Authenticator.objects.create(user=person, type="totp", data={"secret": "quorthon-factor"})
    person.groups.add(Group.objects.create(name="readers"))


def use_platform(person, teacher, assignment):
    lms = make_lms(assignment, teacher)
    identity = Identity.objects.create(
        platform_id=lms["platform"], sub="platform-sub-4711", user=person, name="Evelina Quorthon", email=NAME["email"]
    )
    Membership.objects.create(lms_course_id=lms["lms_course"], identity=identity, roster_role="student")
    row = Passback.objects.create(line_item_id=lms["column"], identity=identity, due_at=timezone.now(), words="eq-7731")
    PassbackTry.objects.create(passback=row, at=timezone.now(), words="no eq-7731", seconds=1)
    LineItem.objects.filter(pk=lms["column"]).update(differences=[{"who": "Evelina Quorthon", "ours": 1}])
    later = timezone.now() + timedelta(minutes=10)
    hint = {"login_hint": "platform-sub-4711"}
    LoginState.objects.create(
        state="s", nonce="n", browser="b", platform_id=lms["platform"], params=hint, expires_at=later
    )
    make_selection(assignment.course, person)
    assert Selection.objects.filter(user=person).exists()


def use_api(person, attempt, course, teacher):
    own, _ = make_token("Evelina Quorthon's laptop", courses=[course], scopes=[TokenScope.GRADES_READ], learner=person)
    of_course, _ = make_token("LMS", courses=[course], scopes=[TokenScope.ROSTER_WRITE], owner=teacher)
    now = timezone.now()
    named = json.dumps({"user": {"id": person.pk, "external_id": "MATR-99812"}, "name": "Evelina Quorthon"})
    KeptAnswer.objects.create(token=of_course, key="k", fingerprint="f", claimed_at=now, status=201, body=named)
    KeptAnswer.objects.create(token=of_course, key="other", fingerprint="f", claimed_at=now, status=201, body="{}")
    KeptAnswer.objects.create(token=own, key="k", fingerprint="f", claimed_at=now, status=200, body="{}")
    ExternalReference.objects.create(submission=attempt, text="quorthon-in-the-lms")


def get_mail(person, teacher, attempt, course):
    soon = timezone.now() + timedelta(days=1)
    about = {"kind": "comment", "subject": "For Evelina", "due_at": soon, "expires_at": soon}
    own, shared = Letter.objects.create(content=seal({"text": "x"})), Letter.objects.create(content=seal({"text": "y"}))
    Mail.objects.create(recipient=person, address=person.email, letter=own, **about)
    Mail.objects.create(recipient=person, address=person.email, letter=shared, **about)
    Mail.objects.create(address=NAME["email"], error="unknown: evelina.quorthon@example.org", **about)
    Mail.objects.create(
        recipient=teacher, address="t@example.org", letter=shared, **about | {"subject": "eq-7731 asks"}
    )
    SwitchedOff.objects.create(user=person, kind="comment")
    news = {"course": course, "kind": "comment", "path": "/", "at": soon}
    News.objects.create(user=person, text="Evelina, there is a comment", **news)
    News.objects.create(user=teacher, text="Evelina Quorthon asks", **news)
    Reminder.objects.create(assignment=attempt.assignment, learner=person, due_at=soon)
    Announcement.objects.create(course=course, author=teacher, subject="Prize", body="To Evelina Quorthon")
    HintUse.objects.update_or_create(
        submission=attempt,
        hint="h",
        level=1,
        defaults={"assignment": attempt.assignment, "learner": person, "text": OUTPUT, "opened_at": soon},
    )


def be_reported(person):
    event = Event.objects.filter(payload__data__user__id=person.pk).first()
    if event is not None:
        Try.objects.create(delivery=event.deliveries.first(), at=timezone.now(), status=200, seconds=1)


def leave_a_course(person, teacher):
    FormerEnrollment.objects.create(course=make_course(), user=person, role="student", by=teacher)


def be_changed_by_administrator(person, teacher):
    kind = ContentType.objects.get_for_model(person)
    LogEntry.objects.create(
        user=teacher,
        content_type=kind,
        object_id=str(person.pk),
        object_repr="Evelina Quorthon",
        action_flag=CHANGE,
        change_message="Changed e-mail of eq-7731.",
    )


def every_value():
    """Yield (table, column, value as text) of every value in the whole database."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [one[0] for one in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                    yield table, column, text
    # Sessions are encoded.
    for session in Session.objects.all():
        yield "django_session", "decoded", json.dumps(session.get_decoded())


def traces(marks=MARKS):
    """Return where in the database one of these texts is: {(table, column)}."""
    return {(table, column) for table, column, text in every_value() if any(mark in text.lower() for mark in marks)}


def tables_that_name(person_key):
    """Return the columns of the database that point to an account."""
    return {
        (relation.related_model._meta.label, relation.field.name)
        for relation in apps.get_model("accounts.User")._meta.related_objects
        if not relation.many_to_many
        and relation.related_model._base_manager.filter(**{relation.field.name: person_key}).exists()
    }
