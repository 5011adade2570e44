"""E-mail in production: to a real SMTP server, to one that refuses, and without any."""

import json
import os
import subprocess
import sys

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from deploy.dev.base import ROOT
from server.accounts.startup import check_mail
from server.mail.models import MailServer
from tests.support.lms.builders import make_identity
from tests.support.mail import SMTP, SmtpServer, delivered
from tests.support.people import make_user

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "server.settings.production",
    "SECRET_KEY": "nothing-that-anybody-else-would-think-of-0123456789-abc",
    "ALLOWED_HOSTS": "chainrule.example.org",
}
NAMES = ["EMAIL_BACKEND", "EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "DEFAULT_FROM_EMAIL", "SENDS_MAIL"]


@pytest.fixture
def no_server(settings):
    return SmtpServer(settings)


def production(tmp_path, **environment):
    script = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {NAMES}]))"
    env = os.environ | PRODUCTION | {"CHAINRULE_VAR": str(tmp_path)} | environment
    done = subprocess.run([sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(zip(NAMES, json.loads(done.stdout), strict=True))


def test_production_uses_tls_at_its_mail_server(tmp_path):
    found = production(tmp_path, EMAIL_HOST="smtp.example.org")

    assert (found["EMAIL_BACKEND"], found["EMAIL_PORT"], found["SENDS_MAIL"]) == (SMTP, 587, True)
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (False, True)
    assert found["DEFAULT_FROM_EMAIL"] == "Chainrule <no-reply@chainrule.example.org>"


def test_port_465_means_tls_from_the_start(tmp_path):
    found = production(tmp_path, EMAIL_HOST="smtp.example.org", EMAIL_PORT="465")

    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (True, False)


def test_production_without_a_server_sends_nothing(tmp_path):
    found = production(tmp_path)

    assert (found["EMAIL_BACKEND"], found["SENDS_MAIL"]) == ("django.core.mail.backends.dummy.EmailBackend", False)


def reset(client, address):
    return client.post("/accounts/password/reset/", {"email": address}, follow=True)


def test_a_link_for_a_new_password_arrives(client, db, smtp):
    make_user(email="ada@example.org")

    assert reset(client, "ada@example.org").status_code == 200
    delivered()
    (message,) = smtp.inbox.arrived
    assert message["To"] == "ada@example.org"
    assert "/accounts/password/reset/key/" in str(message)


def test_a_reset_for_a_stranger_sends_nothing(client, db, smtp):
    assert reset(client, "stranger@example.org").status_code == 200
    delivered()
    assert smtp.inbox.arrived == []


def test_a_missing_mail_server_reveals_no_account(client, db, no_server):
    make_user(email="ada@example.org")

    known, unknown = reset(client, "ada@example.org"), reset(client, "stranger@example.org")

    assert (known.status_code, known.redirect_chain) == (unknown.status_code, unknown.redirect_chain)
    delivered()
    no_server.start()
    MailServer.objects.update(busy_until=timezone.now())
    delivered()
    no_server.stop()
    assert no_server.inbox.addresses == ["ada@example.org"]


def test_who_comes_from_an_lms_gets_no_password_link(client, assignment, smtp):
    identity = make_identity(assignment.course, email="ada@example.org")

    assert reset(client, "ada@example.org").status_code == 200
    delivered()

    (message,) = smtp.inbox.arrived
    assert "learning platform" in str(message)
    assert "/password/reset/key/" not in str(message)
    assert not identity.user.has_usable_password()


def test_without_mail_the_reset_page_says_whom_to_ask(client, db, settings):
    settings.SENDS_MAIL = False

    answer = reset(client, "ada@example.org")

    assert "Ask an administrator for a new password" in answer.text
    assert delivered() == []


def test_the_start_reports_a_missing_mail_server(no_server):
    with capture_logs() as logs:
        check_mail().join()

    assert [entry["event"] for entry in logs] == ["mail_server_unreachable"]


def test_the_start_accepts_a_mail_server_that_answers(smtp):
    with capture_logs() as logs:
        check_mail().join()

    assert logs == []


def test_the_start_reports_that_mail_is_off(settings):
    settings.SENDS_MAIL = False

    with capture_logs() as logs:
        check_mail().join()

    assert [entry["event"] for entry in logs] == ["mail_is_off"]
