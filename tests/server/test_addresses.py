"""Every address of the website, and who gets an answer there.

The list is made from Django's own resolver: an address that is new, and not in the table, fails the first test. Who
may not see a thing gets a 404, as if there were none; who is not signed in is asked to. Beside the status it is looked
at what comes back: texts that are somebody else's must not be in it.
"""

import base64
import re
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import StreamingHttpResponse
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from grader.protocol.reports import Outcome
from grader.protocol.snippets import Shown
from server.announcements.services import announce
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.calendars.models import CalendarFeed
from server.comments.services import comment
from server.courses.models import Enrollment, Section
from server.drafts import services as drafts
from server.gradebook.models import Action
from server.gradebook.services import decide
from server.invitations.passwords import link_token
from server.invitations.services import invite
from server.lessons import services as lessons
from server.lessons.selectors import get_lesson
from server.mail.unsubscribing import unsubscribe_url
from server.packages.models import PackageKind, VersionSource
from server.packages.running import record_run, run_file
from server.packages.services import create_package, make_version
from server.packages.verifying import verify
from server.regrade_requests.services import ask as ask_regrade
from server.regrades import services as regrades
from server.roster.sections import assign, limit
from server.similarity.models import Comparison, Pair
from server.sources.services import add_source
from server.submissions.rendering.figures import SIGNATURE, LearnerFigure
from server.webhooks.models import Delivery, Event
from server.webhooks.services import add_endpoint
from tests.server.lessons.conftest import write_lesson
from tests.support.lms.builders import make_lms, make_selection
from tests.support.people import (
    make_course,
    make_member,
    make_report,
    make_student,
    make_submission,
    record,
    write_exercise,
)

pytestmark = pytest.mark.walk

SIGN_IN, NO, YES = "sign-in", "404", "yes"
PEOPLE = ["anonymous", "owner", "classmate", "elsewhere", "teacher"]

# Who gets an answer: the owner, members of a course, its staff, or everybody about themselves.
MINE = [SIGN_IN, YES, NO, NO, YES]
ONLY_MINE = [SIGN_IN, YES, NO, NO, NO]
COURSE = [SIGN_IN, YES, YES, NO, YES]
STAFF = [SIGN_IN, NO, NO, NO, YES]
ONESELF = [SIGN_IN, YES, YES, YES, YES]
# Nobody in these tests has a second factor.
NO_FACTOR = [SIGN_IN, NO, NO, NO, NO]
NOT_EVEN_STAFF = [SIGN_IN, NO, NO, NO, NO]
ANYBODY = [YES, YES, YES, YES, YES]
NOBODY = [NO, NO, NO, NO, NO]

OF_A_PACKAGE = [
    "package",
    "save",
    "add",
    "rename",
    "remove",
    "write-starter",
    "preview",
    "start",
    "try",
    "try-run",
    "verify",
    "versions",
    "compare",
    "publish",
    "withdraw",
    "share",
    "delete",
    "take",
]

