"""Fixtures of the LTI tests: a registered platform, and a browser that launches from it."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client

from server.lti.models import Platform
from server.lti.platform import keys, registration
from tests.support.lms.double import Double

made = []


@pytest.fixture(autouse=True)
def _reused_keys(monkeypatch):
    """Give each test different keys, and the next test the same ones again: making a key takes as long as a test."""
    make, reused = rsa.generate_private_key, iter(made)

    def next_key(**options):
        key = next(reused, None)
        if key is None:
            key = make(**options)
            made.append(key)
        return key

    monkeypatch.setattr(rsa, "generate_private_key", next_key)


@pytest.fixture(autouse=True)
def _empty_cache():
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
    """A browser that the platform redirects to our server."""

    def __init__(self, double):
        self.double, self.client = double, Client()

    def begin(self, **more):
        params = {"iss": self.double.issuer, "login_hint": "7", "client_id": self.double.client_id} | more
        return self.client.post("/lti/login", params)

    def answer(self, token, state, **more):
        return self.client.post("/lti/launch", {"id_token": token, "state": state} | more)

    def answer_error(self, error, state):
        return self.client.post("/lti/launch", {"error": error, "state": state})

    def launch(self, *, sign=None, begin=None, headers=None, **claims):
        """Log in and launch; return the response to the launch."""
        sent = self.redirected_params(self.begin(**(begin or {})))
        token = (sign or self.double.signed)(self.double.claims(nonce=sent["nonce"], **claims))
        return self.client.post("/lti/launch", {"id_token": token, "state": sent["state"]}, headers=headers)

    @staticmethod
    def redirected_params(response):
        from urllib.parse import parse_qsl, urlsplit

        assert response.status_code == 302, response.content.decode()
        return dict(parse_qsl(urlsplit(response["Location"]).query))


@pytest.fixture
def browser(double, platform):
    return Browser(double)
