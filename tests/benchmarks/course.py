"""How fast and how large every page of a large course is, for its instructor. A measurement, not a test:

    python -m tests.benchmarks.course [--students 3000] [--assignments 23] [--attempts 3] [--rounds 9]
        [--only PART] [--json FILE]

It starts a PostgreSQL of its own (or uses CHAINRULE_TEST_POSTGRES), fills it with one course (`tests.benchmarks.crowd`)
with grading errors, a regrade, a comparison, an LMS with everybody, webhooks, former members and a long log, and opens
every address below the course: its list is made from Django's resolver, so a new page is measured, too. Prints the
median of warm requests in this process, without the network, its own processor time (not the database's), and the
size. A page should take at most 300 ms and have at most 1 MB; those that do not are marked, and the exit status is 1.
Files have no limit.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from deploy.dev.services import postgres
from tests.benchmarks.million import quiet
from tests.support.system import own_postgres_database

MOST_MS, MOST_BYTES = 300, 1_000_000
# Addresses that cannot be asked for with GET alone.
NOT_PAGES = {"submissions:events", "dashboard:source-file"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=3000)
    parser.add_argument("--assignments", type=int, default=23)
    parser.add_argument("--attempts", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="A part of the names of the pages.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url, own_postgres_database(url) as own:
        measured = measure(own, options)
    show(measured, options)
    if options.json:
        options.json.write_text(json.dumps(measured, indent=2))
    return 1 if any(one["over"] for one in measured.values()) else 0


@contextmanager
def server(folder):
    given = os.environ.get("CHAINRULE_TEST_POSTGRES")
    if given:
        yield given
        return
    with postgres(folder) as url:
        yield url


def measure(url, options):
    """Fill the empty database at an address and open each page; {name: figures}. Once per process."""
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "server.settings.test"}
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from tests.benchmarks.crowd import Crowd, fill

    quiet()
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    crowd = Crowd(courses=1, students=options.students, assignments=options.assignments, attempts=options.attempts)
    (course,) = fill(crowd)
    things = add_the_rest(course)
    print(f"{options.students} students, made in {time.perf_counter() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
    client = Client(raise_request_exception=False)
    client.force_login(things["teacher"])
    pages = {name: address for name, address in addresses(things).items() if options.only in name}
    measured = {}
    for name, address in pages.items():
        if is_page(client, name, address):
            measured[name] = figures(client, address, options.rounds)
            print(line(name, measured[name]), flush=True)
    return measured


def add_the_rest(course):
    """Add what `crowd` has not; return the values of addresses."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.utils import timezone

    from server.api.models import TokenScope
    from server.api.tokens import make_token
    from server.audit.models import AuditAction, AuditEntry
    from server.courses.models import Enrollment, FormerEnrollment
    from server.gradebook.models import GradeChange
    from server.invitations.services import invite
    from server.lti.models import Identity, LineItem, Membership, Passback
    from server.regrades.models import Regrade, Rerun
    from server.similarity.models import Comparison, Pair
    from server.submissions.models import Submission
    from server.webhooks.models import Delivery, Event
    from server.webhooks.services import add_endpoint
    from tests.support.lms.builders import make_lms

    User = get_user_model()
    now = timezone.now()
    teacher = User.objects.get(enrollments__course=course, enrollments__role="instructor")
    students = list(User.objects.filter(enrollments__course=course, enrollments__role="student").order_by("pk"))
    for student in students:
        student.email, student.external_id = f"{student.username}@example.org", f"ID-{student.pk}"
    User.objects.bulk_update(students, ["email", "external_id"], batch_size=500)
    assignment = course.assignments.first()
    former = User.objects.bulk_create(User(username=f"former{n}", last_name=f"Former{n}") for n in range(200))
    FormerEnrollment.objects.bulk_create(
        FormerEnrollment(course=course, user=user, role="student", by=teacher) for user in former
    )
    AuditEntry._base_manager.bulk_create(
        AuditEntry(by=teacher, about=student, origin="page", area="people", action=AuditAction.ENROLLED, course=course)
        for student in students
    )
    own = Submission.objects.filter(assignment=assignment, kind="submit", state="graded").order_by("pk")
    rows = list(own.only("pk", "given", "max", "digest", "runtime")[: 2 * len(students)])
    regrade = Regrade.objects.create(course=course, by=teacher, why="The check was wrong")
    regrade.assignments.set([assignment])
    Rerun.objects.bulk_create(rerun_of(Rerun, regrade, row) for row in rows)
    comparison = Comparison.objects.create(course=course, by=teacher, done=[assignment.pk])
    alike = {"share": 0.8, "shared": 40, "left_lines": [[1, 20]], "right_lines": [[1, 20]]}
    pairs = zip(rows[::2], rows[1::2], strict=False)
    Pair.objects.bulk_create(
        Pair(comparison=comparison, assignment=assignment, left=left, right=right, **alike) for left, right in pairs
    )
    lms = make_lms(assignment, teacher)
    people = Identity.objects.bulk_create(
        Identity(platform_id=lms["platform"], sub=f"sub{student.pk}", user=student, name=student.display_name)
        for student in students
    )
    Membership.objects.bulk_create(
        Membership(lms_course_id=lms["lms_course"], identity=one, roster_role="student") for one in people
    )
    Passback.objects.bulk_create(
        Passback(line_item_id=lms["column"], identity=one, given=5, most=10, state="failed", words="no", due_at=now)
        for one in people
    )
    LineItem.objects.filter(pk=lms["column"]).update(url="https://lms.example.org/1", compared_at=now)
    endpoint = add_endpoint(course, url="https://lms.example.org/hook", events=["grade.changed"])
    events = Event.objects.bulk_create(
        Event(course=course, type="grade.changed", payload={"data": {}}) for _ in range(len(students))
    )
    sent = Delivery.objects.bulk_create(
        Delivery(event=event, endpoint=endpoint, due_at=now, state="failed") for event in events
    )
    token, _ = make_token("LMS", courses=[course], scopes=[TokenScope.GRADES_READ], owner=teacher)
    Enrollment.objects.filter(course=course, user=students[-1]).update(role="ta")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {
        "teacher": teacher,
        "course": course.slug,
        "slug": course.slug,
        "assignment": assignment.pk,
        "exercise": assignment.slug,
        "learner": students[0].pk,
        "submission": rows[0].pk,
        "change": GradeChange.objects.order_by("-pk").values_list("pk", flat=True).first(),
        "regrade": regrade.pk,
        "comparison": comparison.pk,
        "pair": Pair.objects.first().pk,
        "token": token.pk,
        "endpoint": endpoint.pk,
        "delivery": sent[0].pk,
        "invitation": invite(course=course, by=teacher, ends_at=now + timedelta(days=9)).pk,
        **{name: lms[name] for name in ("platform", "deployment", "lms_course", "column", "lms_invitation")},
    }


