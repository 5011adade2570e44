"""Announcements: who can send them, whom they reach, and what hostile text does."""

import re
import uuid

import pytest
from django.urls import reverse

from server.accounts.models import User
from server.announcements.models import Announcement
from server.announcements.services import announce
from server.audit.models import AuditEntry
from server.courses.models import AssistantLimit, Section
from server.mail.models import Mail, MailKind, SwitchedOff
from tests.support.mail import delivered
from tests.support.people import make_course, make_member, make_student

pytestmark = pytest.mark.django_db


def new(course):
    return reverse("announcements:new", args=[course.slug])


def form(**fields):
    text = {"form": str(uuid.uuid4()), "subject": "Room", "body": "We meet in **room 2**."}
    return text | {"step": "send"} | fields


def test_an_announcement_reaches_the_course_once(client, course, instructor):
    instructor.email = "prof@example.org"
    instructor.save()
    make_student(course, email="ada@example.org")
    SwitchedOff.objects.create(user=make_student(course, email="quiet@example.org"), kind=MailKind.ANNOUNCEMENT)
    make_student(make_course(), email="elsewhere@example.org")
    client.force_login(instructor)
    sent = form()

    client.post(new(course), sent)
    client.post(new(course), sent)  # a second click

    assert sorted(message.to[0] for message in delivered()) == ["ada@example.org", "prof@example.org"]
    assert Announcement.objects.get().mailed == 2
    entry = AuditEntry.objects.get(action="people.announced")
    assert (entry.what, entry.after) == ("Room", "mailed to 2 people")


def test_a_preview_sends_nothing_and_names_who_gets_no_mail(client, course, instructor):
    make_student(course, email="", first_name="Grace", last_name="Hopper")
    make_student(course, email="ada@example.org")
    client.force_login(instructor)

    page = client.post(new(course), form(step="preview")).text

    assert "<strong>room 2</strong>" in page
    assert "A mail goes to 1 person" in page
    assert "Grace Hopper" in page
    assert not Announcement.objects.exists()
    assert delivered() == []


def test_students_see_it_in_their_course_only(client, course, instructor):
    announce(course, by=instructor, subject="Room", body="We meet in **room 2**.", form=uuid.uuid4())
    client.force_login(make_student(course))
    assert "Room" in client.get(course.get_absolute_url()).text
    assert "<strong>room 2</strong>" in client.get(reverse("announcements:list", args=[course.slug])).text

    client.force_login(make_student(make_course()))
    assert client.get(reverse("announcements:list", args=[course.slug])).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("ta", 403), ("student", 404)])
def test_assistants_and_learners_announce_nothing(client, course, role, status):
    client.force_login(make_member(course, role))
    assert client.post(new(course), form()).status_code == status

    client.force_login(make_member(make_course(), "instructor"))
    assert client.post(new(course), form()).status_code == 404
    assert not Announcement.objects.exists()


def test_a_key_of_another_course_shows_nothing_of_it(client, course, instructor):
    secret = announce(course, by=instructor, subject="Secret", body="x", form=uuid.uuid4())
    other = make_course()
    client.force_login(make_member(other, "instructor"))

    answer = client.post(new(other), form(form=str(secret.form)))

    assert answer.status_code == 409
    assert "Secret" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "<style>*{display:none}</style><a href='x' onclick='y'>z</a>",
        "$\\href{javascript:alert(1)}{x}$",
    ],
)
def test_a_body_is_never_markup(client, course, instructor, body):
    make_student(course, email="ada@example.org")
    announce(course, by=instructor, subject="<b>Room</b>", body=body, form=uuid.uuid4())
    (message,) = delivered()
    client.force_login(instructor)

    page = client.get(reverse("announcements:sent", args=[course.slug])).text
    for html in (message.alternatives[0][0], page):
        assert not re.search(r"<script>alert|<img|onerror=|onclick=|href=.?javascript|display:none|<b>Room", html)


BOMBS = [
    "[" * 9_000,
    "*a_ " * 2_400,
    "> " * 4_900 + "x",
    "`" * 9_999,
    "$x" * 4_900,
    "|a" * 2_400 + "\n" + "|-" * 2_400 + "\n|a" * 100,
]


