"""The table of rights: every operation of the API, with every kind of token, scope and state of its owner.

The rows are the operations of the OpenAPI document: one that has no row fails the first test. Each row says which scope
alone opens it, what a personal token and an owner who became a teaching assistant get, and how it answers about
another course or another learner. The walk then tries every combination.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from grader.packages.archives import pack
from server.api.application import api
from server.api.models import ApiToken, TokenScope
from server.api.tokens import make_token, revoke
from server.courses.models import Course, Enrollment
from server.packages.models import PackageKind, VerificationState, VersionSource
from server.packages.services import create_package, make_version
from server.regrade_requests.services import ask
from server.roster import sections
from server.webhooks.models import Delivery, Event
from server.webhooks.services import add_endpoint
from tests.server.api.conftest import Caller
from tests.support.people import graded, make_assignment, make_course, make_member, make_submission, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

SUBMIT, SEE = TokenScope.SUBMISSIONS_WRITE, TokenScope.SUBMISSIONS_READ
GRADES, GRADE = TokenScope.GRADES_READ, TokenScope.GRADES_WRITE
ROSTER, HOOKS, PACKAGES = TokenScope.ROSTER_WRITE, TokenScope.WEBHOOKS_WRITE, TokenScope.PACKAGES_WRITE
EVERY = frozenset(TokenScope)
PERSONAL = {SUBMIT, SEE, GRADES}
# How an operation answers about something that the token cannot reach.
HIDDEN, LOST, NOT_LISTED = 404, 403, 200


@dataclass(frozen=True, kw_only=True)
class Row:
    """An operation. `scopes` open it alone, `own` those of a personal token, `ta` if a teaching assistant's rights do.

    `away` is the status for things of another course, `lost` the same for a course whose staff the owner left, and
    `classmate` that of a personal token for things of another learner.
    """

    method: str
    path: str
    ok: int = 200
    scopes: frozenset = EVERY
    own: frozenset = frozenset()
    ta: bool = True
    away: int = HIDDEN
    lost: int = HIDDEN
    classmate: int = HIDDEN
    body: dict | bytes | None = None


def row(method, path, *, scopes=EVERY, own=(), **fields):
    return Row(method=method, path=path, scopes=frozenset(scopes), own=frozenset(own), **fields)


LIST = {"away": NOT_LISTED, "lost": NOT_LISTED, "classmate": NOT_LISTED}
IN_COURSE = {"lost": LOST}
# The same for everybody in the course.
SHARED = {"classmate": 200}
EVENTS = {SEE, GRADES, HOOKS}
HOOK = {"course": "{course}", "url": "https://lms.example.org/new", "events": []}
PACKAGE = "/courses/{course}/packages/own/{package}"
OF_AUTHORS = {"scopes": {PACKAGES}, "ta": False, "lost": LOST}
TABLE = {
    "list_exercises": row("get", "/exercises", own=EVERY, **LIST),
    "get_exercise": row("get", "/exercises/gradients/square", own=EVERY, **LIST),
    "list_courses": row("get", "/courses", own=EVERY, **LIST),
    "get_course": row("get", "/courses/{course}", own=EVERY, **IN_COURSE, **SHARED),
    "list_enrollments": row(
        "get",
        "/courses/{course}/enrollments",
        scopes={ROSTER, GRADES, SEE, SUBMIT},
        own=PERSONAL,
        lost=LOST,
        classmate=NOT_LISTED,
    ),
    "enroll": row(
        "post",
        "/courses/{course}/enrollments",
        ok=201,
        scopes={ROSTER},
        ta=False,
        body={"external_id": "new", "role": "instructor"},
        **IN_COURSE,
    ),
    "get_enrollment": row(
        "get",
        "/courses/{course}/enrollments/{learner}",
        scopes={ROSTER, GRADES, SEE, SUBMIT},
        own=PERSONAL,
        **IN_COURSE,
    ),
    "change_enrollment": row(
        "patch",
        "/courses/{course}/enrollments/{learner}",
        scopes={ROSTER},
        ta=False,
        body={"role": "ta"},
        **IN_COURSE,
    ),
    "remove_enrollment": row(
        "delete", "/courses/{course}/enrollments/{learner}", ok=204, scopes={ROSTER}, ta=False, **IN_COURSE
    ),
    "restore_enrollment": row(
        "post", "/courses/{course}/enrollments/{learner}/restore", scopes={ROSTER}, ta=False, **IN_COURSE
    ),
    "list_sections": row("get", "/courses/{course}/sections", scopes={ROSTER, GRADES, SEE, SUBMIT}, **IN_COURSE),
    "create_section": row(
        "post", "/courses/{course}/sections", ok=201, scopes={ROSTER}, ta=False, body={"name": "New"}, **IN_COURSE
    ),
    "rename_section": row(
        "patch", "/courses/{course}/sections/{section}", scopes={ROSTER}, ta=False, body={"name": "New"}, **IN_COURSE
    ),
    "delete_section": row(
        "delete", "/courses/{course}/sections/{section}", ok=204, scopes={ROSTER}, ta=False, **IN_COURSE
    ),
    "list_assignments": row("get", "/assignments", own=EVERY, **LIST),
    "get_assignment": row("get", "/assignments/{assignment}", own=EVERY, **SHARED),
    "get_assignment_exercise": row("get", "/assignments/{assignment}/exercise", own=EVERY, **SHARED),
    "create_submission": row(
        "post",
        "/submissions",
        ok=202,
        scopes={SUBMIT},
        own={SUBMIT},
        body={"assignment": "{assignment}", "user": {"id": "{learner}"}, "source": "x = 1\n"},
    ),
    "list_submissions": row("get", "/submissions", scopes={SEE}, own={SEE}, **LIST),
    "get_submission": row("get", "/submissions/{submission}", scopes={SEE, SUBMIT}, own={SEE, SUBMIT}),
    "get_report": row("get", "/submissions/{submission}/report", scopes={SEE, SUBMIT}, own={SEE, SUBMIT}),
    "get_source": row("get", "/submissions/{submission}/source", scopes={SEE}, own={SEE}),
    "cancel_submission": row("post", "/submissions/{waiting}/cancel", scopes={SUBMIT}, own={SUBMIT}),
    "list_grades": row("get", "/grades", scopes={GRADES}, own={GRADES}, **LIST),
    "get_grade": row("get", "/grades/{assignment}/{learner}", scopes={GRADES}, own={GRADES}),
    "set_grade": row(
        "put", "/grades/{assignment}/{learner}", scopes={GRADE}, ta=False, body={"given": 1, "reason": "So."}
    ),
    "list_totals": row(
        "get", "/courses/{course}/totals", scopes={GRADES}, own={GRADES}, lost=LOST, classmate=NOT_LISTED
    ),
    "list_regrade_requests": row("get", "/regrade-requests", scopes={GRADES}, own={GRADES}, **LIST),
    "get_regrade_request": row("get", "/regrade-requests/{request}", scopes={GRADES}, own={GRADES}),
    "answer_regrade_request": row(
        "post",
        "/regrade-requests/{request}/answer",
        scopes={GRADE},
        ta=False,
        body={"decision": "kept", "answer": "So."},
    ),
    "export_grades": row("get", "/exports/csv?course={course}", scopes={GRADES}, **IN_COURSE),
    # With the scope to change webhooks alone, no event can be read, so there is no endpoint to change.
    "list_packages": row("get", "/courses/{course}/packages", scopes={PACKAGES}, ta=False, **IN_COURSE),
    "get_package": row("get", PACKAGE, **OF_AUTHORS),
    "put_package": row("put", PACKAGE, body=pack({"exercise.toml": b"x"}), **OF_AUTHORS),
    "delete_package": row("delete", PACKAGE, ok=204, **OF_AUTHORS),
    "verify_package": row("post", f"{PACKAGE}/verify", ok=202, **OF_AUTHORS),
    "get_package_verification": row("get", f"{PACKAGE}/verification", **OF_AUTHORS),
    "publish_package": row("post", f"{PACKAGE}/publish", **OF_AUTHORS),
    "create_webhook_endpoint": row(
        "post", "/webhook-endpoints", ok=201, scopes={HOOKS}, ta=False, body=HOOK, **IN_COURSE
    ),
    "list_webhook_endpoints": row("get", "/webhook-endpoints", scopes=EVENTS, ta=False, **LIST),
    "get_webhook_endpoint": row("get", "/webhook-endpoints/{endpoint}", scopes=EVENTS, ta=False),
    "change_webhook_endpoint": row(
        "patch", "/webhook-endpoints/{endpoint}", scopes={HOOKS}, ta=False, body={"enabled": False}
    ),
    "rotate_webhook_secret": row("post", "/webhook-endpoints/{endpoint}/secret", scopes={HOOKS}, ta=False),
    "delete_webhook_endpoint": row("delete", "/webhook-endpoints/{endpoint}", ok=204, scopes={HOOKS}, ta=False),
    "list_webhook_deliveries": row("get", "/webhook-deliveries", scopes=EVENTS, ta=False, **LIST),
    "get_webhook_delivery": row("get", "/webhook-deliveries/{delivery}", scopes=EVENTS, ta=False),
    "replay_webhook_delivery": row("post", "/webhook-deliveries/{delivery}/replay", ok=202, scopes={HOOKS}, ta=False),
}
# Needs no token.
OPEN = {"get_problem_type"}
# The scope that the events of the webhook in these tests need besides.
OF_EVENTS = frozenset({GRADES})
ABOUT_WEBHOOKS = {name for name, one in TABLE.items() if one.path.startswith("/webhook")}
SEES_EVENTS = {name for name in ABOUT_WEBHOOKS if "{" in TABLE[name].path} | {"create_webhook_endpoint"}


def operations():
    """Return every operation of the published document: {operation id: (method, path)}."""
    paths = api.get_openapi_schema()["paths"]
    return {one["operationId"]: (method, path) for path, item in paths.items() for method, one in item.items()}


def test_every_operation_has_its_row_and_no_other():
    published = operations()

    assert set(TABLE) | OPEN == set(published)
    assert {name: one.method for name, one in TABLE.items()} == {
        name: method for name, (method, _) in published.items() if name not in OPEN
    }


def test_every_scope_is_in_the_table():
    alone = set().union(*(one.scopes for one in TABLE.values() if one.scopes != EVERY))

    assert alone == set(TokenScope)


@dataclass(kw_only=True)
class Things:
    """One of everything that an address can name, in one course and of one learner."""

    words: dict
    etag: str

    def fill(self, value):
        if isinstance(value, dict):
            return {key: self.fill(one) for key, one in value.items()}
        if not isinstance(value, str):
            return value
        text = value.format(**self.words)
        return int(text) if text.isdigit() else text


def package_of(course, name):
    """Return the name of a package with a version that passed its verification."""
    package = create_package(course, PackageKind.EXERCISE, f"own/{name}", by=None)
    version = make_version(package, by=None, source=VersionSource.API)
    version.verifications.create(state=VerificationState.PASSED, finished_at=timezone.now(), verified={})
    return name


def things_of(assignment, mark):
    learner = make_member(assignment.course, "student", external_id=mark)
    submission = graded(learner, assignment, 5.0)
    endpoint = add_endpoint(assignment.course, url=f"https://{mark}.example.org/hook", events=["grade.changed"])
    event = Event.objects.create(course=assignment.course, type="grade.changed", payload={})
    delivery = Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now(), state="failed")
    words = {
        "course": assignment.course.slug,
        "assignment": assignment.pk,
        "learner": learner.pk,
        "submission": submission.pk,
        "request": ask(submission, by=learner, reason="It is right").pk,
        "waiting": make_submission(learner, assignment).pk,
        "endpoint": endpoint.pk,
        "delivery": delivery.pk,
        "package": package_of(assignment.course, mark),
        "section": assignment.course.sections.create(name=mark).pk,
    }
    return Things(words=words, etag=etag_of(assignment, words)), learner


def etag_of(assignment, words):
    """Return the ETag of the grade, read by an administrator's token, which is deleted again."""
    reader = course_token(assignment.course, {GRADES}, owner=make_user(is_superuser=True))
    etag = reader.get(TABLE["get_grade"].path.format(**words))["ETag"]
    ApiToken.objects.all().delete()
    return etag


