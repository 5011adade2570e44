"""The outbox, with a real SMTP server: what is sent, refused, tried again and forgotten, and never sent twice."""

from datetime import timedelta
from email import message_from_string

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from server.mail import sender
from server.mail.letters import LetterLink, write
from server.mail.models import Letter, Mail, MailKind, MailServer, MailState, SwitchedOff
from server.mail.services import queue_mail, queue_notice
from tests.support.mail import SmtpServer, delivered
from tests.support.people import make_course, make_student, make_user

pytestmark = pytest.mark.django_db


def news(*people, kind=MailKind.ANNOUNCEMENT, **options):
    letter = write("News", ["something is new.", LetterLink(label="Look", url="http://127.0.0.1:8000/secret-link")])
    return queue_mail(kind, people, letter, **options)


def states():
    return dict(Mail.objects.values_list("address", "state"))


def due_now():
    """Let time pass until every mail is due, and the server can be asked again."""
    Mail.objects.update(due_at=timezone.now())
    MailServer.objects.update(busy_until=timezone.now())


def test_a_mail_is_sent_and_its_letter_is_deleted(smtp):
    news(make_user(email="ada@example.org"))

    delivered()

    assert smtp.inbox.addresses == ["ada@example.org"]
    assert states() == {"ada@example.org": "sent"}
    assert not Letter.objects.exists()


def test_the_database_never_holds_a_link_in_plain_text(smtp):
    news(make_user(email="ada@example.org"))

    (letter,) = Letter.objects.all()
    assert "secret-link" not in letter.content
    delivered()
    assert "secret-link" in str(smtp.inbox.arrived[0])


def test_a_mail_is_rolled_back_with_its_cause(smtp):
    user = make_user(email="ada@example.org")
    with transaction.atomic():
        news(user)
        transaction.set_rollback(True)

    delivered()
    assert smtp.inbox.arrived == []


def test_a_refused_address_is_kept_with_its_answer(smtp):
    smtp.inbox.answers = {"gone@example.org": "550 No such user", "ok@example.org": "250 OK"}
    news(make_user(email="gone@example.org"), make_user(email="ada@example.org"))

    delivered()

    gone = Mail.objects.get(address="gone@example.org")
    assert (gone.state, gone.error) == (MailState.REFUSED, "550 No such user")
    assert smtp.inbox.addresses == ["ada@example.org"]


def test_a_busy_server_gets_the_mail_later_and_once(smtp):
    smtp.inbox.answers = {"ada@example.org": "451 Try again later"}
    news(make_user(email="ada@example.org"))
    delivered()
    assert states() == {"ada@example.org": "pending"}
    delivered()  # not due yet
    assert Mail.objects.get().tried == 1

    smtp.inbox.answers = {}
    due_now()
    delivered()
    due_now()
    delivered()
    assert smtp.inbox.addresses == ["ada@example.org"]


def test_refused_contents_are_not_tried_again(smtp):
    smtp.inbox.data_answers = ["554 This looks like spam"]
    news(make_user(email="ada@example.org"))

    delivered()

    assert Mail.objects.get().state == MailState.REFUSED
    assert "spam" in Mail.objects.get().error


def test_a_mail_that_stays_unwelcome_is_given_up(smtp):
    smtp.inbox.answers = {"ada@example.org": "451 Try again later"}
    news(make_user(email="ada@example.org"))

    for _ in range(12):
        due_now()
        delivered()

    assert (Mail.objects.get().state, Mail.objects.get().tried) == (MailState.FAILED, 10)


def test_a_dead_server_is_asked_once_and_then_left_alone(settings):
    server = SmtpServer(settings)
    news(*(make_user(email=f"p{n}@example.org") for n in range(5)))
    delivered()
    first = MailServer.objects.get()
    delivered()

    assert first.failures == 1
    assert MailServer.objects.get() == first
    assert set(Mail.objects.values_list("tried", flat=True)) == {0}
    server.start()
    due_now()
    delivered()
    server.stop()
    assert len(server.inbox.arrived) == 5
    assert MailServer.objects.get().failures == 0


def test_a_mail_too_old_is_not_sent(smtp):
    news(make_user(email="ada@example.org"), wait=timedelta(hours=-1))

    delivered()

    assert smtp.inbox.arrived == []
    assert Mail.objects.get().state == MailState.FAILED


def test_many_mails_go_through_one_connection(smtp):
    news(*(make_user(email=f"p{n}@example.org") for n in range(40)))

    delivered()

    assert len(smtp.inbox.arrived) == 40
    assert smtp.inbox.connections <= 3  # some connections, if this machine is slow


def test_what_people_wait_for_leaves_first(smtp):
    news(*(make_user(email=f"p{n}@example.org") for n in range(5)))
    queue_notice(MailKind.SECURITY, [make_user(email="ada@example.org")], "Locked", "your account is locked.")

    delivered()

    assert smtp.inbox.addresses[0] == "ada@example.org"


