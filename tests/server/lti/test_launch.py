import base64
import json
import time

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from server.accounts.models import User
from server.courses.models import Enrollment, Role
from server.lti.members import people
from server.lti.models import Deployment, Identity, LineItem, LmsCourse, LoginState, ResourceLink
from server.lti.platform import claims as c
from tests.support.people import make_course, make_student, make_user

pytestmark = pytest.mark.django_db


def role_of(identity_sub):
    return Enrollment.objects.get(user__lti_identities__sub=identity_sub).role


def refused(response, title):
    return title in response.content.decode() and not Identity.objects.exists()


# Login and launch


def test_a_login_redirects_with_a_fresh_state_and_nonce(browser, double):
    response = browser.begin(lti_message_hint="hint")
    sent = browser.redirected_params(response)

    assert response["Location"].startswith(f"{double.url}/auth?")
    assert (sent["response_mode"], sent["response_type"]) == ("form_post", "id_token")
    assert (sent["scope"], sent["prompt"], sent["lti_message_hint"]) == ("openid", "none", "hint")
    assert sent["redirect_uri"] == "http://127.0.0.1:8000/lti/launch"
    assert len(sent["state"]) > 40
    assert sent["nonce"] != sent["state"]


def test_the_login_cookie_works_in_frames_under_lti_only(browser):
    (morsel,) = browser.begin().cookies.values()

    text = morsel.OutputString()
    assert "SameSite=None; Partitioned" in text
    assert "Secure" in text
    assert "HttpOnly" in text
    assert "Path=/lti/" in text


def test_only_a_digest_of_the_state_is_stored(browser):
    sent = browser.redirected_params(browser.begin())

    assert not LoginState.objects.filter(state=sent["state"]).exists()


def test_a_student_lands_on_the_exercise_and_is_enrolled(browser, assignment):
    response = browser.launch(exercise=assignment.slug)

    assert (response.status_code, response["Location"]) == (302, assignment.get_absolute_url())
    assert role_of("s1") == Role.STUDENT
    assert browser.client.get(response["Location"]).status_code == 200
    assert User.objects.get(lti_identities__sub="s1").display_name == "Ada Lovelace"


@pytest.mark.parametrize("exercise", [None, "$Unresolved.variable"])
def test_a_link_without_an_exercise_leads_to_the_course(browser, assignment, exercise):
    response = browser.launch(exercise=exercise)

    assert response["Location"] == assignment.course.get_absolute_url()


def test_an_exercise_missing_from_the_course_gives_404(browser):
    response = browser.launch(exercise="no/such")

    assert response.status_code == 404
    assert "The exercise does not exist" in response.content.decode()


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["Instructor"], Role.INSTRUCTOR),
        (["Learner"], Role.STUDENT),
        (["Mentor"], Role.STUDENT),
        ([], Role.STUDENT),
    ],
)
def test_a_role_in_the_lms_course_is_the_role_here(browser, roles, expected):
    browser.launch(roles=roles)

    assert role_of("s1") == expected


def test_an_assistant_who_also_instructs_is_an_assistant(browser):
    roles = ["membership#Instructor", "membership/Instructor#TeachingAssistant"]
    browser.launch(**{c.ROLES: [f"http://purl.imsglobal.org/vocab/lis/v2/{role}" for role in roles]})

    assert role_of("s1") == Role.TA


def test_an_lms_administrator_becomes_a_student_in_the_course(browser):
    roles = ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"]
    browser.launch(**{c.ROLES: roles})

    assert role_of("s1") == Role.STUDENT


def test_launches_of_a_day_remove_a_role(browser):
    with time_machine.travel("2026-03-01 12:00", tick=False) as clock:
        browser.launch(roles=["Instructor"])
        browser.launch(roles=["Learner"])
        clock.shift(people.LOWERED_FOR)
        browser.launch(roles=["Learner"])

    assert role_of("s1") == Role.STUDENT


def test_a_launch_keeps_a_role_that_a_person_gave(browser, assignment):
    browser.launch()
    Enrollment.objects.filter(course=assignment.course).update(role=Role.INSTRUCTOR)
    browser.launch(roles=["Learner"])

    assert role_of("s1") == Role.INSTRUCTOR


