"""Rate limits for passwords, second-factor codes, resets and sign-ups; one attacker does not lock out a class."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp

from server.invitations.services import invite
from tests.support.people import make_course, make_member, make_user

LOGIN, SIGN_UP = "/accounts/login/", "/accounts/signup/"
RESET, SECOND = "/accounts/password/reset/", "/accounts/2fa/authenticate/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_tenth_of_the_limit(settings):
    """Lower the limit of failed sign-ins per address and minute to a tenth, so that the tests are fast."""
    limit = settings.ACCOUNT_RATE_LIMITS["login_failed"]
    assert limit.startswith("60/m/ip,")
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": limit.replace("60/m", "6/m")}
    return range(6)


def sign_in(client, name, password, **headers):
    return client.post(LOGIN, {"login": name, "password": password}, **headers)


def signed_in(answer):
    return answer.status_code == 302


def test_five_wrong_passwords_block_only_that_account(client):
    make_user(username="ada", password="right")
    make_user(username="bob", password="right")
    for _ in range(5):
        assert "not correct" in sign_in(client, "ada", "wrong").text

    assert "Too many wrong passwords or codes" in sign_in(client, "ada", "right").text
    assert signed_in(sign_in(client, "bob", "right"))


def test_wrong_passwords_for_many_accounts_block_the_address(client, a_tenth_of_the_limit):
    make_user(username="ada", password="right")
    for number in a_tenth_of_the_limit:
        sign_in(client, f"somebody-{number}", "wrong")

    assert not signed_in(sign_in(client, "ada", "right"))
    assert signed_in(sign_in(client, "ada", "right", REMOTE_ADDR="192.0.2.7"))


def test_the_limit_uses_the_address_that_the_proxy_saw(client, settings, a_tenth_of_the_limit):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    make_user(username="ada", password="right")
    for number in a_tenth_of_the_limit:
        claimed = {"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.7"}
        sign_in(client, f"somebody-{number}", "wrong", headers=claimed)

    assert not signed_in(sign_in(client, "ada", "right", headers={"X-Forwarded-For": "198.51.100.99, 192.0.2.7"}))
    assert signed_in(sign_in(client, "ada", "right", headers={"X-Forwarded-For": "192.0.2.8"}))


def test_five_wrong_codes_block_the_right_one(client):
    user = make_user(username="ada", password="right")
    totp.TOTP.activate(user, totp.generate_totp_secret())
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    sign_in(client, "ada", "right")
    for _ in range(5):
        assert client.post(SECOND, {"code": "000000"}).status_code == 200

    refused = client.post(SECOND, {"code": code})

    assert refused.status_code == 200
    assert "Too many wrong passwords or codes" in refused.text


def test_password_resets_for_a_mailbox_are_limited(client):
    answers = [client.post(RESET, {"email": "ada@example.org"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Wait a few minutes" in answers[-1].text


def test_sign_ups_from_an_address_are_limited(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "1/m/ip"}
    course = make_course()
    client.get(invite(course=course, by=make_member(course, "instructor")).get_absolute_url())

    answers = [client.post(SIGN_UP, {"username": f"new-{number}"}) for number in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
