"""What an administrator changes about somebody's account, on the page and in the services."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from server.accounts.models import User
from server.administration import accounts
from server.administration.accounts import AccountChangeRefused
from server.audit.models import AuditAction, AuditEntry
from tests.support.mail import delivered
from tests.support.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db):
    return make_user(username="ada", email="ada@example.org", first_name="Ada", last_name="Byron")


def person(user):
    return reverse("administration:person", args=[user.pk])


def change(client, user, how):
    return client.post(reverse("administration:change", args=[user.pk, how]), follow=True)


def rights(client, user, how, typed):
    return client.post(reverse("administration:rights", args=[user.pk, how]), {"username": typed}, follow=True)


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_changed_address_is_told_to_the_former_one(client, administrator, ada):
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    form = {"first_name": "Ada", "last_name": "Lovelace", "email": "lovelace@example.org"}
    page = client.post(person(ada), form, follow=True)
    ada.refresh_from_db()

    assert "Saved." in page.text
    assert (ada.get_full_name(), ada.email) == ("Ada Lovelace", "lovelace@example.org")
    assert not EmailAddress.objects.filter(email="ada@example.org").exists()
    assert [one.to for one in delivered()] == [["ada@example.org"]]
    assert actions()[-1] == AuditAction.DETAILS_CHANGED
    assert "ada@example.org → Ada Lovelace, lovelace@example.org" in page.text


def test_an_address_of_somebody_else_is_refused(client, administrator, ada):
    make_user(username="bo", email="Bo@example.org")
    page = client.post(person(ada), {"first_name": "Ada", "last_name": "", "email": "bo@EXAMPLE.org"})

    assert page.status_code == 422
    assert "The account bo has this address already." in page.text
    assert User.objects.get(pk=ada.pk).last_name == "Byron"


def test_nothing_changed_is_not_recorded(client, administrator, ada):
    before = actions()
    client.post(person(ada), {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org"})

    assert actions() == before


def test_an_account_that_is_switched_off_ends_its_sessions(client, administrator, ada):
    browser = Client()
    browser.force_login(ada)
    change(client, ada, "deactivate")
    assert browser.get("/accounts/profile/").status_code == 302

    change(client, ada, "reactivate")
    assert User.objects.get(pk=ada.pk).is_active
    assert actions()[-2:] == [AuditAction.DEACTIVATED, AuditAction.REACTIVATED]


def test_a_merged_account_stays_switched_off(client, administrator, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False, merged_into=administrator)

    assert "was merged into root" in change(client, ada, "reactivate").text
    assert not User.objects.get(pk=ada.pk).is_active


def test_rights_need_the_user_name_typed(client, administrator, ada):
    refused = rights(client, ada, "give", "adam")
    assert "This is not the user name" in refused.text
    assert not User.objects.get(pk=ada.pk).is_superuser

    rights(client, ada, "give", "ada")
    made = User.objects.get(pk=ada.pk)
    assert (made.is_superuser, made.is_staff) == (True, True)

    rights(client, ada, "take", "ada")
    taken = User.objects.get(pk=ada.pk)
    assert (taken.is_superuser, taken.is_staff) == (False, False)
    assert actions()[-2:] == [AuditAction.ADMINISTRATOR_MADE, AuditAction.ADMINISTRATOR_UNMADE]


def test_nobody_takes_their_own_rights_or_switches_themselves_off(client, administrator):
    make_user(is_superuser=True, is_staff=True)

    assert "You cannot take your own rights away" in rights(client, administrator, "take", "root").text
    assert "You cannot switch your own account off" in change(client, administrator, "deactivate").text
    administrator.refresh_from_db()
    assert administrator.is_superuser
    assert administrator.is_active


@pytest.mark.parametrize("what", [accounts.deactivate, accounts.unmake_administrator])
def test_the_last_administrator_stays(administrator, ada, what):
    inactive = make_user(is_superuser=True, is_staff=True, is_active=False)

    with pytest.raises(AccountChangeRefused, match="is the only administrator"):
        what(administrator, by=inactive)
    administrator.refresh_from_db()
    assert (administrator.is_superuser, administrator.is_active) == (True, True)


def test_a_link_for_a_new_password_is_sent(client, administrator, ada):
    change(client, ada, "password-link")

    (mail,) = delivered()
    assert mail.to == ["ada@example.org"]
    assert "/accounts/password/reset/key/" in mail.body
    assert actions()[-1] == AuditAction.PASSWORD_LINK_SENT


@pytest.mark.parametrize("fields", [{"email": ""}, {"is_active": False}])
def test_a_link_that_cannot_arrive_is_not_sent(client, administrator, ada, fields):
    User.objects.filter(pk=ada.pk).update(**fields)

    assert "no address that mail can be sent to" in change(client, ada, "password-link").text
    assert AuditAction.PASSWORD_LINK_SENT not in actions()


def test_a_second_factor_is_removed_and_its_person_is_told(client, administrator, ada):
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    browser = Client()
    browser.force_login(ada)
    change(client, ada, "remove-factor")

    assert not Authenticator.objects.filter(user=ada).exists()
    assert browser.get("/accounts/profile/").status_code == 302
    assert [(one.to, "second factor" in one.subject) for one in delivered()] == [(["ada@example.org"], True)]
    assert actions()[-1] == AuditAction.FACTOR_REMOVED
    assert "has no second factor" in change(client, ada, "remove-factor").text


def test_signing_out_everywhere_ends_all_sessions_of_another(client, administrator, ada):
    phone, library = Client(), Client()
    for one in (phone, library):
        one.force_login(ada)
    change(client, ada, "sign-out")

    assert [one.get("/accounts/profile/").status_code for one in (phone, library)] == [302, 302]
    assert client.get(person(ada)).status_code == 200
    assert actions()[-1] == AuditAction.SIGNED_OUT


@pytest.mark.parametrize("view", ["overview", "courses", "people", "health"])
def test_only_administrators_open_the_pages(client, ada, view):
    for flags in ({}, {"is_staff": True}):
        User.objects.filter(pk=ada.pk).update(**flags)
        client.force_login(User.objects.get(pk=ada.pk))
        assert client.get(reverse(f"administration:{view}")).status_code == 404


def test_administrators_without_the_second_factor_are_told(client, administrator, ada, settings):
    settings.ADMIN_SECOND_FACTOR = True

    page = client.get(person(ada))
    assert page.status_code == 403
    assert "need a second factor" in page.text
    assert change(client, ada, "deactivate").status_code == 403
    assert User.objects.get(pk=ada.pk).is_active


def test_an_unknown_change_is_no_page(client, administrator, ada):
    assert change(client, ada, "explode").status_code == 404
    assert rights(client, ada, "explode", "ada").status_code == 404
