"""Several courses can register the same issuer. None of them breaks or reads the logins of another one."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from server.lti.launch import login
from server.lti.models import Identity, LoginState
from server.lti.views import launch
from tests.support.lms.builders import make_platform
from tests.support.people import make_course

pytestmark = pytest.mark.django_db

WITHOUT = {"client_id": ""}


@pytest.fixture
def other(double, platform):
    """Another course's registration: the same issuer, and everything else of another site."""
    return make_platform(make_course(), issuer=double.issuer, client_id="client-2", jwks_url=f"{double.url}/other-jwks")


def test_another_courses_registration_breaks_no_login(browser, other, assignment):
    response = browser.launch(begin=WITHOUT, exercise=assignment.slug)

    assert response["Location"] == assignment.get_absolute_url()


def test_an_older_registration_of_another_course_breaks_no_login(double, assignment, request):
    older = make_platform(make_course(), issuer=double.issuer, client_id="client-2")
    platform, browser = request.getfixturevalue("platform"), request.getfixturevalue("browser")

    sent = browser.redirected_params(browser.begin(**WITHOUT, lti_deployment_id=double.deployment_id))

    assert older.pk < platform.pk
    assert sent["client_id"] == platform.client_id


def test_the_next_registration_is_tried_after_a_refusal(browser, other, platform):
    first = browser.redirected_params(browser.begin(**WITHOUT))
    second = browser.redirected_params(browser.answer_error("unauthorized_client", first["state"]))
    third = browser.answer_error("unauthorized_client", second["state"])

    assert [first["client_id"], second["client_id"]] == [platform.client_id, other.client_id]
    assert second["state"] != first["state"]
    assert "refused the sign-in" in third.text


def test_a_refusal_is_final_if_the_login_names_its_client(browser, other):
    sent = browser.redirected_params(browser.begin())

    assert "refused the sign-in" in browser.answer_error("unauthorized_client", sent["state"]).text


def test_another_browser_cannot_begin_the_next_login(browser, other):
    sent = browser.redirected_params(browser.begin(**WITHOUT))
    browser.client.cookies.clear()

    assert "refused the sign-in" in browser.answer_error("unauthorized_client", sent["state"]).text


def test_a_token_for_the_other_registration_needs_its_keys(browser, other):
    sent = browser.redirected_params(browser.begin(**WITHOUT))
    token = browser.double.signed(browser.double.claims(nonce=sent["nonce"], aud=other.client_id))

    response = browser.answer(token, sent["state"])

    assert response.status_code in {403, 502}
    assert not Identity.objects.exists()


def test_a_key_of_another_registration_signs_no_token(browser, other):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    response = browser.launch(begin=WITHOUT, sign=lambda claims: browser.double.signed(claims, key=stranger))

    assert "could not verify" in response.text
    assert not Identity.objects.exists()


def nested(depth=30_000):
    part = base64.urlsafe_b64encode(b'{"alg":"RS256","aud":' + b"[" * depth).rstrip(b"=").decode()
    return f"{part}.{part}.x"


@pytest.mark.parametrize("token", [nested(), "a.b.c", f"{'1' * 90_000}.e30.x", "e30.e30.e30"])
@pytest.mark.parametrize("begin", [{}, WITHOUT])
def test_a_token_that_breaks_its_reader_is_refused_in_words(browser, other, token, begin):
    sent = browser.redirected_params(browser.begin(**begin))

    assert "could not verify" in browser.answer(token, sent["state"]).text


# Anybody can begin a login


def test_one_address_begins_a_limited_number_of_logins(browser, monkeypatch):
    monkeypatch.setattr(launch, "LOGINS_PER_MINUTE", 3)

    answers = [browser.begin().status_code for _ in range(5)]

    # The minute can change in between.
    assert answers[:3] == [302, 302, 302]
    assert 429 in answers[3:]
    assert LoginState.objects.count() < 5


def test_logins_delete_expired_ones(browser):
    for _ in range(3):
        browser.begin()
    LoginState.objects.update(expires_at=timezone.now() - login.VALID_FOR)
    browser.begin()

    assert LoginState.objects.count() == 1


def test_a_login_with_much_text_is_refused(browser):
    texts = dict.fromkeys(("login_hint", "lti_message_hint", "target_link_uri"), "x" * 3_900)

    assert browser.begin(**texts).status_code == 400
    assert not LoginState.objects.exists()


def test_a_new_window_gets_the_parameters_of_the_platform_only(browser, other):
    first = browser.redirected_params(browser.begin(**WITHOUT))
    second = browser.redirected_params(browser.answer_error("unauthorized_client", first["state"]))

    assert LoginState.objects.latest("pk").params["tried"]
    login.begin_in_window(second["state"])
    assert set(LoginState.objects.latest("pk").params) <= {*login.PARAMS, login.WINDOW}