# View: who gets an answer, the objects in the address (see `things`), and a query if there is one.
ADDRESSES = {
    "courses:index": (ONESELF,),
    "courses:home": (COURSE, "course"),
    "courses:grades": (COURSE, "course"),
    "submissions:exercise": (COURSE, "course", "slug"),
    "submissions:submit": (COURSE, "course", "slug"),
    "submissions:check": (COURSE, "course", "slug"),
    "submissions:file": (COURSE, "course", "slug"),
    "submissions:history": (COURSE, "course", "slug"),
    "submissions:compare": (ONLY_MINE, "course", "slug", "?left={submission}&right={submission}"),
    "submissions:detail": (MINE, "submission"),
    "submissions:result": (MINE, "submission"),
    "submissions:state": (MINE, "submission"),
    "submissions:events": (MINE, "submission"),
    "submissions:cancel": (MINE, "submission"),
    "submissions:figure": (MINE, "submission", "figure"),
    "submissions:source": (MINE, "submission"),
    "hints:edit": (MINE, "submission"),
    "hints:open": (ONLY_MINE, "submission"),
    "hints:did-not-help": (ONLY_MINE, "submission"),
    "drafts:save": (COURSE, "course", "slug"),
    "lessons:index": (COURSE, "course"),
    "lessons:lesson": (COURSE, "course", "lesson"),
    "lessons:start": (COURSE, "course", "lesson"),
    "lessons:run": (ONLY_MINE, "run"),
    "invitations:join": (ANYBODY,),
    "invitations:invited": (ANYBODY, "code"),
    "invitations:password": (ANYBODY, "first_password"),
    "invitations:people": (STAFF, "course"),
    "invitations:invite": (STAFF, "course", "owner"),
    "invitations:codes": (STAFF, "course"),
    "invitations:withdraw": (STAFF, "course", "invitation"),
    "announcements:list": (COURSE, "course"),
    "announcements:sent": (STAFF, "course"),
    "announcements:new": (STAFF, "course"),
    # A signed link of a mail needs no sign-in.
    "notifications:unsubscribe": (ANYBODY, "stop_link"),
    "dashboard:overview": (STAFF, "course"),
    "dashboard:workers": (STAFF, "course"),
    "dashboard:errors": (STAFF, "course"),
    "dashboard:grade-again": (STAFF, "course"),
    "dashboard:exercises": (STAFF, "course"),
    "dashboard:exercise": (STAFF, "course", "exercise"),
    "dashboard:gradebook": (STAFF, "course"),
    "dashboard:export": (STAFF, "course", "csv"),
    "dashboard:sources": (STAFF, "course"),
    "dashboard:source-file": (STAFF, "course", "?which=all"),
    "dashboard:changes": (STAFF, "course"),
    "dashboard:audit": (STAFF, "course"),
    "dashboard:audit-file": (STAFF, "course"),
    "dashboard:undo": (STAFF, "course", "change"),
    "dashboard:student": (STAFF, "course", "owner"),
    "dashboard:grade": (STAFF, "course", "assignment", "owner"),
    "dashboard:more-time": (STAFF, "course"),
    "dashboard:decide": (STAFF, "course", "assignment", "owner", "override"),
    "dashboard:submission": (STAFF, "course", "submission"),
    "regrade_requests:ask": (ONLY_MINE, "submission"),
    "regrade_requests:inbox": (STAFF, "course"),
    "regrade_requests:detail": (STAFF, "course", "request"),
    "comments:write": (MINE, "submission"),
    "comments:edit": (ONLY_MINE, "comment"),
    "comments:delete": (MINE, "comment"),
    "comments:inbox": (STAFF, "course"),
    "comments:read-all": (STAFF, "course"),
    "comments:saved": (STAFF, "course"),
    "comments:forget": (STAFF, "course", "saved_comment"),
    "dashboard:assignments": (STAFF, "course"),
    "dashboard:assignment": (STAFF, "course", "assignment"),
    "dashboard:new-assignment": (STAFF, "course"),
    "dashboard:hints": (STAFF, "course"),
    "dashboard:withdraw": (STAFF, "course", "assignment"),
    "dashboard:version": (STAFF, "course", "assignment"),
    "dashboard:release": (STAFF, "course", "assignment"),
    "dashboard:release-all": (STAFF, "course"),
    "dashboard:total": (STAFF, "course"),
    "dashboard:analytics": (STAFF, "course", "assignment"),
    "integrations:tokens": (STAFF, "course"),
    "integrations:replace": (STAFF, "course", "token"),
    "integrations:revoke": (STAFF, "course", "token"),
    "integrations:take-over": (STAFF, "course", "token"),
    "integrations:webhooks": (STAFF, "course"),
    "integrations:deliveries": (STAFF, "course", "endpoint"),
    "integrations:rotate": (STAFF, "course", "endpoint"),
    "integrations:switch": (STAFF, "course", "endpoint"),
    "integrations:replay": (STAFF, "course", "endpoint", "delivery"),
    "integrations:delete": (STAFF, "course", "endpoint"),
    "sources:sources": (STAFF, "course"),
    "sources:fetch": (STAFF, "course", "git_source"),
    "sources:secret": (STAFF, "course", "git_source"),
    "sources:publishing": (STAFF, "course", "git_source"),
    "sources:host-key": (STAFF, "course", "git_source"),
    "sources:remove": (STAFF, "course", "git_source"),
    "sources:publish": (STAFF, "course", "git_source", "git_package"),
    # The signature of the repository's server is the only proof.
    "sources:push": (ANYBODY, "git_key"),
    "lms:links": (STAFF, "course"),
    "lms:invite": (STAFF, "course"),
    "lms:withdraw": (STAFF, "course", "lms_invitation"),
    "lms:new": (STAFF, "course"),
    "lms:platform": (STAFF, "course", "platform"),
    "lms:switch": (STAFF, "course", "platform"),
    "lms:delete": (STAFF, "course", "platform"),
    "lms:approve": (STAFF, "course", "deployment"),
    "lms:close": (STAFF, "course", "deployment"),
    "lms:link": (STAFF, "course", "lms_course"),
    "lms:roster": (STAFF, "course", "lms_course"),
    "lms:scores": (STAFF, "course"),
    "lms:compare-all": (STAFF, "course"),
    "lms:resend-failed": (STAFF, "course"),
    "lms:column": (STAFF, "course", "column"),
    "lms:compare": (STAFF, "course", "column"),
    "lms:resend": (STAFF, "course", "column"),
    "lms:send-now": (STAFF, "course", "column"),
    "lms:send-all-now": (STAFF, "course"),
    "lms:dismiss": (STAFF, "course", "column"),
    "lms:restore": (STAFF, "course", "column"),
    # Others get a sentence: only administrators do it.
    "lms:share": (STAFF, "course", "platform"),
    "lms:stop-sharing": (STAFF, "course", "platform"),
    "studio:new": (STAFF, "course"),
    "studio:copy": (STAFF, "course", "?from={exercise}"),
    "studio:upload": (STAFF, "course"),
    "studio:guide": (STAFF, "course"),
    "studio:run": (STAFF, "course", "package_run"),
    "studio:figure": (STAFF, "course", "package_run", "figure"),
    "studio:keep": (STAFF, "course", "package_run"),
    "studio:verification": (STAFF, "course", "verification"),
    "studio:write-mistakes": (STAFF, "course", "verification"),
    "studio:file": (STAFF, "course", "package", "?path=solution.py"),
    "studio:download": (STAFF, "course", "package", "?number=1"),
    **{f"studio:{name}": (STAFF, "course", "package") for name in OF_A_PACKAGE},
    "regrades:list": (STAFF, "course"),
    "regrades:new": (STAFF, "course"),
    "regrades:detail": (STAFF, "course", "regrade"),
    "regrades:progress": (STAFF, "course", "regrade"),
    "regrades:end": (STAFF, "course", "regrade", "discard"),
    "similarity:list": (STAFF, "course"),
    "similarity:start": (STAFF, "course"),
    "similarity:detail": (STAFF, "course", "comparison"),
    "similarity:pair": (STAFF, "course", "pair"),
    "roster:people": (STAFF, "course"),
    "roster:add": (STAFF, "course"),
    "roster:person": (STAFF, "course", "owner"),
    "roster:change-role": (STAFF, "course", "owner"),
    "roster:set-section": (STAFF, "course", "owner"),
    "roster:limit": (STAFF, "course", "owner"),
    "roster:remove": (STAFF, "course", "owner"),
    "roster:restore": (STAFF, "course", "owner"),
    "roster:sections": (STAFF, "course"),
    "roster:assign": (STAFF, "course"),
    "roster:change-section": (STAFF, "course", "section", "rename"),
    "merging:choose": (STAFF, "course", "owner"),
    "merging:preview": (STAFF, "course", "owner", "owner"),
    "merging:confirm": (STAFF, "course", "owner", "owner"),
    "calendars:address": (ONESELF,),
    "calendars:renew": (ONESELF,),
    "calendars:stop": (ONESELF,),
    # The address is the secret.
    "calendars:feed": (ANYBODY, "calendar"),
    # Others get a sentence that says why not.
    "course_setup:new": (ONESELF,),
    "course_setup:settings": (STAFF, "course"),
    "course_setup:set": (STAFF, "course"),
    "course_setup:publish": (STAFF, "course"),
    "course_setup:edit": (STAFF, "course"),
    "course_setup:copy": (STAFF, "course"),
    "course_setup:archive": (STAFF, "course"),
    "course_setup:reopen": (STAFF, "course"),
    "roster:import": (STAFF, "course"),
    "roster:confirm": (STAFF, "course"),
    # For platforms and their users; a launch without a platform's token gets an error.
    "lti:login": (ANYBODY,),
    "lti:go": (ANYBODY,),
    "lti:window": (ANYBODY,),
    "lti:enter": (ANYBODY,),
    "lti:teach": (ANYBODY,),
    "lti:launch": (ANYBODY,),
    "lti:deep-link": (ANYBODY,),
    "lti:jwks": (ANYBODY,),
    "lti:register": (ANYBODY,),
    "lti:pick": (STAFF, "selection"),
    # For probes; there are no metrics, because the token is not set.
    "healthz": (ANYBODY,),
    "readyz": (ANYBODY,),
    "metrics": (NOBODY,),
    "privacy:mine": (ONESELF,),
    # For administrators; there is none in these tests.
    "privacy:person": (NOT_EVEN_STAFF, "owner"),
    "privacy:download": (NOT_EVEN_STAFF, "owner"),
    "privacy:erase": (NOT_EVEN_STAFF, "owner", "erase"),
    "administration:overview": (NOT_EVEN_STAFF,),
    "administration:courses": (NOT_EVEN_STAFF,),
    "administration:people": (NOT_EVEN_STAFF,),
    "administration:person": (NOT_EVEN_STAFF, "owner"),
    "administration:change": (NOT_EVEN_STAFF, "owner", "sign-out"),
    "administration:rights": (NOT_EVEN_STAFF, "owner", "give"),
    "administration:health": (NOT_EVEN_STAFF,),
    "administration:test-mail": (NOT_EVEN_STAFF,),
    "administration:backup-tested": (NOT_EVEN_STAFF,),
    "profile": (ONESELF,),
    "notifications:settings": (ONESELF,),
    "session": (ANYBODY,),
    # allauth's pages: only the sign-in is tested.
    "account_email": (ONESELF,),
    "account_change_password": (ONESELF,),
    "account_set_password": (ONESELF,),
    "account_reauthenticate": (ONESELF,),
    "mfa_index": (ONESELF,),
    "mfa_reauthenticate": (ONESELF,),
    "mfa_activate_totp": (ONESELF,),
    "mfa_deactivate_totp": (NO_FACTOR,),
    "mfa_view_recovery_codes": (NO_FACTOR,),
    "mfa_generate_recovery_codes": (ONESELF,),
    "mfa_download_recovery_codes": (NO_FACTOR,),
    # This changes the session, so what comes after it is requested without one.
    "sign-out-everywhere": (ONESELF,),
    "account_login": (ANYBODY,),
    "account_logout": (ANYBODY,),
    "account_inactive": (ANYBODY,),
    "account_signup": (ANYBODY,),
    "account_email_verification_sent": (ANYBODY,),
    "account_confirm_email": (ANYBODY, "some-key"),
    "account_confirm_login_code": (ANYBODY,),
    "account_reset_password": (ANYBODY,),
    "account_reset_password_done": (ANYBODY,),
    "account_reset_password_from_key": (ANYBODY, "1", "some-key"),
    "account_reset_password_from_key_done": (ANYBODY,),
    "mfa_authenticate": (ANYBODY,),
}

