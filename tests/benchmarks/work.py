"""The server's frequent work as functions to be measured: pages, the API, reconciling, submitting."""

from datetime import timedelta
from functools import partial

from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from server.accounts.models import User
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.courses.models import Role
from server.courses.visibility import everybody
from server.regrades import selectors as regrades
from server.regrades import services as regrading
from server.submissions import services
from server.submissions.models import Kind, State, Submission
from server.submissions.queue import place_in_line, reconcile, turns, wait_estimate
from tests.support.people import make_report


def pieces(courses):
    """Return (name, function) of each piece of work, with the oldest and the latest of some courses."""
    found = []
    for age, course in (("oldest", courses[0]), ("latest", courses[-1])):
        found += [(f"{name}, {age}", work) for name, work in [*course_pages(course), *calls(course)]]
    return found + jobs(courses[-1])


def course_pages(course):
    teacher, student = member(course, Role.INSTRUCTOR), member(course, Role.STUDENT)
    assignment = course.assignments.first()
    taught = {
        "dashboard": reverse("dashboard:overview", args=[course.slug]),
        "gradebook": reverse("dashboard:gradebook", args=[course.slug]),
        "gradebook by total": reverse("dashboard:gradebook", args=[course.slug]) + "?sort=-total&page=3",
        "analytics": reverse("dashboard:analytics", args=[course.slug, assignment.pk]),
        "exercises": reverse("dashboard:exercises", args=[course.slug]),
        "changes": reverse("dashboard:changes", args=[course.slug]),
        "grade": reverse("dashboard:grade", args=[course.slug, assignment.pk, student.pk]),
        "CSV": reverse("dashboard:export", args=[course.slug, "csv"]),
    }
    learnt = {
        "home": reverse("courses:home", args=[course.slug]),
        "own grades": reverse("courses:grades", args=[course.slug]),
        "exercise": reverse("submissions:exercise", args=[course.slug, assignment.slug]),
        "history": reverse("submissions:history", args=[course.slug, assignment.slug]),
    }
    return [*opened(teacher, taught), *opened(student, learnt)]


def member(course, role):
    return User.objects.filter(enrollments__course=course, enrollments__role=role).first()


def opened(user, addresses):
    client = watcher(user)
    return [(name, partial(get, client, address)) for name, address in addresses.items()]


def watcher(user):
    client = Client()
    client.force_login(user)
    return client


def get(client, address, **headers):
    cache.clear()
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response


def calls(course):
    """Lists of the API: the first page, a page in the middle, the last page, and recent changes."""
    owner = member(course, Role.INSTRUCTOR)
    _, token = make_token("bench", courses=[course], scopes=list(TokenScope), owner=owner)
    ids = list(Submission.objects.filter(assignment__course=course).order_by("pk").values_list("pk", flat=True))
    yesterday, months_ago = timezone.now() - timedelta(days=1), timezone.now() - timedelta(days=400)
    asked = {
        "API list, first page": "?limit=50",
        "API list, in the middle": f"?limit=50&cursor={ids[len(ids) // 2]}",
        "API list, at the end": f"?limit=50&cursor={ids[-5]}",
        "API list, since yesterday": f"?updated_since={yesterday:%Y-%m-%dT%H:%M:%SZ}",
        "API list, since long ago": f"?updated_since={months_ago:%Y-%m-%dT%H:%M:%SZ}",
        "API list, one learner": f"?user={member(course, Role.STUDENT).pk}",
        "API list, waiting": "?state=queued",
    }
    client, bearer = Client(), f"Bearer {token}"
    asked = {name: f"/api/v1/submissions{query}" for name, query in asked.items()}
    asked["API grades"] = "/api/v1/grades"
    return [(name, partial(get, client, address, authorization=bearer)) for name, address in asked.items()]


def submit(learner, assignment, **options):
    """Submit, after whatever the learner has open is withdrawn: only a few can be open."""
    learner.submissions.open().update(state=State.CANCELLED)
    services.submit(learner=learner, assignment=assignment, source="x = 1", **options)


def jobs(course):
    """Work without a page: submitting, recording, reconciling, regrading, computing a place in the queue."""
    student, teacher = member(course, Role.STUDENT), member(course, Role.INSTRUCTOR)
    assignment = course.assignments.first()
    open_one = Submission.objects.open().first()
    report = make_report(slug=open_one.exercise)
    regrade = regrading.start(course, [assignment], by=teacher, why="A measurement.")
    return [
        ("submit", partial(submit, student, assignment)),
        ("check", partial(submit, student, assignment, kind=Kind.TEST_RUN)),
        ("turns", partial(turns.fill, "cpu")),
        ("state", partial(get, watcher(open_one.learner), reverse("submissions:state", args=[open_one.pk]))),
        ("record", partial(services.record, submission=str(open_one.pk), token=open_one.token, report=report)),
        ("reconcile", reconcile.reconcile),
        ("place in the queue", partial(place_in_line.ahead_of, open_one)),
        ("pace", partial(wait_estimate.latest_spans, "cpu", now=timezone.now())),
        ("regrade, start", partial(regrading.start, course, [assignment], by=teacher, why="A measurement.")),
        ("regrade, tally", partial(regrades.tally, regrade, people=everybody(regrade.course))),
        ("regrade, page", lambda: list(regrades.reruns(regrade, people=everybody(regrade.course))[:100])),
    ]
