"""What each role can do, as a table: every role, every action, the status of the answer."""

import pytest
from django.urls import reverse
from django.utils import timezone

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.gradebook.models import Action, GradeChange
from server.gradebook.services import decide
from server.regrades import services as regrades
from server.similarity import services as similarity
from server.webhooks.models import Delivery, Event, EventType
from server.webhooks.services import add_endpoint
from tests.support.lms.builders import make_lms, make_platform
from tests.support.people import graded, make_course, make_member, make_student, make_user

ROLES = ["anonymous", "stranger", "other_instructor", "student", "ta", "instructor", "admin"]
IN, HIDDEN, NO, YES = "sign-in", 404, 403, "yes"

# The answers in the order of ROLES.
SEES = [IN, HIDDEN, HIDDEN, HIDDEN, YES, YES, YES]
RUNS = [IN, HIDDEN, HIDDEN, HIDDEN, NO, YES, YES]

PAGES = [
    "dashboard:overview",
    "dashboard:workers",
    "dashboard:exercises",
    "dashboard:gradebook",
    "dashboard:changes",
    "dashboard:audit",
    "dashboard:audit-file",
    "dashboard:assignments",
    "comments:inbox",
    "comments:saved",
    "regrade_requests:inbox",
    "regrades:list",
    "similarity:list",
    "roster:people",
]
GET = {(page, ()): SEES for page in PAGES} | {
    ("dashboard:export", ("csv",)): SEES,
    ("dashboard:student", ("learner",)): SEES,
    ("dashboard:grade", ("assignment", "learner")): SEES,
    ("dashboard:submission", ("submission",)): SEES,
    ("dashboard:assignment", ("assignment",)): SEES,
    ("dashboard:exercise", ("gradients/square",)): SEES,
    ("dashboard:analytics", ("assignment",)): SEES,
    ("regrades:detail", ("regrade",)): SEES,
    ("regrades:progress", ("regrade",)): SEES,
    ("regrades:new", ()): RUNS,
    ("similarity:detail", ("comparison",)): SEES,
    ("roster:import", ()): RUNS,
    ("dashboard:new-assignment", ()): RUNS,
    ("dashboard:more-time", ()): RUNS,
    ("integrations:tokens", ()): RUNS,
    ("integrations:webhooks", ()): RUNS,
    ("integrations:deliveries", ("endpoint",)): RUNS,
    ("lms:links", ()): SEES,
    ("lms:new", ()): RUNS,
    ("lms:platform", ("platform",)): RUNS,
    ("lms:scores", ()): SEES,
    ("lms:column", ("column",)): SEES,
}
POST = {
    ("comments:read-all", ()): (SEES, {}),
    ("comments:saved", ()): (SEES, {"text": "Well done"}),
    ("comments:forget", ("saved_comment",)): (SEES, {}),
    ("dashboard:decide", ("assignment", "learner", "override")): (RUNS, {"override": "5", "why": "x"}),
    ("dashboard:decide", ("assignment", "learner", "exempt")): (RUNS, {"exempt": "on", "why": "x"}),
    ("dashboard:decide", ("assignment", "learner", "extend")): (RUNS, {"extra_attempts": "2", "why": "x"}),
    ("dashboard:more-time", ()): (RUNS, {"days": "2", "why": "x"}),
    ("dashboard:undo", ("change",)): (RUNS, {}),
    ("dashboard:assignment", ("assignment",)): (RUNS, {"points": "50"}),
    ("dashboard:new-assignment", ()): (RUNS, {"points": "50"}),
    ("dashboard:withdraw", ("assignment",)): (RUNS, {}),
    ("dashboard:version", ("assignment",)): (RUNS, {"number": "follow"}),
    ("dashboard:release", ("assignment",)): (RUNS, {}),
    ("dashboard:release-all", ()): (RUNS, {}),
    ("dashboard:total", ()): (RUNS, {"weight-0": "1"}),
    ("integrations:tokens", ()): (RUNS, {"name": "x", "scopes": ["grades:read"]}),
    ("integrations:take-over", ("token",)): (RUNS, {}),
    ("integrations:revoke", ("token",)): (RUNS, {}),
    ("integrations:replace", ("another_token",)): (RUNS, {}),
    ("integrations:webhooks", ()): (RUNS, {"url": "https://lms.example.org/", "events": ["grade.changed"]}),
    ("integrations:rotate", ("endpoint",)): (RUNS, {}),
    ("integrations:switch", ("endpoint",)): (RUNS, {}),
    ("integrations:replay", ("endpoint", "delivery")): (RUNS, {}),
    ("integrations:delete", ("endpoint",)): (RUNS, {}),
    ("lms:new", ()): (RUNS, {}),
    ("lms:invite", ()): (RUNS, {}),
    ("lms:withdraw", ("lms_invitation",)): (RUNS, {}),
    ("lms:platform", ("platform",)): (RUNS, {}),
    ("lms:approve", ("deployment",)): (RUNS, {}),
    ("lms:close", ("deployment",)): (RUNS, {}),
    ("lms:roster", ("lms_course",)): (RUNS, {}),
    ("lms:compare-all", ()): (RUNS, {}),
    ("lms:compare", ("column",)): (RUNS, {}),
    ("lms:resend", ("column",)): (RUNS, {"score": "1"}),
    ("lms:resend-failed", ()): (RUNS, {}),
    ("lms:switch", ("platform",)): (RUNS, {}),
    ("lms:delete", ("another_platform",)): (RUNS, {}),
    ("lms:link", ("lms_course",)): (RUNS, {}),
    ("regrades:new", ()): (RUNS, {}),
    ("regrades:end", ("regrade", "discard")): (RUNS, {}),
    ("regrades:end", ("regrade", "apply")): (RUNS, {}),
    ("similarity:start", ()): (RUNS, {}),
    ("roster:import", ()): (RUNS, {"text": "email\nada@example.org\n"}),
    ("roster:confirm", ()): (RUNS, {"text": "email\nada@example.org\n"}),
}