@pytest.fixture
def world(assignment):
    """A course with two learners, and another course."""
    own, learner = things_of(assignment, "mark-own")
    classmate, _ = things_of(assignment, "mark-classmate")
    away, _ = things_of(make_assignment(make_course(slug="mark-away")), "mark-away")
    return {"own": own, "classmate": classmate, "away": away, "learner": learner, "course": assignment.course}


def owner_of(course, role="instructor", **fields):
    return make_member(course, role, **fields)


def course_token(course, scopes=EVERY, *, owner=None, also=(), **fields):
    owner = owner or owner_of(course)
    return Caller(make_token("t", courses=[course, *also], scopes=scopes, owner=owner, **fields)[1])


def personal_token(world, scopes=EVERY, **fields):
    token = make_token("p", courses=[world["course"]], scopes=scopes, learner=world["learner"], **fields)[1]
    return Caller(token)


def call(caller, name, things):
    """Send one request and undo what it did; return status, code of the problem, and all that came back."""
    one = TABLE[name]
    body = things.fill(one.body) if one.body else ({} if one.method in {"post", "put", "patch"} else None)
    if name == "create_webhook_endpoint":
        body["events"] = ["grade.changed"]
    headers = {"if_match": things.etag} if name == "set_grade" else {}
    cache.clear()
    with transaction.atomic():
        answer = caller(one.method, one.path.format(**things.words), body, **headers)
        transaction.set_rollback(True)
    is_problem = answer.headers.get("Content-Type") == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_problem else "", answer.content.decode(errors="replace")