def rerun_of(model, regrade, row):
    old = {"old_state": "graded", "old_given": row.given, "old_max": row.max, "old_digest": row.digest}
    new = {"state": "graded", "given": 10 - row.given, "max": row.max, "digest": "new", "runtime": "cpu"}
    return model(regrade=regrade, submission=row, changes=True, **old, **new)


# The keys of addresses with <int:pk> or <uuid:pk>, by the name of the view.
KEYS = {
    "dashboard:student": "learner",
    "dashboard:submission": "submission",
    "dashboard:undo": "change",
    "roster": "learner",
    "regrades": "regrade",
    "similarity:pair": "pair",
    "similarity": "comparison",
    "integrations:deliveries": "endpoint",
    "integrations": "token",
    "lms": "platform",
    "lms:column": "column",
    "invitations": "invitation",
}
WORDS = {"form": "csv", "what": "override", "slug": None, "course": None, "action": "discard"}


def addresses(things):
    """Return {name: address} of every address below the course that can be written with these values."""
    from django.urls import NoReverseMatch, get_resolver, reverse

    found = {}
    for name, parameters in below_course(get_resolver()):
        values = {key: value_of(name, key, things) for key in parameters}
        try:
            found[name] = reverse(name, kwargs=values)
        except NoReverseMatch:
            print(f"not measured: {name} {parameters}")
    shown = {f"{name} {query}": f"{found[name]}?{query}" for name, query in QUERIES if name in found}
    shown |= {f"dashboard:export {form}": reverse("dashboard:export", args=[things["slug"], form]) for form in FORMATS}
    return found | shown


FORMATS = ("xlsx", "canvas", "moodle", "gradescope")
QUERIES = (
    ("dashboard:gradebook", "page=30"),
    ("dashboard:gradebook", "sort=-total"),
    ("dashboard:gradebook", "search=Last5"),
    ("dashboard:changes", "page=100"),
    ("dashboard:changes", "by=people"),
    ("dashboard:errors", "page=2"),
    ("dashboard:audit", "person=Last5"),
    ("roster:people", "page=20"),
    ("roster:people", "search=Last5"),
    ("similarity:detail", "page=2"),
)


def below_course(resolver, prefix="", space=""):
    """Yield (name, names of the parameters) of each view whose address begins with a course."""
    from django.urls import URLPattern

    for pattern in resolver.url_patterns:
        address = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from below_course(pattern, address, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif address.startswith("courses/<slug:") and pattern.name:
            names = [part.partition(":")[2] for part in address.replace("<", ">").split(">") if ":" in part]
            yield space + pattern.name, names


def value_of(name, key, things):
    if key in {"slug", "course"}:
        return things["exercise"] if name.startswith("submissions:") and key == "slug" else things["slug"]
    if key in WORDS:
        return WORDS[key]
    chosen = KEYS.get(name) or KEYS.get(name.partition(":")[0]) if key == "pk" else key
    return things.get(chosen or "assignment", things["assignment"])


def is_page(client, name, address):
    """Whether the address answers with a page or a file that can be read at once; tells why not otherwise."""
    if name in NOT_PAGES:
        return False
    response = client.get(address)
    if response.status_code not in {200, 405, 302}:
        print(f"not measured: {name} answers {response.status_code}")
    return response.status_code == 200


def figures(client, address, rounds):
    taken, worked = [], []
    for _ in range(rounds):
        begun, cpu = time.perf_counter(), time.process_time()
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        taken.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - cpu))
    is_file = "attachment" in response.headers.get("Content-Disposition", "")
    median = statistics.median(taken)
    over = not is_file and (median > MOST_MS or len(content) > MOST_BYTES)
    cpu = round(statistics.median(worked), 1)
    return {"ms": round(median, 1), "cpu_ms": cpu, "bytes": len(content), "file": is_file, "over": over}


def line(name, one):
    mark = "file" if one["file"] else "TOO MUCH" if one["over"] else ""
    return f"{name:40}{one['ms']:10.1f}{one['cpu_ms']:9.1f}{one['bytes'] / 1000:9.1f}  {mark}"


def show(measured, options):
    load = os.getloadavg()[0]
    print(f"{'':40}{'median ms':>10}{'CPU ms':>9}{'kB':>9}   ({options.students} students, load {load:.1f})")
    for name, one in sorted(measured.items(), key=lambda item: -item[1]["ms"]):
        print(line(name, one))


if __name__ == "__main__":
    sys.exit(main())