@pytest.mark.parametrize("body", BOMBS)
def test_hostile_markdown_is_previewed(client, course, instructor, body):
    client.force_login(instructor)

    assert client.post(new(course), form(body=body, step="preview")).status_code == 200


@pytest.mark.parametrize(
    "fields", [{"body": "x" * 10_001}, {"subject": "x" * 121}, {"body": " "}, {"body": "a\0b"}, {"form": "no key"}]
)
def test_what_cannot_be_sent_is_refused(client, course, instructor, fields):
    client.force_login(instructor)

    assert client.post(new(course), form(**fields)).status_code == 422
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "²"])
def test_odd_page_numbers_are_answered(client, course, instructor, page):
    client.force_login(instructor)

    assert client.get(reverse("announcements:sent", args=[course.slug]), {"page": page}).status_code == 200


def test_lost_mails_are_shown_to_instructors(client, course, instructor, smtp):
    smtp.inbox.answers = {"gone@example.org": "550 No such user <b>here</b>"}
    gone = make_student(course, email="gone@example.org")
    announce(course, by=instructor, subject="Room", body="x", form=uuid.uuid4())
    delivered()
    client.force_login(instructor)

    assert "550 No such user &lt;b&gt;" in client.get(reverse("announcements:sent", args=[course.slug])).text
    assert "550 No such user" in client.get(reverse("roster:person", args=[course.slug, gone.pk])).text


def test_a_slow_mail_server_delays_no_page(client, course, instructor, settings):
    settings.EMAIL_BACKEND = "no.such.backend"
    make_student(course, email="ada@example.org")
    client.force_login(instructor)

    assert client.post(new(course), form()).status_code == 302
    assert Mail.objects.get().address == "ada@example.org"
    assert delivered() == []


@pytest.fixture
def sections(course):
    """Two sections with a student each; the first has an assistant who is limited to it."""
    one, two = (Section.objects.create(course=course, name=name) for name in ("Group A", "Group B"))
    for section, name in ((one, "a"), (two, "b")):
        student = make_student(course, username=name, email=f"{name}@example.org")
        course.enrollments.filter(user=student).update(section=section)
    for section, name in ((one, "ta-a"), (two, "ta-b")):
        assistant = make_member(course, "ta", username=name, email=f"{name}@example.org")
        AssistantLimit.objects.create(course=course, user=assistant, section=section)
    return one, two


def test_a_section_is_told_alone(client, course, instructor, sections):
    client.force_login(instructor)
    page = client.post(new(course), form(section=sections[0].pk, step="preview")).text
    assert "The members of Group A see it" in page
    client.post(new(course), form(section=sections[0].pk))

    assert sorted(message.to[0] for message in delivered()) == ["a@example.org", "ta-a@example.org"]
    seen = {}
    for name in ("a", "b", "ta-a", "ta-b"):
        client.force_login(User.objects.get(username=name))
        pages = [course.get_absolute_url(), reverse("announcements:list", args=[course.slug])]
        seen[name] = ["Room" in client.get(page).text for page in pages]
    assert seen == {"a": [True, True], "ta-a": [True, True], "b": [False, False], "ta-b": [False, False]}
    assert AuditEntry.objects.get(action="people.announced").after == "section Group A, mailed to 2 people"


def test_a_section_of_another_course_is_refused(client, course, instructor, sections):
    other = Section.objects.create(course=make_course(), name="Elsewhere")
    client.force_login(instructor)

    assert client.post(new(course), form(section=other.pk)).status_code == 422
    assert not Announcement.objects.exists()


def test_a_limited_assistant_reads_no_names_of_others(client, course, instructor, sections, smtp):
    smtp.inbox.answers = {"b@example.org": "550 No such user"}
    make_student(course, email="", first_name="Grace", last_name="Hopper")
    announce(course, by=instructor, subject="Room", body="x", form=uuid.uuid4())
    delivered()
    client.force_login(User.objects.get(username="ta-a"))

    page = client.get(reverse("announcements:sent", args=[course.slug])).text
    assert not any(word in page for word in ("b@example.org", "550", "Grace"))
