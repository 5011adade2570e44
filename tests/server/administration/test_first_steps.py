"""From an empty installation to the first course: each step is open until it is done, and its page exists."""

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.urls import reverse

from server.administration import backups
from server.administration.first_steps import first_steps
from server.mail.models import Mail, MailKind, MailState
from server.mail.services import queue_notice
from tests.support.lms.builders import make_platform
from tests.support.people import graded, make_assignment, make_course, make_student

pytestmark = pytest.mark.django_db


def done(user):
    return [step.title for step in first_steps(user) if step.done]


def test_each_step_is_done_when_its_thing_exists(administrator):
    assert done(administrator) == []
    assert len(first_steps(administrator)) == 8

    def step(title, do):
        result = do()
        assert title in done(administrator)
        return result

    step("Protect your own account", lambda: totp.TOTP.activate(administrator, totp.generate_totp_secret()))
    queue_notice(MailKind.SECURITY, [administrator], "A test", "it works.")
    step("Send mail", lambda: Mail.objects.update(state=MailState.SENT))
    step("Make backups every night", lambda: backups.note_made(1))
    course = step("Make the first course", make_course)
    student = step("Invite people", lambda: make_student(course))
    assignment = step("Set exercises", lambda: make_assignment(course))
    step("Try a submission", lambda: graded(student, assignment, 5.0))
    step("Connect your learning platform", lambda: make_platform(course))
    assert len(done(administrator)) == 8


def test_an_empty_server_leads_its_administrator_to_the_steps(client, administrator):
    assert reverse("administration:overview") in client.get("/").text
    page = client.get(reverse("administration:overview")).text

    assert "7 steps left" in page  # one is optional
    assert reverse("course_setup:new") in page


def test_every_step_leads_to_a_page_that_opens(client, administrator, course):
    for step in first_steps(administrator):
        assert client.get(step.url).status_code in {200, 302}, step
