import io
import json

import pytest
from django.core.management import CommandError, call_command

from server.lti.models import Deployment, Platform
from server.lti.platform import registration
from tests.support.people import make_course, make_member

pytestmark = pytest.mark.django_db

ADD = {
    "issuer": "https://moodle.example",
    "client_id": "abc",
    "deployment_id": "1",
    "auth_url": "https://moodle.example/auth",
    "token_url": "https://moodle.example/token",
    "jwks_url": "https://moodle.example/jwks",
}


def run(*words, **options):
    out = io.StringIO()
    call_command("ltiplatform", *words, stdout=out, **options)
    return out.getvalue()


def add(course, **more):
    words = [f"--{name.replace('_', '-')}={value}" for name, value in (ADD | more).items()]
    return run("add", *words, f"--course={course.slug}")


def test_the_command_registers_and_approves(db):
    course = make_course()
    add(course)
    deployment = Deployment.objects.get()

    assert (deployment.approved, deployment.every_course) == (True, True)
    assert (deployment.platform.course, deployment.platform.client_id) == (course, "abc")
    assert f"for {course}, approved" in run("list")


def test_a_platform_is_registered_once(db):
    course = make_course()
    add(course)
    with pytest.raises(CommandError):
        add(course)

    assert Platform.objects.count() == 1


def test_a_waiting_deployment_is_approved_by_its_number(browser, double):
    double.deployment_id = "2"
    browser.launch()
    waiting = Deployment.objects.get(deployment_id="2")
    assert "WAITS FOR APPROVAL" in run("list")
    run("approve", str(waiting.pk), "--every-course")

    assert browser.launch().status_code == 302


@pytest.fixture
def invited(double, assignment, settings):
    """Register a platform by invitation; keyword arguments replace values in the description that it serves."""
    settings.LTI_ALLOW_PRIVATE = True
    make_member(assignment.course, "instructor")
    address = run("invite", "--course", assignment.course.slug).strip()

    def invited(client, *, code=None, **overrides):
        description = {
            "issuer": double.url,
            "authorization_endpoint": f"{double.url}/auth",
            "token_endpoint": f"{double.url}/token",
            "jwks_uri": f"{double.url}/jwks",
            "registration_endpoint": f"{double.url}/register",
        } | overrides
        double.answers = [
            (200, description),
            (200, {"client_id": "fresh", registration.TOOL: {"deployment_id": "9"}}),
        ]
        params = {"openid_configuration": f"{double.url}/configuration", "registration_token": "token"}
        return client.get("/lti/register", params | {"code": code or address.partition("code=")[2]})

    return invited


def test_a_platform_registers_itself_by_an_invitation(invited, client, double, assignment):
    response = invited(client)

    assert response.status_code == 200
    platform = Platform.objects.get(client_id="fresh")
    assert (platform.course, platform.token_url) == (assignment.course, f"{double.url}/token")
    assert platform.deployments.get().approved
    _, path, headers, body = double.requests[-1]
    assert (path, headers["Authorization"]) == ("/register", "Bearer token")
    assert json.loads(body)["redirect_uris"] == [
        "http://127.0.0.1:8000/lti/launch",
        "http://127.0.0.1:8000/lti/deep-link",
    ]


def test_an_invitation_works_once(invited, client):
    invited(client)

    assert invited(client).status_code == 403
    assert Platform.objects.count() == 1


def test_without_an_invitation_no_address_is_fetched(invited, client, double):
    assert invited(client, code="guessed").status_code == 403
    assert double.requests == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": None},
    ],
    ids=str,
)
def test_an_invalid_description_registers_nothing(invited, client, overrides):
    assert invited(client, **overrides).status_code == 400
    assert not Platform.objects.exists()