def test_a_crash_sends_a_copy_with_the_same_id(smtp, monkeypatch):
    news(make_user(email="ada@example.org"))

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sender.MailSender, "settle", crash)
        with pytest.raises(KeyboardInterrupt):
            sender.send_due()
    assert sender.send_due() is False  # its lease
    due_now()
    delivered()

    ids = {message["Message-ID"] for message in smtp.inbox.arrived}
    assert (len(smtp.inbox.arrived), len(ids)) == (2, 1)


def test_only_one_worker_sends_at_a_time(smtp):
    news(make_user(email="ada@example.org"))
    MailServer.objects.create(pk=1, busy_until=timezone.now() + timedelta(seconds=30))

    assert sender.send_due() is False
    assert smtp.inbox.arrived == []


def test_a_claimed_mail_is_not_sent_by_another_worker(smtp):
    news(make_user(email="ada@example.org"))
    Mail.objects.update(due_at=timezone.now() + sender.LEASE)

    delivered()

    assert smtp.inbox.arrived == []


@pytest.mark.parametrize("change", ["left", "inactive", "switched off"])
def test_a_mail_that_nobody_wants_any_more_is_not_sent(smtp, change):
    course = make_course()
    ada = make_student(course, email="ada@example.org")
    news(ada, course=course)
    match change:
        case "left":
            course.enrollments.all().delete()
        case "inactive":
            type(ada).objects.update(is_active=False)
        case _:
            SwitchedOff.objects.create(user=ada, kind=MailKind.ANNOUNCEMENT)

    delivered()

    assert smtp.inbox.arrived == []
    assert Mail.objects.get().state == MailState.CANCELLED


def test_headers_stop_loops_and_name_the_link_to_stop(smtp):
    news(make_user(email="ada@example.org"), stops={MailKind.ANNOUNCEMENT})

    delivered()

    (message,) = smtp.inbox.arrived
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].strip().startswith("<http://127.0.0.1:8000/mail/stop/")
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]


def test_mails_about_the_account_cannot_be_stopped(smtp):
    ada = make_user(email="ada@example.org")
    SwitchedOff.objects.create(user=ada, kind=MailKind.SECURITY)
    queue_notice(MailKind.SECURITY, [ada], "Locked", "your account is locked.")

    delivered()

    assert "List-Unsubscribe" not in smtp.inbox.arrived[0]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
def test_a_subject_cannot_add_headers(smtp, line_end):
    ada = make_user(email="ada@example.org")
    queue_mail(MailKind.ANNOUNCEMENT, [ada], write(f"News{line_end}Bcc: evil@example.org", ["words"]))

    delivered()

    message = message_from_string(smtp.inbox.arrived[0].as_string())
    assert message["Bcc"] is None
    assert "Bcc: evil@example.org" in message["Subject"]


def test_a_mistake_in_one_mail_does_not_stop_others(smtp):
    news(make_user(email="bad@example.org"))
    Letter.objects.update(content="gAAAA not ours")
    news(make_user(email="ada@example.org"))

    delivered()

    assert states() == {"bad@example.org": "refused", "ada@example.org": "sent"}


def test_old_mails_are_deleted_after_the_setting(smtp, settings):
    settings.MAIL_KEPT_DAYS = 30
    news(make_user(email="old@example.org"))
    delivered()
    Mail.objects.update(finished_at=timezone.now() - timedelta(days=31))
    news(make_user(email="new@example.org"))

    sender.delete_old()

    assert states() == {"new@example.org": "pending"}
    assert Letter.objects.count() == 1


def test_without_mail_nothing_is_queued(settings):
    settings.SENDS_MAIL = False

    assert news(make_user(email="ada@example.org")) == 0
    assert not Mail.objects.exists()


def test_a_command_queues_mail_and_prints_only_its_result(settings, capfd):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    course = make_course(slug="autograd")
    owner = make_student(course, email="ada@example.org")
    call_command("apitoken", "Script", course=["autograd"], scope=["submissions:read"], owner=owner.username)

    assert len(capfd.readouterr().out.split()) == 1
    assert Mail.objects.get().address == "ada@example.org"


def test_three_thousand_get_one_letter_in_few_queries(django_assert_max_num_queries):
    people = [make_user_row(n) for n in range(3_000)]
    type(people[0]).objects.bulk_create(people)
    with django_assert_max_num_queries(60):
        assert news(*people) == 3_000

    assert (Mail.objects.count(), Letter.objects.count()) == (3_000, 1)


def make_user_row(number):
    from server.accounts.models import User

    return User(username=f"many-{number}", email=f"many-{number}@example.org", password="!")
