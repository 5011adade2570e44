"""The hash of passwords in production: its parameters, older hashes, and what the time of a sign-in tells."""

import re
import threading

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from server.accounts.hashers import Argon2PasswordHasher
from server.settings import base
from tests.support.people import make_user

PAGE = "/accounts/login/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS


def counted(hash_function, algorithm, calls):
    def call(*args, **options):
        calls.append(algorithm)
        return hash_function(*args, **options)

    return call


@pytest.fixture
def hashed(monkeypatch):
    """The calls of the hash function, by the name of the hasher."""
    calls = []
    for hasher in (Argon2PasswordHasher, PBKDF2PasswordHasher):
        for name in ("encode", "verify"):
            monkeypatch.setattr(hasher, name, counted(getattr(hasher, name), hasher.algorithm, calls))
    return calls


def sign_in(client, login, password="wrong"):
    return client.post(PAGE, {"login": login, "password": password})


def test_a_new_hash_has_the_parameters_of_owasp():
    assert re.match(r"argon2\$argon2id\$v=19\$m=19456,t=2,p=1\$", make_password("right"))


def test_a_hash_of_before_fits_and_is_replaced(client):
    user = make_user(username="ada")
    user.password = PBKDF2PasswordHasher().encode("right", "salt", iterations=1000)
    user.save()

    assert sign_in(client, "ada", "wrong").status_code == 200
    assert sign_in(client, "ada", "right").status_code == 302
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password("right")


@pytest.mark.parametrize("login", ["ada", "ada@example.org", "nobody", "nobody@example.org", "lms", "gone"])
def test_every_wrong_password_costs_one_hash(client, hashed, login):
    make_user(username="ada", email="ada@example.org", password="right")
    make_user(username="gone", password="right", is_active=False)
    make_user(username="lms").set_unusable_password()
    hashed.clear()

    assert "not correct" in sign_in(client, login).text
    assert hashed == ["argon2"]


def test_the_right_password_of_an_account_costs_one_hash(client, hashed):
    make_user(username="ada", email="ada@example.org", password="right")
    hashed.clear()

    assert sign_in(client, "ADA@example.org", "right").status_code == 302
    assert hashed == ["argon2"]


def test_a_user_name_is_looked_for_once(client, django_assert_max_num_queries):
    make_user(username="ada", password="right")

    with django_assert_max_num_queries(12):
        assert sign_in(client, "ada", "right").status_code == 302


def test_an_account_that_is_locked_gets_its_own_page(client):
    make_user(username="gone", password="right", is_active=False)

    assert sign_in(client, "gone", "right").url == "/accounts/inactive/"


def test_a_process_hashes_one_password_at_a_time(monkeypatch):
    at_once, most = [], []
    real = hashers.Argon2PasswordHasher.encode

    def watched(self, password, salt):
        at_once.append(password)
        most.append(len(at_once))
        found = real(self, password, salt)
        at_once.remove(password)
        return found

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "encode", watched)
    threads = [threading.Thread(target=make_password, args=(f"password {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1, 1, 1, 1]


def test_a_session_of_before_the_upgrade_stays_signed_in(client):
    client.force_login(make_user(username="ada"), backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get("/").status_code == 200