def walk(caller, things, expected):
    """Call every operation; return {operation: (got, expected)} of those that answer otherwise."""
    got = {name: call(caller, name, things)[:2] for name in TABLE}
    wanted = {name: expected(name, one) for name, one in TABLE.items()}
    return {name: (got[name], wanted[name]) for name in TABLE if got[name] != wanted[name]}


def problem_of(status, *, lost=False):
    return status, {200: "", 404: "not-found", 403: "suspended" if lost else "forbidden"}.get(status, "")


REFUSED = (403, "forbidden")
SUSPENDED = (403, "suspended")


@pytest.mark.parametrize("scope", [None, *TokenScope])
def test_each_scope_alone_opens_only_its_operations(world, scope):
    caller = course_token(world["course"], {scope} if scope else EVERY)
    if scope is None:
        assert walk(caller, world["own"], lambda _, one: (one.ok, "")) == {}
        return

    def expected(name, one):
        if scope not in one.scopes:
            return REFUSED
        if name in SEES_EVENTS and scope not in OF_EVENTS:
            return REFUSED if name == "create_webhook_endpoint" else (404, "not-found")
        return one.ok, ""

    assert walk(caller, world["own"], expected) == {}


@pytest.mark.parametrize("scope", TokenScope)
def test_a_personal_token_does_what_its_person_can(world, scope):
    caller = personal_token(world, {scope})

    def expected(_, one):
        return (one.ok, "") if scope in one.own else REFUSED

    assert walk(caller, world["own"], expected) == {}


