"""The owner of a token: who gets mail, who can take a token over, and what the migration does to old tokens."""

import importlib

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse

from server.api.models import ApiToken, TokenScope
from server.api.tokens import make_token
from tests.support.mail import delivered
from tests.support.people import make_course, make_member, make_student, make_user

pytestmark = pytest.mark.django_db


def teacher(course, **fields):
    return make_member(course, "instructor", **fields)


def test_the_person_of_a_new_token_gets_a_mail(course):
    owner = teacher(course, email="ada@example.org")
    _, token = make_token("Moodle", courses=[course], scopes=[TokenScope.GRADES_READ], owner=owner)

    (letter,) = delivered()
    assert letter.to == ["ada@example.org"]
    assert "Moodle" in letter.subject
    assert "grades:read" in letter.body
    assert token not in letter.body


def take_over(client, course, row, by):
    client.force_login(by)
    return client.post(reverse("integrations:take-over", args=[course.slug, row.pk]))


def test_the_former_owner_of_a_token_gets_a_mail(client, course):
    former = teacher(course, email="ada@example.org")
    row, _ = make_token("Moodle", courses=[course], scopes=[TokenScope.GRADES_READ], owner=former)
    successor = teacher(course)
    take_over(client, course, row, successor)

    row.refresh_from_db()
    assert row.owner == successor
    assert [(one.to, "taken over" in one.subject) for one in delivered()[1:]] == [(["ada@example.org"], True)]


@pytest.mark.parametrize("role", ["student", "ta"])
def test_only_an_instructor_takes_a_token_over(client, course, role):
    row, _ = make_token("Moodle", courses=[course], scopes=[TokenScope.GRADES_READ], owner=make_user())

    assert take_over(client, course, row, make_member(course, role)).status_code in {403, 404}
    assert take_over(client, course, row, teacher(make_course())).status_code == 404
    row.refresh_from_db()
    assert row.owner.enrollments.count() == 0


def test_a_token_of_two_courses_needs_an_instructor_of_both(client, course):
    row, _ = make_token("M", courses=[course, make_course()], scopes=[TokenScope.GRADES_READ], owner=make_user())

    assert take_over(client, course, row, teacher(course)).status_code == 404


@pytest.mark.parametrize(
    ("role", "active", "state"),
    [
        ("instructor", True, "works"),
        ("ta", True, "limited"),
        ("student", True, "suspended"),
        ("instructor", False, "suspended"),
    ],
)
def test_the_page_shows_if_a_token_works(client, course, role, active, state):
    owner = make_member(course, role, is_active=active)
    make_token("Moodle", courses=[course], scopes=[TokenScope.GRADES_READ], owner=owner)
    client.force_login(teacher(course))
    page = client.get(reverse("integrations:tokens", args=[course.slug]))

    assert [shown for _, _, shown in page.context["rows"]] == [state]
    assert ("Take over" in page.text) == (state != "works")


@pytest.mark.parametrize("scope", ["webhooks:write", "roster:write", "grades:write"])
def test_a_personal_token_gets_no_scope_over_others(course, scope):
    student = make_student(course)

    with pytest.raises(CommandError, match="personal token cannot have"):
        call_command("apitoken", "x", course=[course.slug], scope=[scope], user=student.username)
    assert not ApiToken.objects.exists()


def migrated(row):
    importlib.import_module("server.api.migrations.0002_webhooks_scope").add_scope(apps, None)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("role", "scope", "gets"),
    [
        ("instructor", TokenScope.GRADES_READ, True),
        ("instructor", TokenScope.SUBMISSIONS_WRITE, False),
        ("student", TokenScope.GRADES_READ, False),
    ],
)
def test_old_tokens_of_staff_get_the_webhook_scope(course, role, scope, gets):
    row, _ = make_token("old", courses=[course], scopes=[scope], owner=make_member(course, role))

    assert ("webhooks:write" in migrated(row).scopes) == gets


def test_old_personal_tokens_get_no_webhook_scope(course):
    learner = make_student(course)
    row, _ = make_token(
        "old", courses=[course], scopes=[TokenScope.GRADES_READ], learner=learner, owner=teacher(course)
    )

    assert migrated(row).scopes == ["grades:read"]


def test_old_tokens_get_an_instructor_of_their_courses(course):
    other = make_course()
    teacher(course)
    both = teacher(course)
    both.enrollments.create(course=other, role="instructor")
    row, _ = make_token("old", courses=[course, other], scopes=[TokenScope.GRADES_READ])
    alone, _ = make_token("old", courses=[make_course()], scopes=[TokenScope.GRADES_READ])

    assert migrated(row).owner == both
    assert migrated(alone).owner is None
    assert alone.scopes == ["grades:read"]