def test_each_sub_gets_one_account(browser):
    for sub in ("s1", "s1", "s2"):
        browser.launch(sub=sub)

    assert User.objects.filter(lti_identities__isnull=False).count() == 2


# No launch takes over an account of somebody else


def test_no_account_is_matched_by_email_or_user_name(browser, assignment):
    victim = make_student(assignment.course, username="ada", email="ada@school.example")
    browser.launch(roles=["Instructor"], preferred_username="ada")

    assert not victim.lti_identities.exists()
    assert Enrollment.objects.get(user=victim).role == Role.STUDENT
    assert Identity.objects.get().user.email == ""


def test_an_unused_roster_account_is_matched_by_its_external_id(browser, assignment):
    waiting = make_student(assignment.course, external_id="s1", password=None)
    browser.launch()

    assert Identity.objects.get().user == waiting


@pytest.mark.parametrize("why", ["password", "elsewhere", "staff", "used"])
def test_an_account_with_other_uses_is_not_matched(browser, assignment, why):
    fields = {"password": "secret"} if why == "password" else {"password": None}
    fields |= {"is_staff": True} if why == "staff" else {}
    waiting = make_student(assignment.course, external_id="s1", **fields)
    if why == "elsewhere":
        Enrollment.objects.create(course=make_course(), user=waiting)
    if why == "used":
        Client().force_login(waiting)
    browser.launch()

    assert Identity.objects.get().user != waiting


def test_a_closed_account_stays_closed(browser):
    browser.launch()
    User.objects.filter(lti_identities__sub="s1").update(is_active=False)
    response = browser.launch()

    assert response.status_code == 403
    assert "closed" in response.content.decode()


# Launches that need an approval first


def test_an_unknown_deployment_waits_for_approval(browser, double):
    double.deployment_id = "2"
    response = browser.launch()

    assert refused(response, "waits for approval")
    assert not Deployment.objects.get(deployment_id="2").approved


def test_an_unlinked_lms_course_makes_nobody_an_instructor(browser, platform):
    platform.deployments.update(every_course=False)
    response = browser.launch(roles=["Instructor"])

    assert refused(response, "not linked yet")
    assert LmsCourse.objects.get().course is None


def test_an_unknown_platform_is_refused(browser):
    response = browser.client.post("/lti/login", {"iss": "https://other.example", "login_hint": "7"})

    assert response.status_code == 403
    assert "not registered here" in response.content.decode()


def test_a_disabled_platform_is_refused(browser, platform):
    sent = browser.redirected_params(browser.begin())
    type(platform).objects.update(enabled=False)
    response = browser.answer(browser.double.signed(browser.double.claims(nonce=sent["nonce"])), sent["state"])

    assert refused(response, "switched off here")


# Invalid tokens


def tampered(claims, double):
    head, body, signature = double.signed(claims).split(".")
    data = json.loads(base64.urlsafe_b64decode(body + "=="))
    data[c.ROLES] = ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]
    changed = base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


def unsigned(claims, double):
    return jwt.encode(claims, None, algorithm="none", headers={"kid": double.kid})


def by_another_key(claims, double):
    return double.signed(claims, key=rsa.generate_private_key(public_exponent=65537, key_size=2048))


def by_an_unknown_key(claims, double):
    return double.signed(claims, kid="unknown")


def by_the_public_key_as_a_secret(claims, double):
    pem = double.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # PyJWT refuses to make this token, so the header and the signature are made by hand.
    import hashlib
    import hmac

    def part(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = part(json.dumps({"alg": "HS256", "kid": double.kid}).encode()) + "." + part(json.dumps(claims).encode())
    return f"{head}.{part(hmac.new(pem, head.encode(), hashlib.sha256).digest())}"


def no_token(claims, double):
    return "a.b.c"


@pytest.mark.parametrize(
    "sign", [tampered, unsigned, by_another_key, by_an_unknown_key, by_the_public_key_as_a_secret, no_token]
)
def test_a_token_that_the_platform_did_not_sign_is_refused(browser, double, sign):
    response = browser.launch(sign=lambda claims: sign(claims, double))

    assert response.status_code == 403
    assert refused(response, "could not verify")


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "somebody-else"},
        {"aud": ["client-1", "somebody-else"]},
        {"azp": "somebody-else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": "yesterday"},
        {"iat": "in an hour"},
        {"iat": "two hours ago"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["a"]},
        {c.VERSION: "1.1"},
        {c.DEPLOYMENT_ID: None},
        {c.DEPLOYMENT_ID: {"a": 1}},
        {c.DEPLOYMENT_ID: "x" * 300},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(browser, double, wrong):
    moments = {"in an hour": time.time() + 3600, "two hours ago": time.time() - 7200}

    def sign(claims):
        if wrong.get("iat") in moments:
            wrong["iat"] = moments[wrong["iat"]]
        return double.signed({name: value for name, value in (claims | wrong).items() if value is not None})

    response = browser.launch(sign=sign)

    assert response.status_code == 403
    assert refused(response, "could not verify")