def test_a_personal_token_reaches_nobody_else(world):
    caller = personal_token(world)

    def expected(_, one):
        return problem_of(one.classmate) if one.own else REFUSED

    assert walk(caller, world["classmate"], expected) == {}
    seen = {name for name in TABLE if "mark-classmate" in call(caller, name, world["classmate"])[2]}
    assert seen == set()


@pytest.mark.parametrize("kind", ["course", "personal"])
def test_an_archived_course_is_read_and_never_changed(world, kind):
    Course.objects.filter(pk=world["course"].pk).update(archived_at=timezone.now())
    caller = course_token(world["course"]) if kind == "course" else personal_token(world)

    def expected(_, one):
        if kind == "personal" and not one.own:
            return REFUSED
        return (one.ok, "") if one.method == "get" else (409, "archived")

    assert walk(caller, world["own"], expected) == {}


def test_a_token_of_several_courses_still_writes_in_the_others(world, course):
    owner, going_on = owner_of(course), make_assignment(make_course())
    Enrollment.objects.create(course=going_on.course, user=owner, role="instructor")
    things, _ = things_of(going_on, "mark-going-on")
    caller = course_token(course, owner=owner, also=[going_on.course])
    Course.objects.filter(pk=course.pk).update(archived_at=timezone.now())
    writing = {name for name, one in TABLE.items() if one.method != "get"}

    refused = {call(caller, name, world["own"])[:2] for name in writing}
    assert refused == {(409, "archived"), (404, "not-found")}
    assert {name for name in writing if call(caller, name, things)[0] != TABLE[name].ok} == set()


