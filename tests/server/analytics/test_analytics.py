from datetime import timedelta

from django.utils import timezone

from server.analytics.models import FailedCheck
from server.analytics.selectors import check_rates, mistakes, mistakes_by_day, mistakes_in, run_seconds, stuck
from server.analytics.services import record_failed_checks
from server.courses.visibility import everybody
from server.dashboard.selectors.analytics import analytics
from server.dashboard.selectors.gradebook import tried_and_passed
from server.dashboard.selectors.overview import pulse
from server.submissions.models import Kind
from tests.support.people import make_member, make_report, make_student, make_submission, record

A_WEEK_AGO = timezone.now() - timedelta(days=7)


def fail(learner, assignment, message="returned_none", **fields):
    submission = make_submission(learner, assignment)
    record(submission, make_report(0, message=message, data={"entry": "square"}, **fields))
    return submission


def test_failed_checks_are_noted_and_passed_ones_are_not(student, assignment):
    fail(student, assignment)
    record(make_submission(student, assignment))

    (row,) = FailedCheck.objects.all()
    assert (row.mistake, row.text) == ("returned_none", "`square` returned None.")


def test_a_free_look_is_not_noted(student, assignment):
    record(make_submission(student, assignment, kind=Kind.TEST_RUN), make_report(0, message="returned_none"))

    assert not FailedCheck.objects.exists()


def test_a_new_report_takes_the_place_of_what_was_noted(student, assignment):
    from grader.protocol.reports import Report

    submission = fail(student, assignment)
    record_failed_checks(submission=submission, report=Report.from_dict(make_report(10)))

    assert not FailedCheck.objects.exists()


def test_a_diagnosis_is_told_before_the_plain_message(student, assignment):
    fail(student, assignment, diagnosis="sign_flipped")

    (one,) = mistakes([assignment], people=everybody(assignment.course), since=A_WEEK_AGO)
    assert (one.mistake, one.is_diagnosis) == ("sign_flipped", True)
    assert one.text == "Every number has the wrong sign."


def test_mistakes_are_ordered_by_how_many_learners_made_them(assignment):
    loner = make_student(assignment.course)
    for _ in range(5):
        fail(loner, assignment, diagnosis="sign_flipped")
    for _ in range(2):
        fail(make_student(assignment.course), assignment)

    first, second = mistakes([assignment], people=everybody(assignment.course), since=A_WEEK_AGO)
    assert (first.mistake, first.learners, first.times) == ("returned_none", 2, 2)
    assert (second.mistake, second.learners, second.times) == ("sign_flipped", 1, 5)


def test_words_of_another_grader_break_nothing(student, assignment):
    fail(student, assignment, message="a_word_we_never_heard")

    assert "`a_word_we_never_heard`" in FailedCheck.objects.get().text


def test_stuck_are_those_who_try_and_never_pass(assignment):
    stuck_one, passed, beginner = (make_student(assignment.course) for _ in range(3))
    for _ in range(4):
        fail(stuck_one, assignment)
        fail(passed, assignment)
    record(make_submission(passed, assignment))
    fail(beginner, assignment)

    (one,) = stuck([assignment], people=everybody(assignment.course))
    assert one.grade.learner == stuck_one
    assert one.on.mistake == "returned_none"


def test_the_rate_of_a_check_is_of_all_graded_submissions(student, assignment):
    fail(student, assignment)
    record(make_submission(student, assignment))
    make_submission(student, assignment)

    (rate,) = check_rates(assignment, people=everybody(assignment.course))
    assert (rate.failed, rate.of, rate.percent) == (1, 2, 50)


def test_staff_and_former_members_count_in_no_statistic(assignment):
    former, instructor = make_student(assignment.course), make_member(assignment.course, "instructor")
    for person in (former, instructor):
        for _ in range(4):
            fail(person, assignment)
    record(make_submission(make_member(assignment.course, "ta"), assignment))
    assignment.course.enrollments.filter(user=former).delete()

    of = {"people": everybody(assignment.course)}
    assert mistakes([assignment], since=A_WEEK_AGO, **of) == mistakes_in(assignment, **of) == []
    assert stuck([assignment], **of) == check_rates(assignment, **of) == []
    assert mistakes_by_day(assignment, ["returned_none"], **of) == {"returned_none": {}}
    assert tried_and_passed([assignment], **of) == {}
    now = pulse([assignment], now=timezone.now(), **of)
    assert (now.submitted, now.passed, now.learners) == (0, 0, 0)
    assert analytics(assignment, **of).tried == 0
    assert run_seconds(assignment, **of) is None