@pytest.mark.parametrize(
    "odd",
    [
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 300},
        {c.RESOURCE_LINK: None},
        {c.RESOURCE_LINK: "a text"},
        {c.MESSAGE_TYPE: "LtiSubmissionReviewRequest"},
        {c.MESSAGE_TYPE: ["LtiResourceLinkRequest"]},
    ],
    ids=str,
)
def test_an_invalid_launch_shows_an_error_page(browser, odd):
    response = browser.launch(**odd)

    assert response.status_code == 400
    assert refused(response, "opened from a course")


@pytest.mark.parametrize(
    "odd",
    [
        {c.ROLES: "Instructor"},
        {c.ROLES: [1, None, {}]},
        {c.CONTEXT: "x"},
        {c.CUSTOM: ["exercise"]},
        {c.CUSTOM: {"exercise": 3}},
        {c.AGS: "yes"},
        {c.AGS: {"scope": "all", "lineitems": "javascript:alert(1)", "lineitem": 5}},
        {c.NRPS: []},
        {"name": {"first": "Ada"}},
        {"given_name": "A\0da" * 100},
    ],
    ids=str,
)
def test_malformed_optional_claims_are_ignored(browser, odd):
    assert browser.launch(**odd).status_code == 302
    assert role_of("s1") == Role.STUDENT


def test_keys_are_fetched_again_after_the_platform_changed_them(browser, double):
    browser.launch()
    double.key, double.kid = rsa.generate_private_key(public_exponent=65537, key_size=2048), "platform-2"

    assert browser.launch().status_code == 302


def test_unknown_key_ids_do_not_cause_repeated_fetches(browser, double):
    for number in range(5):
        browser.launch(sign=lambda claims, kid=f"k{number}": double.signed(claims, kid=kid))

    assert [path for _, path, *_ in double.requests].count("/jwks") <= 2


def test_an_unreachable_platform_gives_502(browser, double):
    double.down = True
    response = browser.launch()

    assert response.status_code == 502
    assert "could not reach" in response.content.decode()


# A login works once, in its own browser, until it expires


def test_a_launch_works_once(browser, double):
    sent = browser.redirected_params(browser.begin())
    cookies = browser.client.cookies.copy()
    token = double.signed(double.claims(nonce=sent["nonce"]))
    assert browser.answer(token, sent["state"]).status_code == 302

    browser.client.cookies = cookies
    response = browser.answer(token, sent["state"])

    assert response.status_code == 400
    assert "used before" in response.content.decode()


def test_a_token_of_another_login_is_refused(browser, double):
    first, second = browser.redirected_params(browser.begin()), browser.redirected_params(browser.begin())
    response = browser.answer(double.signed(double.claims(nonce=first["nonce"])), second["state"])

    assert refused(response, "could not verify")


def test_a_form_from_another_browser_signs_nobody_in(browser, double):
    """The victim's browser posts a launch that the attacker prepared."""
    sent = browser.redirected_params(browser.begin())
    victim = Client()
    data = {"id_token": double.signed(double.claims(nonce=sent["nonce"])), "state": sent["state"]}
    response = victim.post("/lti/launch", data)

    assert refused(response, "took too long")
    assert "sessionid" not in victim.cookies


def test_a_login_expires(browser, double):
    with time_machine.travel("2026-03-01 12:00", tick=False):
        sent = browser.redirected_params(browser.begin())
    with time_machine.travel("2026-03-01 12:11", tick=False):
        response = browser.answer(double.signed(double.claims(nonce=sent["nonce"])), sent["state"])

        assert refused(response, "took too long")


