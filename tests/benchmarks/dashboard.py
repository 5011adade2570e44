# ruff: noqa: E402 Django is set up before its models are read
"""How fast the instructor's pages are with 300 students x 23 assignments x 5 attempts.

    DATABASE_URL=postgres://... python -m tests.benchmarks.dashboard [--students 300] [--attempts 5] [--json FILE]

The database must be made for this: it is migrated, filled once with a course `bench` whose scores are made up, and
left as it is. Prints median and 95th percentile of each page in milliseconds, in this process and without the network,
and this process's own processor time (not the database's): on a busy machine that one says more.
"""

import argparse
import json
import logging
import os
import statistics
import time
from datetime import timedelta
from pathlib import Path
from random import Random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.test")

import django

django.setup()

import structlog
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grader.packages.catalogue import packages
from grader.protocol.reports import Finding, Outcome, Report, Status
from server.accounts.models import User
from server.analytics.models import FailedCheck
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
from server.gradebook.services import refresh
from server.submissions.models import State, Submission

MISTAKES = ("returned_none", "degrees", "first_for_second", "squared_first", "not_clipped", "vector_ignored")
ROUNDS = 25


def fill(students, attempts):
    """Make the course, once, and return it."""
    course, fresh = Course.objects.get_or_create(slug="bench", defaults={"title": "Bench"})
    if not fresh:
        return course
    random, now = Random(1), timezone.now()
    people = User.objects.bulk_create(
        User(username=f"bench{n}", first_name=f"First{n}", last_name=f"Last{n % 97}", email=f"b{n}@example.org")
        for n in range(students)
    )
    Enrollment.objects.bulk_create(Enrollment(course=course, user=user) for user in people)
    teacher = User.objects.create_user("bench-teacher", password=None)
    Enrollment.objects.create(course=course, user=teacher, role=Role.INSTRUCTOR)
    for place, package in enumerate(packages()):
        assignment = Assignment.objects.create(
            course=course,
            slug=package.slug,
            exercise=package.slug,
            position=place,
            due_at=now + timedelta(days=place - 10),
        )
        hand_in(assignment, people, attempts, random, now)
        refresh(assignment)
    return course


def hand_in(assignment, people, attempts, random, now):
    rows = [
        row(assignment, user, number, random, now - timedelta(days=random.uniform(0, 30)))
        for user in people
        for number in range(1, attempts + 1)
    ]
    Submission.objects.bulk_create(rows, batch_size=500)
    failed = (failure(one) for one in rows if one.given < one.max)
    FailedCheck.objects.bulk_create(failed, batch_size=1000)


def row(assignment, user, number, random, at):
    given = random.choice([0, 3, 5, 8, 10])
    return Submission(
        learner=user,
        assignment=assignment,
        number=number,
        state=State.GRADED,
        exercise=assignment.exercise,
        digest=assignment.content.digest,
        runtime="cpu",
        source="def f(x):\n    return x\n" * 20,
        submitted_at=at,
        sent_at=at,
        leased_until=at,
        finished_at=at,
        report=report(assignment, given, random),
        given=given,
        max=10,
    )


def report(assignment, given, random):
    findings = [
        Finding(
            check="agrees",
            title="Agrees with autograd",
            status=Status.PASSED if given == 10 else Status.FAILED,
            points=given,
            max_points=10,
            message=None if given == 10 else random.choice(MISTAKES),
            data={"entry": "f", "padding": "x" * 4000},
        )
    ]
    return Report(slug=assignment.exercise, digest="", outcome=Outcome.GRADED, findings=findings, seconds=0.1).to_dict()


def failure(submission):
    finding = submission.report["findings"][0]
    return FailedCheck(
        submission=submission,
        assignment_id=submission.assignment_id,
        learner_id=submission.learner_id,
        at=submission.submitted_at,
        check_id=finding["check"],
        title=finding["title"],
        mistake=finding["message"],
        is_diagnosis=False,
        text=finding["message"],
    )


def measure(course):
    client = Client()
    client.force_login(User.objects.get(username="bench-teacher"))
    assignment = course.assignments.first()
    pages = {
        "dashboard": reverse("dashboard:overview", args=[course.slug]),
        "gradebook": reverse("dashboard:gradebook", args=[course.slug]),
        "gradebook by total": reverse("dashboard:gradebook", args=[course.slug]) + "?sort=-total&page=3",
        "gradebook by exercise": reverse("dashboard:gradebook", args=[course.slug]) + f"?sort=-{assignment.pk}",
        "analytics": reverse("dashboard:analytics", args=[course.slug, assignment.pk]),
        "assignments": reverse("dashboard:assignments", args=[course.slug]),
        "exercises": reverse("dashboard:exercises", args=[course.slug]),
        "changes": reverse("dashboard:changes", args=[course.slug]),
        "people": reverse("roster:people", args=[course.slug]),
    }
    return {name: times(client, address) for name, address in pages.items()}


def times(client, address):
    client.get(address)
    taken, worked = [], []
    for _ in range(ROUNDS):
        begun, cpu = time.perf_counter(), time.process_time()
        assert client.get(address).status_code == 200
        taken.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - cpu))
    return {
        "median_ms": round(statistics.median(taken), 1),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 1),
        "cpu_ms": round(statistics.median(worked), 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    course = fill(options.students, options.attempts)
    count = Submission.objects.filter(assignment__course=course).count()
    print(f"{count} submissions (made in {time.perf_counter() - begun:.0f} s)")
    results = measure(course)
    for name, result in results.items():
        wall = f"median {result['median_ms']:7.1f} ms   95 % {result['p95_ms']:7.1f} ms"
        print(f"{name:24} {wall}   CPU {result['cpu_ms']:6.1f} ms")
    if options.json:
        options.json.write_text(json.dumps({"submissions": count, "pages": results}, indent=2))


if __name__ == "__main__":
    main()
