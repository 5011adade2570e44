"""Stopping mails by a link, and by the settings: for oneself only."""

import pytest
from django.core import signing
from django.urls import reverse

from server.mail.models import MailKind, SwitchedOff
from server.mail.unsubscribing import read_link, unsubscribe_url
from tests.support.people import make_user

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def ada():
    return make_user(username="ada", email="ada@example.org")


def path_of(user, *kinds):
    return unsubscribe_url(user.pk, kinds).removeprefix("http://127.0.0.1:8000")


def off(user):
    return set(SwitchedOff.objects.filter(user=user).values_list("kind", flat=True))


def test_opening_the_link_changes_nothing(client, ada):
    assert client.get(path_of(ada, "comment", "regrade")).status_code == 200
    assert off(ada) == set()


def test_one_click_stops_the_kinds_of_the_mail(ada):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)  # a mail program has neither a session nor a token
    assert client.post(path_of(ada, "comment", "regrade"), ONE_CLICK).status_code == 200
    assert client.post(path_of(ada, "comment"), ONE_CLICK).status_code == 200
    assert off(ada) == {"comment", "regrade"}


@pytest.mark.parametrize("salt", ["", "server.invitations.passwords"])
def test_a_forged_link_stops_nothing(client, ada, salt):
    named = {"user": ada.pk, "kinds": ["comment"]}
    token = signing.dumps(named, salt=salt) if salt else path_of(ada, "comment").split("/")[-2][:-2] + "AA"

    assert client.post(reverse("notifications:unsubscribe", args=[token]), ONE_CLICK).status_code == 404
    assert off(ada) == set()


def test_a_link_stops_mails_of_its_person_only(client, ada):
    bob = make_user()
    client.force_login(bob)
    client.post(path_of(ada, "comment"), ONE_CLICK)

    assert (off(ada), off(bob)) == ({"comment"}, set())
    mine, theirs = (path_of(who, "comment").split("/")[-2] for who in (ada, bob))
    swapped = ":".join([theirs.split(":")[0], *mine.split(":")[1:]])
    assert read_link(swapped) is None


def test_security_and_invitations_cannot_be_stopped(client, ada):
    client.post(path_of(ada, MailKind.SECURITY, MailKind.INVITATION), ONE_CLICK)

    assert off(ada) == set()


def test_a_person_chooses_on_the_settings_page(client, ada):
    client.force_login(ada)
    page = client.get(reverse("notifications:settings"))
    assert "Comments on your submissions" in page.text
    assert 'name="security"' not in page.text
    client.post(reverse("notifications:settings"), {"comment": "on", "security": "", "invitation": ""})
    assert off(ada) == {"announcement", "grade", "regrade", "extension", "deadline"}
    client.post(reverse("notifications:settings"), dict.fromkeys(map(str, MailKind), "on"))
    assert off(ada) == set()
