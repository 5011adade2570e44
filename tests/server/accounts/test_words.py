"""The account pages and e-mails are in our own words and design, none of them allauth's."""

import re
from pathlib import Path

import allauth
import pytest
from django.urls import reverse

from tests.support.mail import delivered
from tests.support.people import make_user

THEIRS = Path(allauth.__file__).parent / "templates" / "account"


@pytest.fixture
def ada(db):
    return make_user(username="ada", email="ada@example.org")


def test_a_refused_sign_in_is_a_notice_in_plain_words(client, ada):
    text = client.post(reverse("account_login"), {"login": "ada", "password": "wrong"}).text

    assert re.search(r'role="alert">\s*<p>The user name or the password is not correct.</p>', text)


@pytest.mark.parametrize(
    "name",
    ["account_reset_password", "account_reset_password_done", "account_inactive", "account_email_verification_sent"],
)
def test_a_page_for_anybody_is_a_card(client, db, name):
    text = client.get(reverse(name)).text.split("<main")[1]

    assert '<div class="card stack">' in text
    assert "contact us" not in text


@pytest.mark.parametrize("name", ["account_change_password", "account_logout"])
def test_a_page_of_the_account_is_a_card(client, ada, name):
    client.force_login(ada)

    assert '<div class="card stack">' in client.get(reverse(name)).text


def test_a_link_that_was_used_says_what_to_do(client, db):
    text = client.get(reverse("account_reset_password_from_key", args=["1", "used-key"])).text

    assert "This link does not work any more" in text
    assert reverse("account_reset_password") in text


def test_the_mail_for_a_new_password_is_in_our_words(client, ada, settings):
    settings.SENDS_MAIL = True
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})

    (message,) = delivered()
    assert message.subject == "Chainrule: Choose a new password"
    assert "It works once" in message.body
    assert "Hello from" not in message.body
    assert "&" not in message.body


def test_every_mail_of_an_account_has_our_words():
    ours = Path("server/web/templates")
    unused = {"login_code", "password_reset_code"}
    for app in ("account", "mfa"):
        theirs = {path.name for path in (THEIRS.parent / app / "email").glob("*.txt")}
        wanted = {name for name in theirs if name.rpartition("_")[0] not in unused}

        assert {path.name for path in (ours / app / "email").glob("*.txt")} == wanted
