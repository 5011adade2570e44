"""Guessing is slow: passwords, codes of the second factor, resets, accounts. One who guesses locks out no hall."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp

from server.invitations.services import invite
from tests.support.people import make_course, make_member, make_user

LOGIN, SIGN_UP = "/accounts/login/", "/accounts/signup/"
RESET, SECOND = "/accounts/password/reset/", "/accounts/2fa/authenticate/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_tenth(settings):
    """A tenth of what an address may get wrong in a minute, so that the tests are quick about it."""
    limit = settings.ACCOUNT_RATE_LIMITS["login_failed"]
    assert limit.startswith("60/m/ip,")
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": limit.replace("60/m", "6/m")}
    return range(6)


def sign_in(client, name, password, **headers):
    return client.post(LOGIN, {"login": name, "password": password}, **headers)


def signed_in(answer):
    return answer.status_code == 302


def test_after_five_wrong_passwords_the_right_one_must_wait_and_other_accounts_need_not(client):
    make_user(username="ada", password="right")
    make_user(username="bob", password="right")
    for _ in range(5):
        assert "not correct" in sign_in(client, "ada", "wrong").text

    assert "Too many failed" in sign_in(client, "ada", "right").text
    assert signed_in(sign_in(client, "bob", "right"))


def test_who_tries_one_password_at_many_accounts_is_stopped_by_address(client, a_tenth):
    make_user(username="ada", password="right")
    for number in a_tenth:
        sign_in(client, f"somebody-{number}", "wrong")

    assert not signed_in(sign_in(client, "ada", "right"))
    assert signed_in(sign_in(client, "ada", "right", REMOTE_ADDR="192.0.2.7"))


def test_behind_a_proxy_the_address_is_what_the_proxy_saw_whatever_the_client_claims(client, settings, a_tenth):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    make_user(username="ada", password="right")
    for number in a_tenth:
        claimed = {"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.7"}
        sign_in(client, f"somebody-{number}", "wrong", headers=claimed)

    assert not signed_in(sign_in(client, "ada", "right", headers={"X-Forwarded-For": "198.51.100.99, 192.0.2.7"}))
    assert signed_in(sign_in(client, "ada", "right", headers={"X-Forwarded-For": "192.0.2.8"}))


def test_after_five_wrong_codes_the_right_one_must_wait(client):
    user = make_user(username="ada", password="right")
    totp.TOTP.activate(user, totp.generate_totp_secret())
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    sign_in(client, "ada", "right")
    for _ in range(5):
        assert client.post(SECOND, {"code": "000000"}).status_code == 200

    refused = client.post(SECOND, {"code": code})

    assert refused.status_code == 200
    assert "Too many failed" in refused.text


def test_a_mailbox_is_not_flooded_with_resets(client):
    answers = [client.post(RESET, {"email": "ada@example.org"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Wait a few minutes" in answers[-1].text


def test_accounts_are_not_made_without_end(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "1/m/ip"}
    course = make_course()
    client.get(invite(course=course, by=make_member(course, "instructor")).get_absolute_url())

    answers = [client.post(SIGN_UP, {"username": f"new-{number}"}) for number in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