def personal_of(role):
    """Return a function that makes a personal token of a person with a role."""

    def make(world):
        Enrollment.objects.filter(user=world["learner"]).update(role=role)
        return personal_token(world)

    return make


@pytest.mark.parametrize("role", ["ta", "instructor"])
def test_a_personal_token_of_staff_acts_for_themselves_alone(world, role):
    caller = personal_of(role)(world)
    # Packages concern no other person: instructors can send them with a token of their own.
    authors = {name for name, one in TABLE.items() if one.scopes == {PACKAGES} and role == "instructor"}

    def expected(name, one, status):
        if name in authors:
            return one.ok, ""
        return (status, "") if status == one.ok else problem_of(status)

    def own(name, one):
        return expected(name, one, one.ok if one.own else 403)

    def classmates(name, one):
        return expected(name, one, one.classmate if one.own else 403)

    assert walk(caller, world["own"], own) == {}
    assert walk(caller, world["classmate"], classmates) == {}


def test_another_course_does_not_exist(world):
    for caller in (course_token(world["course"]), course_token(world["course"], owner=make_user(is_superuser=True))):
        assert walk(caller, world["away"], lambda _, one: problem_of(one.away)) == {}
        assert [name for name in TABLE if "mark-away" in without_echo(call(caller, name, world["away"])[2])] == []


def without_echo(text):
    """Drop the address that an answer repeats."""
    return text.replace("course=mark-away", "")


def test_an_owners_other_courses_stay_closed(world):
    owner = owner_of(world["course"])
    Enrollment.objects.create(course=assignment_course(world["away"]), user=owner, role="instructor")

    assert walk(course_token(world["course"], owner=owner), world["away"], lambda _, one: problem_of(one.away)) == {}


def assignment_course(things):
    from server.gradebook.models import Assignment

    return Assignment.objects.get(pk=things.words["assignment"]).course


def dropped(world):
    owner = owner_of(world["course"])
    caller = course_token(world["course"], owner=owner)
    owner.enrollments.all().delete()
    return caller


def deactivated(world):
    owner = owner_of(world["course"])
    caller = course_token(world["course"], owner=owner)
    owner.is_active = False
    owner.save()
    return caller


def demoted_to_student(world):
    owner = owner_of(world["course"])
    caller = course_token(world["course"], owner=owner)
    owner.enrollments.update(role="student")
    return caller


def without_owner(world):
    caller = course_token(world["course"])
    ApiToken.objects.update(owner=None)
    return caller


def administrator_no_more(world):
    admin = make_user(is_superuser=True)
    caller = course_token(world["course"], owner=admin)
    admin.is_superuser = False
    admin.save()
    return caller


def deactivated_administrator(world):
    return course_token(world["course"], owner=make_user(is_superuser=True, is_active=False))


def student_who_left(world):
    caller = personal_token(world)
    world["learner"].enrollments.all().delete()
    return caller


