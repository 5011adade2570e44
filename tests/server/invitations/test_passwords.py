"""Invitations to choose a password: who gets one, and what the link does once and never again."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Enrollment, Role
from server.invitations.passwords import link_token
from server.mail.models import Letter, Mail, MailState
from tests.support.lms.builders import make_identity
from tests.support.mail import delivered
from tests.support.people import make_course, make_member, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "difference-engine-1822"


def invited(course, **fields):
    return make_member(course, "student", **{"email": "ada@example.org", "password": None} | fields)


def link_in(message):
    return re.search(r"http://127\.0\.0\.1:8000(/invitation/\S+)", message.body)[1]


def choose(client, path, password=PASSWORD):
    return client.post(path, {"new_password1": password, "new_password2": password})


def test_an_imported_person_gets_a_link_that_works(client, course, instructor):
    client.force_login(instructor)
    roster = {"text": "email,name\nada@example.org,Ada Lovelace"}
    page = client.post(reverse("roster:import", args=[course.slug]), roster)
    digest = re.search(r'name="digest" value="(\w+)"', page.text)[1]
    client.post(reverse("roster:confirm", args=[course.slug]), roster | {"digest": digest})
    client.logout()
    (message,) = delivered()

    assert message.to == ["ada@example.org"]
    assert course.title in message.subject
    assert "ada@example.org" in client.get(link_in(message)).text
    assert choose(client, link_in(message)).url == "/accounts/login/"
    assert client.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD}).status_code == 302


def test_the_link_is_never_in_the_database(course):
    invited(course)

    assert not Letter.objects.exists()
    (message,) = delivered()
    token = link_in(message).split("/")[2]
    assert not any(token in str(row) for row in Mail.objects.values())


def test_a_link_works_once(client, course):
    invited(course)
    (message,) = delivered()
    choose(client, link_in(message))

    answer = choose(client, link_in(message), "another-engine-1834")

    assert answer.status_code == 410
    assert "has a password already" in answer.text
    assert User.objects.get(email="ada@example.org").check_password(PASSWORD)


def test_a_link_expires(client, course, settings):
    user = invited(course)
    token = link_token(user, course)
    path = reverse("invitations:password", args=[token])

    assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=settings.INVITATION_DAYS, minutes=1), tick=False):
        assert choose(client, path).status_code == 410


@pytest.mark.parametrize("change", ["removed", "inactive", "administrator", "staff", "address", "password"])
def test_a_link_ends_with_what_it_was_made_for(client, course, change):
    user = invited(course)
    path = reverse("invitations:password", args=[link_token(user, course)])
    match change:
        case "removed":
            Enrollment.objects.all().delete()
        case "inactive":
            User.objects.update(is_active=False)
        case "administrator":
            User.objects.update(is_superuser=True)
        case "staff":
            User.objects.update(is_staff=True)
        case "address":
            User.objects.update(email="eve@example.org")
        case _:
            user.set_password("theirs-1234")
            user.save()

    assert client.get(path).status_code == 410
    assert choose(client, path).status_code == 410
    user.refresh_from_db()
    assert not user.check_password(PASSWORD)


def test_a_link_of_another_signature_sets_no_password(client, course):
    user = invited(course)
    token = link_token(user, course)

    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "a:b:c"):
        assert choose(client, reverse("invitations:password", args=[forged])).status_code == 410
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_weak_passwords_are_refused(client, course):
    path = reverse("invitations:password", args=[link_token(invited(course), course)])

    assert choose(client, path, "12345678").status_code == 422


def test_who_needs_no_password_gets_no_invitation(course):
    make_member(course, "student", email="has@example.org")
    make_member(course, "student", email="boss@example.org", password=None, is_staff=True)
    make_member(course, "student", email="", password=None)
    identity = make_identity(course, email="lti@example.org")
    Enrollment.objects.create(course=course, user=identity.user, role=Role.STUDENT)

    assert delivered() == []
    assert not Mail.objects.exists()


def test_an_invitation_that_nobody_needs_is_dropped(course):
    user = invited(course)
    user.set_password(PASSWORD)
    user.save()

    assert delivered() == []
    assert Mail.objects.get().state == MailState.CANCELLED


def test_an_instructor_sends_it_again(client, course, instructor):
    user = invited(course)
    delivered()
    client.force_login(instructor)

    page = client.get(reverse("roster:person", args=[course.slug, user.pk])).text
    assert "Send the invitation again" in page
    client.post(reverse("invitations:invite", args=[course.slug, user.pk]))
    client.post(reverse("invitations:invite", args=[course.slug, user.pk]))  # one waits already

    assert [message.to for message in delivered()] == [["ada@example.org"]] * 2


@pytest.mark.parametrize("role", ["student", "ta"])
def test_only_instructors_send_invitations(client, course, role):
    user = invited(course)
    delivered()
    client.force_login(make_member(course, role))

    assert client.post(reverse("invitations:invite", args=[course.slug, user.pk])).status_code in {403, 404}
    assert client.post(reverse("invitations:people", args=[course.slug])).status_code in {403, 404}
    client.force_login(make_member(make_course(), "instructor"))
    assert client.post(reverse("invitations:invite", args=[course.slug, user.pk])).status_code == 404
    assert len(delivered()) == 1


def test_people_of_other_courses_cannot_be_invited(client, course, instructor):
    stranger = make_user(email="eve@example.org", password=None)
    client.force_login(instructor)

    assert client.post(reverse("invitations:invite", args=[course.slug, stranger.pk])).status_code == 404


def test_the_page_counts_and_names_who_has_no_password(client, course, instructor):
    invited(course)
    invited(course, email="", first_name="Grace", last_name="Hopper")
    identity = make_identity(course)
    Enrollment.objects.create(course=course, user=identity.user, role=Role.STUDENT)
    delivered()
    client.force_login(instructor)

    page = client.get(reverse("invitations:people", args=[course.slug])).text

    assert "1 without a password" in page
    assert "Grace Hopper" in page
    assert "1 sign in through the learning platform" in page
    client.post(reverse("invitations:people", args=[course.slug]))
    assert len(delivered()) == 2
