"""A forgotten password, and a second factor, in a real browser."""

import hmac
import time
from base64 import b32decode

import pytest
from playwright.sync_api import expect

from tests.support.system import link_in_mail

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def code_of(secret):
    """Return the code that an authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(b32decode(secret), (int(time.time()) // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def activate(page):
    """Enter the current code. Try again once if it changed before the click."""
    activated = page.get_by_role("heading", name="Recovery Codes")
    for _ in range(2):
        page.get_by_label("Authenticator code").fill(code_of(page.get_by_label("Authenticator secret").input_value()))
        page.get_by_role("button", name="Activate").click()
        activated.or_(page.get_by_text("Incorrect code")).wait_for()
        if activated.is_visible():
            return
    raise AssertionError("no code is taken")


def test_a_forgotten_password_is_reset(idle, page):
    page.goto(f"{idle.url}/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill("student30@example.org")
    page.get_by_role("button", name="Reset").click()
    page.goto(link_in_mail(idle, "/accounts/password/reset/key/"))
    for label in ("New Password", "New Password (again)"):
        page.get_by_label(label, exact=True).fill("difference-engine-1822")
    page.get_by_role("button", name="Change Password").click()

    page.goto(f"{idle.url}/accounts/login/")
    page.get_by_label("User name").fill("student30")
    page.get_by_label("Password", exact=True).fill("difference-engine-1822")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Automatic differentiation").wait_for()


def test_a_second_factor_is_required_after_its_setup(idle, page, sign_in, violations):
    sign_in(idle, "student31")
    page.get_by_role("link", name="student31").click()
    page.get_by_role("link", name="E-mail addresses").click()
    page.get_by_role("button", name="Re-send Verification").click()
    page.goto(link_in_mail(idle, "/accounts/confirm-email/"))
    page.get_by_role("button", name="Confirm").click()

    page.goto(f"{idle.url}/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill("student31")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Activate Authenticator App").wait_for()
    assert violations() == []
    activate(page)
    recovery = page.get_by_label("Unused codes").input_value().split()[0]

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{idle.url}/accounts/login/")
    page.get_by_label("User name").fill("student31")
    page.get_by_label("Password", exact=True).fill("student31")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Two-Factor Authentication").wait_for()
    page.goto(f"{idle.url}/courses/autograd-demo/")
    page.get_by_role("heading", name="Two-Factor Authentication").wait_for()
    page.get_by_role("textbox").fill(recovery)
    page.get_by_role("button", name="Sign In").click()

    expect(page.get_by_role("heading", name="Automatic differentiation")).to_be_visible()
