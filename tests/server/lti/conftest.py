"""What the tests of LTI share: a platform, registered, and launches from it."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client

from server.lti.models import Platform
from server.lti.platform import keys, registration
from tests.support.lms.double import Double

made = []


@pytest.fixture(autouse=True)
def _keys_that_are_made_once(monkeypatch):
    """No two keys of a test are the same, but the next test has them again: to make one takes as long as a test."""
    make, again = rsa.generate_private_key, iter(made)

    def another(**what):
        key = next(again, None)
        if key is None:
            key = make(**what)
            made.append(key)
        return key

    monkeypatch.setattr(rsa, "generate_private_key", another)


@pytest.fixture(autouse=True)
def _an_empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def double(settings):
    settings.LTI_ALLOW_PRIVATE = True
    settings.LTI_TIMEOUT = 5
    double = Double()
    double.people = {"s1": "student", "s2": "student", "t1": "teacher"}
    yield double
    double.close()


@pytest.fixture
def platform(double, assignment):
    double.published = keys.key_set()
    platform = Platform(
        course=assignment.course,
        issuer=double.issuer,
        client_id=double.client_id,
        auth_url=f"{double.url}/auth",
        token_url=f"{double.url}/token",
        jwks_url=f"{double.url}/jwks",
    )
    return registration.add(platform, deployment_id=double.deployment_id, every_course=True)


class Browser:
    """A browser that the platform sends to us."""

    def __init__(self, double):
        self.double, self.client = double, Client()

    def begin(self, **more):
        params = {"iss": self.double.issuer, "login_hint": "7", "client_id": self.double.client_id} | more
        return self.client.post("/lti/login", params)

    def answer(self, token, state, **more):
        return self.client.post("/lti/launch", {"id_token": token, "state": state} | more)

    def launch(self, *, sign=None, begin=None, headers=None, **claims):
        """Go the whole way; the answer to the launch."""
        sent = self.sent_to(self.begin(**(begin or {})))
        token = (sign or self.double.signed)(self.double.claims(nonce=sent["nonce"], **claims))
        return self.client.post("/lti/launch", {"id_token": token, "state": sent["state"]}, headers=headers)

    @staticmethod
    def sent_to(response):
        from urllib.parse import parse_qsl, urlsplit

        assert response.status_code == 302, response.content.decode()
        return dict(parse_qsl(urlsplit(response["Location"]).query))


@pytest.fixture
def browser(double, platform):
    return Browser(double)
