"""News of a course: one mail for each person and course, with nothing private in it, and once for each deadline."""

from datetime import timedelta

import pytest
from django.utils import timezone

from server.comments.services import comment
from server.courses.models import Enrollment
from server.gradebook.models import Action, Grade
from server.gradebook.services import decide, undo
from server.mail.models import Mail, MailKind, SwitchedOff
from server.notifications import batches, deadlines
from server.notifications.models import News
from tests.support.mail import delivered
from tests.support.people import (
    graded,
    make_assignment,
    make_member,
    make_report,
    make_student,
    make_submission,
    record,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(course):
    return make_student(course, email="ada@example.org")


@pytest.fixture
def prof(course):
    return make_member(course, "instructor", first_name="Emmy", last_name="Noether")


def collected():
    """Let the minutes pass in which news are collected, and return all mails that were sent."""
    News.objects.update(at=timezone.now() - timedelta(hours=1))
    while batches.collect():
        pass
    return delivered()


def test_several_comments_and_a_decision_are_one_mail(assignment, ada, prof):
    submission = make_submission(ada, assignment)
    comment(submission, author=prof, text="private-comment")
    comment(submission, author=prof, text="another")
    decide(assignment, ada, action=Action.OVERRIDDEN, by=prof, why="private-why", override=61.25)

    (message,) = collected()

    assert message.to == ["ada@example.org"]
    assert "2 news" in message.subject
    assert message.body.count("Emmy Noether commented") == 1
    for part in (message.body, message.alternatives[0][0]):
        assert not any(secret in part for secret in ("private-comment", "private-why", "61.25"))
    assert collected() == [message]


def test_news_wait_some_minutes(assignment, ada, prof, settings):
    comment(make_submission(ada, assignment), author=prof, text="x")

    batches.collect()

    assert delivered() == []
    assert News.objects.count() == 1


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        ({"action": Action.OVERRIDDEN, "override": 50}, "was set by hand"),
        ({"action": Action.EXEMPTED, "exempt": True}, "exempt"),
        ({"action": Action.EXTENDED, "extra_attempts": 2}, "attempts"),
    ],
)
def test_each_decision_is_news(assignment, ada, prof, decided, words):
    decide(assignment, ada, by=prof, why="x", **decided)

    (message,) = collected()
    assert words in message.body


def test_an_extension_names_the_date(assignment, ada, prof):
    assignment.due_at = timezone.now()
    assignment.save()
    due_at = timezone.now().replace(month=5, day=4, hour=10, minute=0) + timedelta(days=800)
    decide(assignment, ada, action=Action.EXTENDED, by=prof, why="x", due_at=due_at)

    (message,) = collected()
    assert f"You have until {due_at:%-d %b %Y}, 10:00 UTC" in message.body


def test_what_was_taken_back_is_news(assignment, ada, prof):
    change = decide(assignment, ada, action=Action.OVERRIDDEN, by=prof, why="x", override=1)
    collected()
    undo(change, by=prof, why="y")

    assert "was taken back" in collected()[-1].body


def test_a_score_of_ones_own_is_no_news(assignment, ada, prof):
    graded(ada, assignment, 10)
    decide(assignment, prof, action=Action.OVERRIDDEN, by=prof, why="x", override=1)

    assert collected() == []


def test_who_left_gets_no_news(assignment, ada, prof):
    comment(make_submission(ada, assignment), author=prof, text="x")
    Enrollment.objects.filter(user=ada).delete()

    assert collected() == []
    assert not News.objects.exists()


def test_kinds_that_are_switched_off_are_left_out(assignment, ada, prof):
    SwitchedOff.objects.create(user=ada, kind=MailKind.COMMENT)
    comment(make_submission(ada, assignment), author=prof, text="x")
    decide(assignment, ada, action=Action.OVERRIDDEN, by=prof, why="x", override=1)

    (message,) = collected()
    assert "commented" not in message.body


def test_names_and_titles_are_never_markup(assignment, ada, prof):
    prof.first_name, prof.last_name = "<script>alert(1)</script>", "x\r\nBcc: evil@example.org"
    prof.save()
    comment(make_submission(ada, assignment), author=prof, text="x")

    (message,) = collected()
    assert "<script>alert" not in message.alternatives[0][0]
    assert "\n" not in message.subject


def test_a_regrade_without_another_score_is_no_news(assignment, ada, prof):
    from server.regrades import services as regrades

    submission = graded(ada, assignment, 5)
    regrade = regrades.start(assignment.course, [assignment], by=prof, why="x")
    rerun = regrade.reruns.get()
    regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(5))
    regrades.apply(regrade, by=prof)
    assert collected() == []

    regrade = regrades.start(assignment.course, [assignment], by=prof, why="x")
    rerun = regrade.reruns.get()
    regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(8))
    regrades.apply(regrade, by=prof)
    (message,) = collected()
    assert "graded again" in message.body
    assert submission.pk


def test_a_deadline_is_announced_once_a_day_before(assignment, ada):
    assignment.due_at = timezone.now() + timedelta(hours=23)
    assignment.save()

    deadlines.remind()
    deadlines.remind()

    (message,) = collected()
    assert "is due on" in message.body
    deadlines.remind()
    assert len(collected()) == 1


@pytest.mark.parametrize("hours", [-1, 25])
def test_other_deadlines_are_not_announced(assignment, ada, hours):
    assignment.due_at = timezone.now() + timedelta(hours=hours)
    assignment.save()

    deadlines.remind()

    assert collected() == []


@pytest.mark.parametrize("case", ["passed", "exempt", "extended", "not open", "former"])
def test_a_deadline_that_is_not_the_learners_is_not_announced(assignment, ada, prof, case):
    assignment.due_at = timezone.now() + timedelta(hours=5)
    assignment.save()
    match case:
        case "passed":
            record(make_submission(ada, assignment), make_report(10))
        case "exempt":
            decide(assignment, ada, action=Action.EXEMPTED, by=prof, why="x", exempt=True)
        case "extended":
            later = timezone.now() + timedelta(days=3)
            decide(assignment, ada, action=Action.EXTENDED, by=prof, why="x", due_at=later)
        case "not open":
            assignment.opens_at = timezone.now() + timedelta(hours=1)
            assignment.save()
        case _:
            Enrollment.objects.filter(user=ada).delete()
    News.objects.all().delete()

    deadlines.remind()

    assert not News.objects.exists()


def test_an_extension_is_reminded_before_its_own_end(assignment, ada, prof):
    assignment.due_at = timezone.now() - timedelta(days=1)
    assignment.save()
    own = timezone.now() + timedelta(hours=5)
    decide(assignment, ada, action=Action.EXTENDED, by=prof, why="x", due_at=own)
    News.objects.all().delete()
    make_student(assignment.course, email="late@example.org")

    deadlines.remind()

    assert [news.user for news in News.objects.all()] == [ada]
    assert Grade.objects.get(learner=ada).due_at == own


def test_two_deadlines_are_one_mail(course, assignment, ada):
    for one in (assignment, make_assignment(course, slug="gradients/other")):
        one.due_at = timezone.now() + timedelta(hours=5)
        one.save()
    deadlines.remind()

    assert len(collected()) == 1


def test_without_mail_nothing_is_noted(assignment, ada, prof, settings):
    settings.SENDS_MAIL = False
    comment(make_submission(ada, assignment), author=prof, text="x")
    deadlines.remind()

    assert not News.objects.exists()
    assert not Mail.objects.exists()