# For machines: our public keys, which are the same for everybody, and the probes.
PUBLIC = {"lti:jwks", "healthz", "readyz", "metrics"}

# The API needs a token, even if somebody is signed in; only its documentation does not.
OPEN_IN_THE_API = {"api-root", "openapi-json", "openapi-view", "get_problem_type"}

# Texts of the owner, and texts that only the grader can see.
PRIVATE = {
    name: f"private-{name}"
    for name in ("source", "output", "message", "case", "draft", "snippet", "comment", "why", "name", "title")
}
SECRET = {name: f"secret_{name}" for name in ("solution", "reference", "checks", "mistake")}
EXHIBITS = [
    {"kind": "figure", "case": PRIVATE["case"], "png": base64.b64encode(SIGNATURE + b"private-figure").decode()},
    {"kind": "graph", "case": PRIVATE["case"], "graph": {"nodes": [], "edges": []}, "cut_off": []},
]


def views(resolver=None, prefix="", space=""):
    """Yield (address as a pattern, full name of the view) of everything that the resolver knows."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, space + (pattern.name or pattern.lookup_str)
        else:
            yield from views(pattern, address, f"{space}{pattern.namespace}:" if pattern.namespace else space)


# A redirect shows nothing of its own: `tests/server/integrations` follows the former addresses.
REDIRECT = "django.views.generic.base.RedirectView"
OURS = {name for _, name in views() if not name.startswith(("admin:", "api:")) and name != REDIRECT}


def test_every_address_is_in_the_table_and_no_other():
    assert set(ADDRESSES) == OURS


@pytest.fixture
def people(course, student):
    student.first_name = PRIVATE["name"]
    student.save()
    return {
        "anonymous": None,
        "owner": student,
        "classmate": make_student(course),
        "elsewhere": make_member(make_course(), "instructor"),
        "teacher": make_member(course, "instructor"),
    }


@pytest.fixture
def things(exercises, course, assignment, people):
    """One of everything that an address can name, each with a text that others must not see."""
    for name, text in SECRET.items():
        (exercises / "gradients" / "square" / f"{name}.py").write_text(f"{text} = 1\n")
    write_lesson(exercises)
    owner, teacher = people["owner"], people["teacher"]
    submission = make_submission(owner, assignment, source=f"x = '{PRIVATE['source']}'\n")
    report = make_report(3, title=PRIVATE["title"], message="raised", data={"error": PRIVATE["message"]})
    record(submission, report | {"output": PRIVATE["output"], "exhibits": EXHIBITS})
    edit = {"removed": [f"x = '{PRIVATE['source']}'"], "added": ["x = 1"]}
    type(submission).objects.filter(pk=submission.pk).update(line=1, edit=edit)
    submission.refresh_from_db()
    assignment.show_edit = True
    assignment.save()
    drafts.save(learner=owner, assignment=assignment, source=PRIVATE["draft"], seen=0)
    asked = comment(submission, author=owner, text=PRIVATE["comment"])
    change = decide(assignment, owner, action=Action.OVERRIDDEN, by=teacher, why=PRIVATE["why"], override=61.25)
    run = lessons.start(learner=owner, course=course, lesson=get_lesson(course, "squares"), sources=["1"])
    shown = Shown(outcome=Outcome.GRADED, output=PRIVATE["snippet"])
    lessons.record(run=str(run.pk), token=run.token, shown=shown.to_dict())
    comparison = Comparison.objects.create(course=course, by=teacher)
    both = {"left": submission, "right": make_submission(owner, assignment, source=f"y = '{PRIVATE['source']}'\n")}
    alike = {"share": 1, "shared": 1, "left_lines": [[1, 1]], "right_lines": [[1, 1]]}
    pair = Pair.objects.create(comparison=comparison, assignment=assignment, **both, **alike)
    invitation = invite(course=course, by=teacher)
    token, _ = make_token(PRIVATE["why"], courses=[course], scopes=[TokenScope.GRADES_READ], owner=teacher)
    endpoint = add_endpoint(course, url="https://lms.example.org/hook", events=["grade.changed"])
    event = Event.objects.create(course=course, type="grade.changed", payload={})
    announce(course, by=teacher, subject="A room", body="Room 2", form=uuid4())
    newcomer = make_student(course, password=None, email="new@example.org")
    package = create_package(course, PackageKind.EXERCISE, "gradients/own", by=teacher)
    verification = verify(make_version(package, by=teacher, source=VersionSource.PAGE), by=teacher)
    package_run = run_file(package, "starter.py", by=teacher)
    record_run(
        submission=str(package_run.pk),
        token=package_run.token,
        report=report | {"slug": package.slug, "exhibits": EXHIBITS},
    )
    address = "ssh://git@git.example.org/prof/course.git"
    source, _ = add_source(course, address=address, branch="main", folder="", publishes=False, by=teacher)
    git_package = source.packages.create(path="own", package=package, package_version=package.versions.get())
    return make_lms(assignment, teacher) | {
        "git_source": source.pk,
        "git_key": source.key,
        "git_package": git_package.pk,
        "package": package.slug,
        "package_run": package_run.pk,
        "verification": verification.pk,
        "course": course.slug,
        "slug": assignment.slug,
        "exercise": assignment.exercise,
        "assignment": assignment.pk,
        "owner": owner.pk,
        "submission": submission.pk,
        "comment": asked.pk,
        "request": ask_regrade(submission, by=owner, reason=PRIVATE["comment"]).pk,
        "saved_comment": course.saved_comments.create(by=teacher, text="Well done").pk,
        "figure": LearnerFigure.read(EXHIBITS[0]).name,
        "lesson": "squares",
        "run": run.pk,
        "invitation": invitation.pk,
        "first_password": link_token(newcomer, course),
        "stop_link": unsubscribe_url(owner.pk, ["comment"]).split("/")[-2],
        "code": invitation.code,
        "change": change.pk,
        "token": token.pk,
        "endpoint": endpoint.pk,
        "delivery": Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now(), state="failed").pk,
        "regrade": regrades.start(course, [assignment], by=teacher, why=PRIVATE["why"]).pk,
        "comparison": comparison.pk,
        "pair": pair.pk,
        "selection": make_selection(course, teacher),
        "section": course.sections.create(name="Monday").pk,
        "calendar": CalendarFeed.objects.create(user=people["classmate"]).key,
    }


def address_of(name, things):
    words = ADDRESSES[name][1:]
    args = [things.get(word, word) for word in words if not word.startswith("?")]
    return reverse(name, args=args) + "".join(word.format(**things) for word in words if word.startswith("?"))


def asks_to_sign_in(response):
    # A form with code gets a page that shows the code again.
    if response.status_code == 401:
        return b"/accounts/login/" in response.content
    return response.status_code == 302 and response["Location"].startswith("/accounts/login/")


def ask(client, address):
    """Look at an address and post to it; (sign-in, 404 or yes, everything that came back)."""
    answers = [client.get(address), client.post(address, {"source": "z = 1", "block": "1", "run": "1"})]
    came = " ".join(body(answer) + str(answer.headers) for answer in answers)
    if all(asks_to_sign_in(answer) for answer in answers):
        return SIGN_IN, came
    closed = {answer.status_code for answer in answers} <= {404, 405}
    return (NO if closed else YES), came


def body(answer):
    if not isinstance(answer, StreamingHttpResponse):
        return answer.content.decode(errors="replace")
    # Streams from threads are not read: one holds only a state, the others are files.
    return "" if answer.is_async else answer.getvalue().decode(errors="replace")


def sign_in(client, person):
    if person:
        client.force_login(person)


def ask_all(client, names, things):
    """Request each address and undo the changes; {name: answer}, {name: everything that came back}."""
    got, came = {}, {}
    for name in names:
        with transaction.atomic():
            got[name], came[name] = ask(client, address_of(name, things))
            transaction.set_rollback(True)
    return got, came


def found_in(came, texts):
    """Return which of these texts are in which answer."""
    return {name: found for name, text in came.items() if (found := [one for one in texts if one in text])}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_gets_exactly_what_they_should(client, people, things, who):
    sign_in(client, people[who])
    expected = {name: answers[PEOPLE.index(who)] for name, (answers, *_) in ADDRESSES.items()}

    got, came = ask_all(client, ADDRESSES, things)

    # Some pages redirect an anonymous visitor to the sign-in, which is fine.
    expected |= {name: SIGN_IN for name in got if got[name] == SIGN_IN and ADDRESSES[name][0] is ANYBODY}
    assert got == expected
    assert found_in(came, SECRET.values()) == {}
    if who not in {"owner", "teacher"}:
        assert found_in(came, [*PRIVATE.values(), "61.25"]) == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_no_cache_stores_what_a_page_shows(client, people, things, who):
    sign_in(client, people[who])
    storable = []
    for name in set(ADDRESSES) - PUBLIC:
        with transaction.atomic():
            address = address_of(name, things)
            answers = [client.get(address), client.post(address, {"source": "z = 1"})]
            said = [answer.headers.get("Cache-Control", "") for answer in answers]
            storable += [name for one in said if "no-store" not in one and "private" not in one]
            transaction.set_rollback(True)

    assert storable == []


def test_the_searched_texts_exist(client, people, things):
    client.force_login(people["owner"])

    _, came = ask_all(client, ["submissions:detail", "submissions:exercise", "lessons:run", "courses:grades"], things)

    everything = " ".join(came.values())
    hidden_from_the_owner = {PRIVATE["why"]}
    assert {text for text in PRIVATE.values() if text not in everything} == hidden_from_the_owner
    assert "61.25" in everything


def test_who_left_the_course_gets_nothing_of_it(client, people, things):
    Enrollment.objects.filter(user=people["owner"]).delete()
    client.force_login(people["owner"])
    closed = [name for name, (answers, *_) in ADDRESSES.items() if answers in (MINE, ONLY_MINE, COURSE)]

    got, came = ask_all(client, closed, things)

    assert got == dict.fromkeys(closed, NO)
    assert found_in(came, set(PRIVATE.values()) - {PRIVATE["name"]}) == {}


def make_assistant(course, seen):
    """Return an assistant who sees only the section of these people."""
    assistant, section = make_member(course, "ta"), Section.objects.create(course=course, name=f"of {len(seen)}")
    assign(course, [one.pk for one in seen], section)
    limit(course, assistant, [section])
    return assistant


def marks_of(person, things):
    """Return every text by which somebody could be recognized in an answer, and what only their work contains."""
    person.email, person.external_id, person.last_name = "private@example.org", "private-id", "private-last"
    person.save()
    names = [person.username, person.email, person.external_id, person.last_name, PRIVATE["name"]]
    texts = [PRIVATE[name] for name in ("source", "output", "message", "case", "draft", "snippet", "comment")]
    return [*names, *texts, "61.25", str(things["submission"])]


def statuses(client, name, things):
    """Return the statuses of an address, for looking and for posting, and undo the changes."""
    with transaction.atomic():
        address = address_of(name, things)
        found = {client.get(address).status_code, client.post(address, {"text": "x", "why": "x"}).status_code}
        transaction.set_rollback(True)
    return found


# The words of an address that name a learner, or something of theirs.
ABOUT_LEARNERS = ("learner", "owner", "submission", "comment", "request", "change", "pair")


def test_a_limited_assistant_sees_nothing_of_learners_outside(client, course, people, things):
    marks = marks_of(people["owner"], things)
    client.force_login(make_assistant(course, [people["classmate"]]))
    their = [name for name, (_, *words) in ADDRESSES.items() if set(ABOUT_LEARNERS) & {*words}]

    # Before the rest, which ends the session.
    opened = {name: found for name in their if (found := statuses(client, name, things) - {403, 404, 405})}
    every = client.get(address_of("regrades:detail", things) + "?show=all").text
    _, came = ask_all(client, ADDRESSES, things)

    assert found_in(came | {"every": every}, marks) == {}
    assert opened == {}
    assert len(their) > 20


def test_a_limited_assistant_sees_the_learners_of_their_sections(client, course, people, things):
    marks = marks_of(people["owner"], things)
    client.force_login(make_assistant(course, [people["owner"]]))

    every = client.get(address_of("regrades:detail", things) + "?show=all").text
    _, came = ask_all(client, ADDRESSES, things)

    hidden = {PRIVATE["draft"], PRIVATE["snippet"]}
    assert {mark for mark in marks if mark not in " ".join(came.values())} == hidden
    assert {"dashboard:gradebook", "dashboard:export", "dashboard:submission", "dashboard:changes", "dashboard:audit",
            "dashboard:audit-file", "dashboard:student", "dashboard:grade", "roster:people", "roster:person",
            "similarity:detail", "similarity:pair", "submissions:source",
            "submissions:detail"} <= set(found_in(came, marks))  # fmt: skip
    # Without the filter, the page of a regrade shows only the scores that change.
    assert found_in({"regrades:detail": every}, marks)


ATTACK = "<script>alert(1)</script>"


@pytest.fixture
def attacked(monkeypatch, exercises, course):
    """Put markup into every text: names, titles, statements, code, output, reasons, comments."""
    for name in PRIVATE:
        monkeypatch.setitem(PRIVATE, name, f"{ATTACK} {name}")
    write_exercise(exercises, "gradients/square", title=ATTACK, statement=f"Words and {ATTACK}")
    course.title = ATTACK
    course.save()


@pytest.mark.parametrize("who", ["owner", "teacher"])
def test_what_people_wrote_is_on_no_page_as_markup(client, attacked, people, things, who):
    client.force_login(people[who])
    answers = {name: client.get(address_of(name, things)) for name in ADDRESSES if not name.startswith("account_")}
    pages = {name: body(one) for name, one in answers.items() if one.headers["Content-Type"].startswith("text/html")}
    if who == "teacher":
        roster = {"text": f"email,name\nnew@example.org,{ATTACK}"}
        pages["preview"] = client.post(reverse("roster:import", args=[things["course"]]), roster).text

    assert found_in(pages, [ATTACK]) == {}
    told = [name for name, text in pages.items() if "&lt;script&gt;alert(1)" in text]
    assert len(told) >= {"owner": 12, "teacher": 30}[who], told


NAMED = {
    "token",
    "endpoint",
    "lms_invitation",
    "platform",
    "deployment",
    "lms_course",
    "column",
    "assignment",
    "owner",
    "submission",
    "invitation",
    "change",
    "regrade",
    "comparison",
    "pair",
    "slug",
}


def test_another_course_gives_no_access(client, people, things):
    own = people["elsewhere"].enrollments.get().course
    client.force_login(people["elsewhere"])
    closed = [name for name, (_, *words) in ADDRESSES.items() if NAMED & {*words[1:]}]

    got, came = ask_all(client, closed, things | {"course": own.slug})

    assert len(closed) > 15
    assert got == dict.fromkeys(closed, NO)
    assert found_in(came, PRIVATE.values()) == {}


def filled(address):
    """Return a pattern's address with a value for each parameter."""
    address = re.sub(r"<uuid:\w+>", "019a0000-0000-7000-8000-000000000000", address)
    return "/" + re.sub(r"<[^>]+>", "1", address)


def test_the_api_knows_no_session(client, people):
    client.force_login(people["teacher"])
    closed = {filled(a) for a, n in views() if n.startswith("api:") and n.removeprefix("api:") not in OPEN_IN_THE_API}
    ways = ("get", "post", "put", "patch", "delete")

    answered = {(way, page): getattr(client, way)(page).status_code for page in closed for way in ways}

    assert len(closed) > 10
    assert {key: status for key, status in answered.items() if status not in {401, 405}} == {}


@pytest.mark.parametrize("who", ["anonymous", "owner", "teacher"])
def test_the_admin_is_closed_to_who_is_no_administrator(client, people, who):
    sign_in(client, people[who])
    # Each of these pages checks the sign-in before it reads anything.
    pages = {filled(a) for a, n in views() if n.startswith("admin:") and not n.endswith((":login", ":logout"))}
    closed = {page for page in pages if client.get(page, follow=False).status_code in {302, 403, 404}}

    assert len(pages) > 20
    assert pages - closed == set()
