from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from server.submissions.models import State, Submission
from server.submissions.queue.wait_estimate import FEWEST, LATEST, expected_wait, in_words, rounded, seconds_each
from tests.support.people import make_submission, record

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def handed_in_at_once(number, *, each, graders=1):
    """Spans of a class that submits within a second, if the graders take `each` seconds for one."""
    return [(at(place / number), at(each * (1 + place // graders))) for place in range(number)]


def test_separate_submissions_give_their_own_durations():
    spans = [(at(60 * one), at(60 * one + 2)) for one in range(5)]

    assert seconds_each(spans) == pytest.approx(2)


@pytest.mark.parametrize("graders", [1, 2, 4])
def test_a_full_queue_shows_the_speed_of_all_graders(graders):
    spans = handed_in_at_once(40, each=10, graders=graders)

    assert seconds_each(spans) == pytest.approx(10 / graders, rel=0.15)


def test_of_too_few_reports_nothing_is_told():
    assert seconds_each(handed_in_at_once(FEWEST - 1, each=1)) is None


@given(st.floats(0, 1e5))
def test_a_promise_is_never_too_short(seconds):
    assert rounded(seconds) >= max(seconds, 5)
    assert rounded(seconds) <= seconds + 60


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "in a few seconds"), (10, "in about 10 seconds"), (60, "in about 1 minute"), (600, "in about 10 minutes")],
)
def test_a_wait_has_words(seconds, words):
    assert in_words(seconds) == words


@pytest.fixture
def reported(student, assignment):
    """Make so many reports, each after so many seconds, the last one so long ago."""

    def reported(number, *, took, ago=0, state=State.GRADED):
        finished = timezone.now() - timedelta(seconds=ago)
        for _ in range(number):
            submission = make_submission(student, assignment)
            record(submission)
            sent = finished - timedelta(seconds=took)
            Submission.objects.filter(pk=submission.pk).update(sent_at=sent, finished_at=finished)
            finished = sent - timedelta(seconds=1)

    return reported


def test_a_place_far_behind_takes_as_many_times_longer(reported):
    reported(5, took=7)

    assert expected_wait("cpu", 0) == 10
    assert expected_wait("cpu", 3) == 30
    assert expected_wait("cpu", 29) == 240


def test_other_graders_say_nothing_of_these(reported):
    reported(5, took=7)

    assert expected_wait("gpu", 3) is None


def test_after_a_silence_nothing_is_promised(reported):
    reported(5, took=7, ago=90)

    assert expected_wait("cpu", 3) is None


def test_without_reports_nothing_is_promised(db):
    assert expected_wait("cpu", 3) is None


def test_what_was_withdrawn_tells_nothing(student, assignment):
    for _ in range(5):
        make_submission(student, assignment, state=State.CANCELLED, finished_at=timezone.now())

    assert expected_wait("cpu", 3) is None


def test_it_looks_at_the_latest_only(reported, django_assert_num_queries):
    reported(5, took=600, ago=50)
    reported(LATEST, took=1)

    with django_assert_num_queries(1):
        assert expected_wait("cpu", 3) == 5