def deactivated_student(world):
    caller = personal_token(world)
    world["learner"].is_active = False
    world["learner"].save()
    return caller


LEFT = [
    dropped,
    deactivated,
    demoted_to_student,
    without_owner,
    administrator_no_more,
    deactivated_administrator,
    student_who_left,
    deactivated_student,
]


@pytest.mark.parametrize("left", LEFT)
def test_a_token_is_suspended_with_its_person(world, left):
    caller = left(world)

    assert walk(caller, world["own"], lambda *_: SUSPENDED) == {}
    detail = caller.get("/courses").json()["detail"]
    assert detail.endswith(".")
    assert ("take it over" in detail) == (left not in {student_who_left, deactivated_student})


def test_an_owner_who_became_an_assistant_keeps_an_assistants_rights(world):
    owner = owner_of(world["course"])
    caller = course_token(world["course"], owner=owner)
    owner.enrollments.update(role="ta")

    assert walk(caller, world["own"], lambda _, one: (one.ok, "") if one.ta else REFUSED) == {}


def test_an_administrators_token_works_in_its_courses(world):
    caller = course_token(world["course"], owner=make_user(is_superuser=True))

    assert walk(caller, world["own"], lambda _, one: (one.ok, "")) == {}


def test_leaving_one_course_closes_only_that(world):
    owner = owner_of(world["course"])
    Enrollment.objects.create(course=make_course(), user=owner, role="instructor")
    other = owner.enrollments.exclude(course=world["course"]).get().course
    caller = course_token(world["course"], owner=owner, also=[other])
    assert walk(caller, world["own"], lambda _, one: (one.ok, "")) == {}
    owner.enrollments.filter(course=world["course"]).delete()

    assert walk(caller, world["own"], lambda _, one: problem_of(one.lost, lost=True)) == {}
    seen = [name for name in TABLE if "mark-own" in call(caller, name, world["own"])[2]]
    assert seen == []


@pytest.mark.parametrize("kind", ["expired", "revoked", "unknown"])
@pytest.mark.parametrize("make", [lambda world: course_token(world["course"]), personal_token])
def test_a_token_that_is_not_valid_opens_nothing(world, kind, make):
    caller = make(world)
    match kind:
        case "expired":
            ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        case "revoked":
            revoke(ApiToken.objects.get())
        case "unknown":
            ApiToken.objects.all().delete()

    assert walk(caller, world["own"], lambda *_: (401, "unauthenticated")) == {}


def test_somebody_who_takes_a_token_over_makes_it_work_again(world, client):
    caller = dropped(world)
    successor = owner_of(world["course"])
    client.force_login(successor)
    row = ApiToken.objects.get()

    client.post(f"/courses/{world['course'].slug}/teach/integrations/tokens/{row.pk}/take-over")

    assert walk(caller, world["own"], lambda _, one: (one.ok, "")) == {}


GETS = [name for name, one in TABLE.items() if one.method == "get"]


@pytest.mark.parametrize("left", LEFT)
def test_an_etag_from_before_gives_no_304_after(world, left):
    admin = course_token(world["course"], owner=make_user(is_superuser=True))
    etags = {name: admin.get(TABLE[name].path.format(**world["own"].words)).headers.get("ETag") for name in GETS}
    ApiToken.objects.all().delete()
    caller = left(world)

    statuses = {
        name: caller.get(TABLE[name].path.format(**world["own"].words), if_none_match=etags[name]).status_code
        for name in GETS
        if etags[name]
    }

    assert len(statuses) > 10
    assert set(statuses.values()) == {403}


POSTS = [name for name, one in TABLE.items() if one.method == "post"]


def posted(caller, name, things):
    body = things.fill(TABLE[name].body) if TABLE[name].body else {}
    if name == "create_webhook_endpoint":
        body["events"] = ["grade.changed"]
    return caller.post(TABLE[name].path.format(**things.words), body, idempotency_key="k")


