from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.gradebook.rules import LateRule, Terms, days_late
from server.submissions.statuses import AssignmentStatus
from server.submissions.submission_terms import in_words, late_rule, submission_terms

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def terms_at_noon(*, used=0, last_at=None, **terms):
    status = AssignmentStatus(
        assignment=None,
        learner=None,
        terms=Terms(points=100, **terms),
        grade=None,
        exempt=False,
        used=used,
        waiting=False,
        passed=False,
        last_at=last_at,
    )
    return submission_terms(status, now=NOON)


def test_without_limits_there_is_nothing_to_say():
    quiet = terms_at_noon()

    assert (quiet.refused, quiet.wait, quiet.left, quiet.late_rule, quiet.late_percent) == ("", 0, None, "", 0)


def test_remaining_attempts_are_counted_and_none_left_is_said():
    assert terms_at_noon(attempts=3, used=2).left == 1
    assert terms_at_noon(attempts=3, used=3).refused == "All 3 attempts are used."


def test_attempts_that_an_instructor_took_back_leave_none_not_fewer():
    assert terms_at_noon(attempts=1, used=3).left == 0


def test_a_cooldown_is_told_with_its_seconds():
    waiting = terms_at_noon(cooldown=timedelta(seconds=60), last_at=NOON - timedelta(seconds=20))

    assert waiting.wait == 41
    assert "another 41 seconds" in waiting.refused


@pytest.mark.parametrize(("terms", "word"), [({"opens_at": NOON + HOUR}, "opens"), ({"closes_at": NOON}, "closed")])
def test_an_exercise_that_is_not_open_says_when(terms, word):
    assert word in terms_at_noon(**terms).refused


def test_lateness_is_told_with_what_it_costs_now():
    rule = LateRule(per_day=0.1, cap=0.5)

    late = terms_at_noon(due_at=NOON - 25 * HOUR, late=rule)

    assert late.late_percent == pytest.approx(20)
    assert late.late_rule == (
        "Late work loses 10% of its points for each day begun, 50% at most. "
        "Until 2 Mar 2026, 11:00 UTC that is one day."
    )


def test_grace_is_mentioned_and_a_free_rule_is_not():
    assert "after 30 minutes of grace" in in_words(LateRule(per_day=0.1, grace=HOUR / 2))
    assert in_words(LateRule()) == ""


def test_the_percents_of_the_sentence_are_not_rounded():
    assert "loses 12.5% of" in in_words(LateRule(per_day=0.125))
    assert "33.333% at most" in in_words(LateRule(per_day=0.1, cap=0.33333))


def test_the_sentence_names_the_end_of_the_first_late_day():
    berlin = ZoneInfo("Europe/Berlin")
    due = datetime(2026, 10, 24, 23, 59, tzinfo=berlin)
    terms = Terms(points=100, due_at=due, late=LateRule(per_day=0.1, grace=HOUR / 2), zone=berlin)
    end = datetime(2026, 10, 26, 0, 29, tzinfo=berlin)

    assert "Until 25 Oct 2026, 23:29 UTC that is one day." in late_rule(terms)
    assert (days_late(terms, end), days_late(terms, end + timedelta(seconds=1))) == (1, 2)
