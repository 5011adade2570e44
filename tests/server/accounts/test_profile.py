import re

import pytest

from grader import VERSION
from server.courses.models import Role
from tests.support.mail import delivered
from tests.support.people import make_course, make_member, make_user

PROFILE = "/accounts/profile/"
NEW = "a-new-one-1952"


def test_the_profile_shows_user_name_courses_and_roles(client, db):
    course = make_course(title="Gradients")
    client.force_login(make_member(course, Role.TA, username="ada"))

    text = client.get(PROFILE).text

    assert "ada" in text
    assert "Gradients" in text
    assert "Teaching assistant" in text


def test_a_user_can_change_only_their_name(client, db):
    user = make_user(username="ada")
    client.force_login(user)

    client.post(PROFILE, {"first_name": "Ada", "last_name": "Lovelace", "username": "root", "is_superuser": "1"})

    user.refresh_from_db()
    assert (user.display_name, user.username, user.is_superuser) == ("Ada Lovelace", "ada", False)


@pytest.mark.parametrize("name", ["x" * 200, "\0"])
def test_an_invalid_name_is_refused(client, db, name):
    user = make_user()
    client.force_login(user)

    assert client.post(PROFILE, {"first_name": name}).status_code == 422
    user.refresh_from_db()
    assert user.first_name == ""


def test_a_name_is_escaped(client, db):
    client.force_login(make_user(first_name="<script>alert(1)</script>"))

    assert "<script>alert" not in client.get(PROFILE).text


def test_the_profile_requires_signing_in(client, db):
    assert client.get(PROFILE).url.startswith("/accounts/login/")


def test_a_forgotten_password_is_reset_by_mail(client, db):
    make_user(username="ada", email="ada@example.org", password="forgotten-1951")

    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", delivered()[0].body)[1]
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    client.logout()

    assert client.post("/accounts/login/", {"login": "ada", "password": NEW}).status_code == 302


def test_a_new_password_is_told_to_its_owner(client, db):
    client.force_login(make_user(username="ada", email="ada@example.org", password="forgotten-1951"))
    fields = {"oldpassword": "forgotten-1951", "password1": NEW, "password2": NEW}

    client.post("/accounts/password/change/", fields, headers={"User-Agent": "<b>Browser</b>"})

    (message,) = delivered()
    assert message.to == ["ada@example.org"]
    assert "your password was changed" in message.body
    assert "with this browser: <b>Browser</b>" in message.body
    assert "<b>Browser" not in message.alternatives[0][0]


def test_a_password_reset_does_not_reveal_accounts(client, db):
    make_user(username="ada", email="ada@example.org")

    answers = [
        client.post("/accounts/password/reset/", {"email": address}, follow=True)
        for address in ("ada@example.org", "nobody@example.org")
    ]

    pages = [re.sub(r"nonce[^>]*|csrf[^>]*|X-CSRFToken[^>]*", "", answer.text) for answer in answers]
    assert pages[0] == pages[1]


PAGES = [
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
]


@pytest.mark.parametrize("address", PAGES)
def test_account_pages_use_our_layout_without_inline_styles(client, db, address):
    client.force_login(make_user(password="secret"))
    client.post("/accounts/reauthenticate/", {"password": "secret"})

    answer = client.get(address)

    assert answer.status_code == 200
    assert "build/styles.css" in answer.text
    assert 'class="topbar"' in answer.text
    assert not re.search(r"<[^>]+\sstyle=", answer.text)


def test_the_profile_shows_the_version(client, db):
    client.force_login(make_user(username="eva"))

    assert f"Chainrule {VERSION}" in client.get(PROFILE).text