@pytest.mark.parametrize("name", POSTS)
def test_an_answer_is_not_repeated_after_the_rights_are_lost(world, name):
    owner = owner_of(world["course"])
    Enrollment.objects.create(course=assignment_course(world["away"]), user=owner, role="instructor")
    caller = course_token(world["course"], owner=owner, also=[assignment_course(world["away"])])
    first, again = (posted(caller, name, world["own"]) for _ in range(2))
    owner.enrollments.filter(course=world["course"]).delete()
    here_lost = posted(caller, name, world["own"])
    owner.enrollments.all().delete()
    all_lost = posted(caller, name, world["own"])

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert here_lost.status_code == TABLE[name].lost
    assert (all_lost.status_code, all_lost.json()["code"]) == SUSPENDED
    for answer in (here_lost, all_lost):
        assert "Idempotent-Replayed" not in answer
        assert "secret" not in answer.json()


def limited_owner(world, seen):
    """Return the token of an owner who became an assistant and sees only the section of a person."""
    owner, course = owner_of(world["course"]), world["course"]
    caller = course_token(course, owner=owner)
    owner.enrollments.update(role="ta")
    section = course.sections.get(pk=seen.words["section"])
    sections.assign(course, [seen.words["learner"]], section)
    sections.limit(course, owner, [section])
    return caller


def test_a_limited_assistants_token_reaches_nobody_outside(world):
    caller = limited_owner(world, world["classmate"])

    outside = {name: one for name, one in TABLE.items() if one.ta}
    got = {name: call(caller, name, world["own"]) for name in outside}
    hidden = {name for name, (status, *_) in got.items() if status == 404}
    about_learners = {name for name, one in outside.items() if names_a_learner(one)}

    assert {name for name, (*_, text) in got.items() if "mark-own" in text} == set()
    assert hidden == about_learners


def names_a_learner(one):
    """Whether the address or the body of an operation names a learner, or something of theirs."""
    return any(word in f"{one.path} {one.body}" for word in ("{learner}", "{submission}", "{waiting}", "{request}"))


def test_a_limited_assistants_token_reaches_their_section(world):
    caller = limited_owner(world, world["own"])

    assert walk(caller, world["own"], lambda _, one: (one.ok, "") if one.ta else REFUSED) == {}
    lists = [
        f"/submissions?user={world['classmate'].words['learner']}",
        "/submissions?updated_since=2020-01-01T00:00:00Z",
        "/submissions?cursor=00000000-0000-0000-0000-000000000000",
        "/grades?external_id=mark-classmate",
        f"/courses/{world['course'].slug}/enrollments?former=true",
    ]
    assert [path for path in lists if "mark-classmate" in caller.get(path).content.decode()] == []


def test_an_assistant_cannot_raise_anybody_through_the_api(world):
    owner = owner_of(world["course"])
    caller = course_token(world["course"], owner=owner)
    owner.enrollments.update(role="ta")
    before = set(Enrollment.objects.values_list("user", "role"))

    for role in ("student", "ta", "instructor"):
        path = f"/courses/{world['course'].slug}/enrollments"
        assert caller.post(path, {"external_id": "mark-own", "role": role}).status_code == 403

    assert set(Enrollment.objects.values_list("user", "role")) == before


def test_filters_and_cursors_show_nothing_of_others(world):
    caller = personal_token(world)
    other = world["classmate"].words
    queries = [
        f"/submissions?user={other['learner']}",
        "/submissions?external_id=mark-classmate",
        "/submissions?updated_since=2020-01-01T00:00:00Z",
        "/submissions?cursor=00000000-0000-0000-0000-000000000000",
        f"/submissions?assignment={other['assignment']}&state=graded",
        f"/grades?user={other['learner']}",
        "/grades?external_id=mark-classmate",
        "/grades?cursor=0",
        f"/courses/{other['course']}/enrollments?cursor=0",
    ]

    found = {query: caller.get(query).json()["items"] for query in queries}

    assert [query for query, items in found.items() if "mark-classmate" in str(items)] == []
    assert sum(map(len, found.values())) >= 4
