"""One sign-in for all pages: /admin/ uses it too, and a person can end all other sessions."""

from urllib.parse import unquote

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from server.accounts.models import User
from tests.support.mail import delivered
from tests.support.people import make_user

LOGIN, ADMIN, OUT = "/accounts/login/", "/admin/", "/accounts/sign-out-everywhere/"
PROFILE, PASSWORD = "/accounts/profile/", "/accounts/password/change/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return User.objects.create_superuser("root", "root@example.org", "right")


def session_of(name, password="secret", **data):
    client = Client()
    client.post(LOGIN, {"login": name, "password": password, **data})
    return client


def is_signed_in(client):
    return client.get(PROFILE).status_code == 200


def test_the_admin_has_no_password_form_of_its_own(client, admin):
    answer = client.post("/admin/login/", {"username": "root", "password": "right", "next": ADMIN})

    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)
    assert "_auth_user_id" not in client.session


def test_the_sign_in_leads_back_to_the_admin(client, admin):
    asked = client.get("/admin/accounts/user/?q=ada", follow=True)
    address = asked.redirect_chain[-1][0]
    answer = client.post(address, {"login": "root", "password": "right", "next": "/admin/accounts/user/?q=ada"})

    assert unquote(address).endswith("?next=/admin/accounts/user/?q=ada")
    assert answer["Location"] == "/admin/accounts/user/?q=ada"
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1"])
def test_the_admin_leads_to_no_other_site(client, admin, address):
    asked = client.get("/admin/login/", {"next": address})
    answer = client.post(asked["Location"], {"login": "root", "password": "right", "next": address})

    assert asked["Location"].startswith(LOGIN)
    assert answer["Location"] == "/"


def test_wrong_passwords_lock_the_admin_out(client, admin):
    for _ in range(5):
        client.post(LOGIN, {"login": "root", "password": "wrong"})
    for address in (LOGIN, "/admin/login/"):
        client.post(address, {"login": "root", "username": "root", "password": "right"})

    assert client.get(ADMIN).status_code == 302
    assert "_auth_user_id" not in client.session


def test_the_second_factor_guards_the_admin(client, admin):
    totp.TOTP.activate(admin, totp.generate_totp_secret())
    answer = client.post(f"{LOGIN}?next={ADMIN}", {"login": "root", "password": "right", "next": ADMIN})

    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get(ADMIN).status_code == 302


@pytest.mark.parametrize("address", [ADMIN, "/admin/login/", "/admin/login/?next=/admin/accounts/user/"])
def test_other_people_get_a_page_with_a_way_out(client, address):
    client.force_login(make_user())
    answer = client.get(address, follow=True)

    assert answer.status_code == 403
    assert "Only administrators" in answer.text
    assert 'href="/"' in answer.text
    assert len(answer.redirect_chain) <= 1


def test_signing_out_of_the_admin_is_the_sites(client, admin):
    client.force_login(admin)
    answer = client.post("/admin/logout/")

    assert answer["Location"] == LOGIN
    assert not is_signed_in(client)


def test_the_admin_changes_a_password_on_the_sites_page(client, admin):
    client.force_login(admin)

    assert client.get("/admin/password_change/")["Location"] == PASSWORD


def test_a_required_second_factor_is_asked_for(client, admin, settings):
    settings.ADMIN_SECOND_FACTOR = True
    client.force_login(admin)
    refused = client.get(ADMIN, follow=True)

    assert refused.redirect_chain[-1][0] == "/accounts/2fa/"
    assert "need a second factor" in refused.text
    totp.TOTP.activate(admin, totp.generate_totp_secret())
    assert client.get(ADMIN).status_code == 200


def test_signing_out_everywhere_ends_all_other_sessions():
    make_user(username="ada")
    here, phone, library = (session_of("ada", remember="on") for _ in range(3))
    assert all(map(is_signed_in, (here, phone, library)))

    here.post(OUT)

    assert [is_signed_in(one) for one in (here, phone, library)] == [True, False, False]
    assert is_signed_in(session_of("ada"))


def test_signing_out_everywhere_twice_ends_the_sessions_between():
    make_user(username="ada")
    here = session_of("ada")
    here.post(OUT)
    between = session_of("ada")
    here.post(OUT)

    assert (is_signed_in(here), is_signed_in(between)) == (True, False)


def test_other_people_stay_signed_in():
    make_user(username="ada")
    make_user(username="bo")
    here, other = session_of("ada"), session_of("bo")
    here.post(OUT)

    assert is_signed_in(other)


def test_sessions_from_before_the_field_go_on():
    user = make_user()

    assert user.get_session_auth_hash() == super(User, user)._get_session_auth_hash()


def test_signing_out_everywhere_needs_a_post(client):
    client.force_login(make_user())

    assert client.get(OUT).status_code == 405


def test_a_new_password_ends_all_other_sessions():
    make_user(username="ada", email="ada@example.org")
    here, phone = session_of("ada"), session_of("ada")

    here.post(PASSWORD, {"oldpassword": "secret", "password1": "a-new-one-1952", "password2": "a-new-one-1952"})

    assert (is_signed_in(here), is_signed_in(phone)) == (True, False)


def wrong_passwords(client, name, count):
    for _ in range(count):
        client.post(LOGIN, {"login": name, "password": "wrong"})


@pytest.mark.parametrize("name", ["ada", "ada@example.org"])
def test_the_owner_of_a_locked_account_gets_one_mail(client, name):
    make_user(username="ada", email="ada@example.org")

    wrong_passwords(client, name, 5)
    assert delivered() == []
    wrong_passwords(client, name, 3)

    assert [(one.to, "locked" in one.subject) for one in delivered()] == [(["ada@example.org"], True)]


def test_a_locked_name_without_an_account_gets_no_mail(client):
    wrong_passwords(client, "nobody", 8)

    assert delivered() == []


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_fails_breaks_no_sign_in(client, settings):
    settings.EMAIL_BACKEND = "tests.server.accounts.test_one_sign_in.Broken"
    make_user(username="ada", email="ada@example.org")
    wrong_passwords(client, "ada", 5)

    answer = client.post(LOGIN, {"login": "ada", "password": "wrong"})

    assert (answer.status_code, "Too many wrong passwords" in answer.text) == (200, True)
    assert delivered() == []


class Broken:
    def __init__(self, *_, **__):
        raise RuntimeError("no mail today")