def test_the_deployment_must_match_the_login(browser):
    response = browser.launch(begin={"lti_deployment_id": "9"})

    assert refused(response, "could not verify")


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ({"error": "login_required", "error_description": "<b>No</b>"}, "refused the sign-in"),
        ({}, "opened from a course"),
        ({"state": "x", "id_token": "y"}, "took too long"),
        ({"state": "\0", "id_token": "\0"}, "took too long"),
    ],
)
def test_bad_launch_posts_show_an_error_page(browser, data, title):
    response = browser.client.post("/lti/launch", data)

    assert response.status_code == 400
    assert refused(response, title)
    assert "<b>No</b>" not in response.content.decode()


@pytest.mark.parametrize("params", [{}, {"iss": "x"}, {"iss": "x", "login_hint": "y" * 5000}])
def test_an_invalid_login_request_gives_400(client, db, params):
    assert client.get("/lti/login", params).status_code == 400


def test_several_logins_can_run_at_once(browser, double):
    sent = [browser.redirected_params(browser.begin()) for _ in range(3)]
    answers = [browser.answer(double.signed(double.claims(nonce=one["nonce"])), one["state"]) for one in sent]

    assert [answer.status_code for answer in answers] == [302] * 3


# Frames

IN_A_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}


def test_a_launch_in_a_frame_gets_cookies_of_its_own(browser, assignment):
    response = browser.launch(exercise=assignment.slug, headers=IN_A_FRAME)

    assert "sessionid" not in response.cookies
    text = response.cookies["lti_sessionid"].OutputString()
    assert "SameSite=None; Partitioned" in text
    assert "Secure" in text
    page = browser.client.get(response["Location"], headers={"Sec-Fetch-Dest": "iframe"})
    assert page.status_code == 200


def test_only_the_launching_platform_can_frame_a_page(browser, assignment, double):
    response = browser.launch(exercise=assignment.slug, headers=IN_A_FRAME)
    page = browser.client.get(response["Location"], headers={"Sec-Fetch-Dest": "iframe"})

    assert f"frame-ancestors {double.url}" in page["Content-Security-Policy"].split("; ")
    assert "X-Frame-Options" not in page


def test_pages_of_a_normal_session_are_never_framed(client, student, assignment, platform):
    client.force_login(student)
    page = client.get(assignment.get_absolute_url())

    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/profile/", "/admin/login/"])
def test_sign_in_and_admin_are_never_framed(browser, path):
    browser.launch(headers=IN_A_FRAME)
    page = browser.client.get(path)

    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_a_frame_without_cookies_shows_an_explanation(browser, assignment, double):
    page = Client().get(assignment.get_absolute_url(), headers={"Sec-Fetch-Dest": "iframe"})

    assert page.status_code == 403
    assert "Open the activity again" in page.content.decode()
    assert double.url in page["Content-Security-Policy"]


def test_a_frame_without_cookies_offers_a_new_window(browser, double):
    response = Client().post(
        "/lti/login", {"iss": double.issuer, "login_hint": "7", "lti_message_hint": "once"}, headers=IN_A_FRAME
    )
    page = Client().get(response["Location"], headers=IN_A_FRAME)

    assert response["Location"].startswith("/lti/go?")
    assert page.status_code == 200
    assert 'target="_blank"' in page.content.decode()
    window = Client().get(f"/lti/window?{response['Location'].partition('?')[2]}")
    assert browser.redirected_params(window)["lti_message_hint"] == "once"


def test_a_frame_with_cookies_redirects_to_the_platform(browser, double):
    response = browser.client.post("/lti/login", {"iss": double.issuer, "login_hint": "7"}, headers=IN_A_FRAME)
    redirect = browser.client.get(response["Location"], headers=IN_A_FRAME)

    assert redirect["Location"].startswith(f"{double.url}/auth?")


# What a launch stores


def test_a_launch_stores_the_column_of_the_activity(browser, assignment, double):
    browser.launch(exercise=assignment.slug, line_item=double.address(1))

    assert LineItem.objects.get().url == double.address(1)
    assert ResourceLink.objects.get().assignment == assignment


def test_a_launch_needs_at_most_60_queries(browser, assignment, django_assert_max_num_queries):
    for _ in range(3):
        make_user()
    browser.launch(exercise=assignment.slug)
    with django_assert_max_num_queries(60):
        browser.launch(exercise=assignment.slug)
