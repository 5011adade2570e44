"""Merging while the person works on: real threads, real transactions."""

import pytest

from server.courses.services import MembershipRefused, remove
from server.gradebook.models import Grade
from server.merging.plan import plan
from server.merging.services import MergeChanged, MergeRefused, merge
from server.submissions import services
from server.submissions.errors import SubmissionError
from server.submissions.models import Submission
from tests.server.submissions.test_races import together
from tests.support.people import make_assignment, make_member, make_report, make_submission, record

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_lost_if_reports_and_submissions_come_meanwhile():
    assignment = make_assignment()
    course, teacher = assignment.course, make_member(assignment.course, "instructor")
    gone, kept = (make_member(course, "student", password=None) for _ in range(2))
    waiting = make_submission(gone, assignment)

    def work(place):
        if place == 0:
            shown = plan(gone, kept, course=course, by=teacher).fingerprint
            return merge(gone, kept, course=course, by=teacher, fingerprint=shown)
        if place == 1:
            return record(waiting, make_report(8))
        return services.take_in(learner=gone, assignment=assignment, source=f"x = {place}")

    results = together(work)

    merged = not isinstance(results[0], MergeChanged)
    owner = kept if merged else gone
    accepted = [one for one in results[2:] if isinstance(one, Submission)]
    assert all(isinstance(one, Submission | SubmissionError) for one in results[2:]), results
    assert owner.submissions.count() == 1 + len(accepted)
    assert Submission.objects.exclude(learner=owner).count() == 0
    assert sorted(owner.submissions.values_list("number", flat=True)) == list(range(1, 2 + len(accepted)))
    assert Grade.objects.get().learner == owner
    assert Grade.objects.get().final == 80


def test_two_accounts_merged_into_each_other_at_once_become_one():
    course = make_assignment().course
    teacher = make_member(course, "instructor")
    one, other = (make_member(course, "student", password=None) for _ in range(2))

    def work(place):
        gone, kept = (one, other) if place % 2 else (other, one)
        shown = plan(gone, kept, course=course, by=teacher).fingerprint
        return merge(gone, kept, course=course, by=teacher, fingerprint=shown)

    results = together(work, 2)

    assert sum(isinstance(result, MergeRefused | MergeChanged) for result in results) == 1, results
    assert course.enrollments.filter(user__in=[one, other]).count() == 1


def test_two_last_instructors_cannot_remove_each_other():
    course = make_assignment().course
    pair = [make_member(course, "instructor") for _ in range(2)]

    results = together(lambda place: remove(course, pair[place], by=pair[1 - place]), 2)

    assert sum(isinstance(result, MembershipRefused) for result in results) == 1
    assert course.enrollments.filter(role="instructor").count() == 1