@pytest.fixture
def things(course, assignment, instructor):
    """One object of every kind that an address can name."""
    learner = make_student(course)
    submission = graded(learner, assignment, given=5)
    change = decide(assignment, learner, action=Action.OVERRIDDEN, by=instructor, why="?", override=60)
    # The endpoint comes last, so that the changes above send it no events.
    endpoint = add_endpoint(course, url="https://lms.example.org/", events=[EventType.GRADE_CHANGED])
    event = Event.objects.create(course=course, type=EventType.GRADE_CHANGED, payload={})
    return make_lms(assignment, instructor) | {
        "assignment": assignment.pk,
        "token": make_token("x", courses=[course], scopes=[TokenScope.GRADES_READ])[0].pk,
        "another_token": make_token("y", courses=[course], scopes=[TokenScope.GRADES_READ])[0].pk,
        "endpoint": endpoint.pk,
        "delivery": Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now()).pk,
        "learner": learner.pk,
        "another_platform": make_platform(course, client_id="another").pk,
        "submission": submission.pk,
        "saved_comment": course.saved_comments.create(by=instructor, text="Well done").pk,
        "change": change.pk,
        "regrade": regrades.start(course, [assignment], by=instructor, why="?").pk,
        "comparison": similarity.start(course, by=instructor).pk,
    }


@pytest.fixture
def people(course, ta, instructor):
    return {
        "anonymous": None,
        "stranger": make_user(),
        "other_instructor": make_member(make_course(), "instructor"),
        "student": make_student(course),
        "ta": ta,
        "instructor": instructor,
        "admin": make_user(is_staff=True, is_superuser=True),
    }


def answer(client, method, address, data=None):
    response = getattr(client, method)(address, data)
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/"):
        return IN
    return response.status_code if response.status_code in {403, 404} else YES


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_exactly_the_pages_that_it_should(client, course, things, people, role):
    if people[role]:
        client.force_login(people[role])
    expected = {page: answers[ROLES.index(role)] for page, answers in GET.items()}

    got = {
        (name, args): answer(client, "get", reverse(name, args=[course.slug, *(things.get(a, a) for a in args)]))
        for name, args in GET
    }

    assert got == expected


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_do_exactly_what_it_should(client, course, things, people, role):
    if people[role]:
        client.force_login(people[role])
    expected = {action: answers[ROLES.index(role)] for action, (answers, _) in POST.items()}

    got = {
        (name, args): answer(client, "post", reverse(name, args=[course.slug, *(things.get(a, a) for a in args)]), data)
        for (name, args), (_, data) in POST.items()
    }

    assert got == expected


@pytest.mark.parametrize("role", ["anonymous", "stranger", "other_instructor", "student", "ta"])
def test_a_role_without_permission_changes_no_grade(client, course, things, people, role):
    if people[role]:
        client.force_login(people[role])
    before = GradeChange.objects.count()

    for (name, args), (answers, data) in POST.items():
        if answers is RUNS:
            client.post(reverse(name, args=[course.slug, *(things.get(a, a) for a in args)]), data)

    assert GradeChange.objects.count() == before


def test_objects_of_another_course_are_not_found(client, course, things):
    other = make_course()
    client.force_login(make_member(other, "instructor"))

    for name, args in [*GET, *POST]:
        if any(arg in things for arg in args):
            address = reverse(name, args=[other.slug, *(things.get(a, a) for a in args)])
            method = "post" if (name, args) in POST and (name, args) not in GET else "get"
            assert answer(client, method, address) == 404, address
