"""Regrade requests: who can ask, when and how often; what happens when they are answered; who sees what of them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from server.audit.models import AuditAction, AuditEntry
from server.courses.models import AssistantLimit
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.releases import release
from server.notifications.models import News
from server.regrade_requests import selectors, services
from server.regrade_requests.errors import RequestRefused
from server.regrade_requests.models import RegradeRequest, RequestState
from server.regrades import services as regrades
from server.regrades.models import Rerun
from server.submissions.models import Kind, Submission
from tests.support.people import graded, make_member, make_report, make_student, make_submission, record

pytestmark = pytest.mark.django_db

WHY = "My gradient is right: see the formula."


@pytest.fixture
def submission(student, assignment):
    return graded(student, assignment, given=4)


@pytest.fixture
def asked(submission, student):
    return services.ask(submission, by=student, reason=WHY, check_title="Agrees with autograd")


@pytest.fixture
def page(client):
    def request(person, address, data=None):
        client.force_login(person)
        return client.get(address) if data is None else client.post(address, data)

    return request


def ask_address(submission):
    return reverse("regrade_requests:ask", args=[submission.pk])


def refused(submission, student, **fields):
    with pytest.raises(RequestRefused) as error:
        services.ask(submission, by=student, **{"reason": WHY} | fields)
    return str(error.value)


def test_a_learner_asks_once_until_there_is_an_answer(submission, student, instructor, asked):
    assert "already" in refused(submission, student)
    services.answer(asked, by=instructor, decision=RequestState.KEPT, text="It is wrong.")

    assert services.ask(submission, by=student, reason=WHY).is_open


def test_what_has_no_score_cannot_be_asked_about(student, assignment):
    waiting = make_submission(student, assignment)
    assert "score" in refused(waiting, student)
    test_run = make_submission(student, assignment, kind=Kind.TEST_RUN)
    record(test_run)
    test_run.refresh_from_db()
    assert "score" in refused(test_run, student)


def test_a_course_sets_in_how_many_days_one_can_ask(submission, student, course):
    Submission.objects.filter(pk=submission.pk).update(finished_at=timezone.now() - timedelta(days=3))
    for days, words in ((2, "within 2 days"), (0, "allows it")):
        course.regrade_request_days = days
        course.save()
        row = Submission.objects.select_related("assignment__course").get(pk=submission.pk)
        assert words in refused(row, student)
    course.regrade_request_days = 4
    course.save()
    row = Submission.objects.select_related("assignment__course").get(pk=submission.pk)
    assert services.ask(row, by=student, reason=WHY)


def test_held_results_are_asked_about_after_their_release(submission, student, course, assignment):
    finished = timezone.now() - timedelta(days=course.regrade_request_days + 1)
    Submission.objects.filter(pk=submission.pk).update(finished_at=finished)
    assignment.results_held = True
    assignment.save()
    row = Submission.objects.select_related("assignment__course").get(pk=submission.pk)
    assert refused(row, student)
    release(assignment)
    row = Submission.objects.select_related("assignment__course").get(pk=submission.pk)

    assert services.ask(row, by=student, reason=WHY)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2_001, "x\0"])
def test_reasons_that_cannot_be_kept_are_refused(submission, student, reason):
    refused(submission, student, reason=reason)
    assert not RegradeRequest.objects.exists()


def test_only_checks_of_the_result_can_be_named(submission, student):
    assert "checks" in refused(submission, student, check_title="Another")


def test_a_learner_has_a_limit_per_day(student, assignment, monkeypatch):
    monkeypatch.setattr(services, "MOST_PER_DAY", 1)
    services.ask(graded(student, assignment, given=1), by=student, reason=WHY)

    assert "tomorrow" in refused(graded(student, assignment, given=2), student)


def test_a_request_and_its_answer_are_in_the_log(student, instructor, asked):
    services.answer(asked, by=instructor, decision=RequestState.KEPT, text="It is wrong.")

    kinds = [AuditAction.REGRADE_REQUESTED, AuditAction.REQUEST_ANSWERED]
    entries = AuditEntry.objects.filter(action__in=kinds).order_by("pk")
    assert [(one.by, one.about, one.after) for one in entries] == [
        (student, student, ""),
        (instructor, student, "grade kept"),
    ]


def test_changing_the_grade_is_an_override_with_a_reason(asked, student, instructor, assignment):
    services.answer(asked, by=instructor, decision=RequestState.CHANGED, text="You are right.", points=90)

    assert Grade.objects.get(learner=student).final == 90
    change = GradeChange.objects.get(action=Action.OVERRIDDEN)
    assert (change.by, change.why) == (instructor, "Regrade request: You are right.")
    asked.refresh_from_db()
    assert (asked.state, asked.answered_by) == (RequestState.CHANGED, instructor)


@pytest.mark.parametrize("points", [None, -1.0, 1_000_000.0, float("nan")])
def test_points_that_no_grade_can_have_leave_the_request_open(asked, instructor, points):
    with pytest.raises(RequestRefused):
        services.answer(asked, by=instructor, decision=RequestState.CHANGED, text="Yes.", points=points)

    asked.refresh_from_db()
    assert asked.is_open
    assert not GradeChange.objects.filter(action=Action.OVERRIDDEN).exists()


def test_grading_again_takes_this_submission_alone(asked, submission, student, instructor, assignment, course):
    graded(student, assignment, given=3)
    graded(make_student(course), assignment, given=2)
    answered = services.answer(asked, by=instructor, decision=RequestState.AGAIN, text="I look again.")

    rerun = Rerun.objects.get()
    assert (rerun.submission, rerun.regrade) == (submission, answered.regrade)
    assert "is being graded again" in answered.in_words
    regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(9))
    regrades.apply(answered.regrade, by=instructor)
    assert "new score counts" in RegradeRequest.objects.get().in_words
    assert Grade.objects.get(learner=student).final == 90


def test_nobody_answers_twice(asked, instructor):
    services.answer(asked, by=instructor, decision=RequestState.KEPT, text="No.")

    with pytest.raises(RequestRefused, match="already"):
        services.answer(asked, by=instructor, decision=RequestState.CHANGED, text="Yes.", points=100)
    assert not GradeChange.objects.filter(action=Action.OVERRIDDEN).exists()


def test_an_answer_is_news_for_the_learner_without_its_words(asked, student, instructor, settings):
    settings.SENDS_MAIL = True
    services.answer(asked, by=instructor, decision=RequestState.KEPT, text="private-answer")

    news = News.objects.get()
    assert (news.user, news.path) == (student, asked.submission.get_absolute_url())
    assert "private-answer" not in news.text


def test_an_answer_is_new_until_the_learner_sees_it(page, asked, student, instructor, course):
    home, grades = (reverse(f"courses:{name}", args=[course.slug]) for name in ("home", "grades"))
    services.answer(asked, by=instructor, decision=RequestState.KEPT, text="It *is* wrong <b>.")

    assert ["request answered" in page(student, one).text for one in (home, grades, home)] == [True] * 3
    text = page(student, asked.submission.get_absolute_url()).text
    assert "It *is* wrong &lt;b&gt;." in text
    assert "The grade stays as it is." in text
    assert ["request answered" in page(student, one).text for one in (home, grades)] == [False] * 2
    assert selectors.unseen_answers(student, course) == []


def test_a_learner_asks_on_the_page_of_the_submission(page, submission, student):
    own = submission.get_absolute_url()
    assert "Ask for a regrade" in page(student, own).text
    assert page(student, ask_address(submission), {"reason": " "}).status_code == 422

    answer = page(student, ask_address(submission), {"reason": WHY, "check_title": "Agrees with autograd"})

    assert (answer.status_code, answer.url) == (302, f"{own}#regrade-request")
    text = page(student, own).text
    assert WHY in text
    assert "Ask for a regrade" not in text
    assert page(student, ask_address(submission), {"reason": WHY}).status_code == 422
    assert "already" in page(student, ask_address(submission)).text


def test_nobody_asks_for_somebody_else(page, submission, course, instructor):
    for person in (make_student(course), instructor):
        assert page(person, ask_address(submission), {"reason": WHY}).status_code == 404


def test_the_inbox_has_open_and_answered_requests_by_section(page, asked, student, instructor, course):
    section = course.sections.create(name="Monday")
    inbox = reverse("regrade_requests:inbox", args=[course.slug])
    overview = reverse("dashboard:overview", args=[course.slug])
    assert "1 regrade request" in page(instructor, overview).text
    assert WHY in page(instructor, inbox).text
    assert WHY not in page(instructor, f"{inbox}?section={section.pk}").text
    student.enrollments.update(section=section)
    assert WHY in page(instructor, f"{inbox}?section={section.pk}&page=x&which=nothing").text

    answer = page(instructor, asked.get_absolute_url(), {"decision": "kept", "text": "It is wrong."})

    assert (answer.status_code, answer.url) == (302, asked.get_absolute_url())
    assert WHY not in page(instructor, inbox).text
    assert WHY in page(instructor, f"{inbox}?which=answered").text
    assert "regrade request" not in page(instructor, overview).text


def test_an_assistant_reads_the_requests_of_the_sections(page, asked, student, course):
    monday, tuesday = (course.sections.create(name=name) for name in ("Monday", "Tuesday"))
    student.enrollments.update(section=monday)
    near, far = (make_member(course, "ta") for _ in range(2))
    AssistantLimit.objects.create(course=course, user=near, section=monday)
    AssistantLimit.objects.create(course=course, user=far, section=tuesday)
    data = {"decision": "kept", "text": "No."}

    assert WHY in page(near, asked.get_absolute_url()).text
    assert page(near, asked.get_absolute_url(), data).status_code == 403
    assert page(far, asked.get_absolute_url()).status_code == 404
    assert WHY not in page(far, reverse("regrade_requests:inbox", args=[course.slug])).text
    assert asked.is_open


@pytest.mark.parametrize("data", [{}, {"decision": "open", "text": "x"}, {"decision": "changed", "text": "x"}])
def test_an_answer_that_cannot_be_given_is_refused(page, asked, instructor, data):
    assert page(instructor, asked.get_absolute_url(), data).status_code == 422
    asked.refresh_from_db()
    assert asked.is_open
