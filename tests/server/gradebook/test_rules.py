from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.common.local_times import days_after, later_moment
from server.gradebook.rules import (
    Attempt,
    Decision,
    Keeps,
    LateRule,
    MoreTime,
    Refusal,
    Terms,
    days_late,
    grade,
    grade_of,
    late_share,
    points_that_count,
    refusal,
    terms_for,
)

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

fractions = st.floats(0, 1)
moments = st.datetimes(datetime(2026, 2, 1), datetime(2026, 4, 1), timezones=st.just(UTC))
attempts = st.builds(Attempt, submitted_at=moments, fraction=fractions)
late_rules = st.builds(LateRule, per_day=fractions, cap=fractions, grace=st.timedeltas(timedelta(), 3 * DAY))
terms = st.builds(
    Terms, points=st.floats(0, 1000), due_at=st.none() | moments, keeps=st.sampled_from(Keeps), late=late_rules
)


def at(moment, fraction=1.0):
    return Attempt(submitted_at=moment, fraction=fraction)


def late(**rule):
    return Terms(points=100, due_at=DUE, late=LateRule(**rule))


@pytest.mark.parametrize(
    ("after_due", "share"),
    [(-HOUR, 0), (timedelta(), 0), (timedelta(microseconds=1), 0.1), (DAY, 0.1), (DAY + HOUR, 0.2), (30 * DAY, 0.5)],
)
def test_every_day_begun_costs_its_share_up_to_the_cap(after_due, share):
    assert late_share(late(per_day=0.1, cap=0.5), DUE + after_due) == pytest.approx(share)


def test_the_first_late_day_begins_after_the_grace():
    rule = late(per_day=0.1, grace=2 * HOUR)

    assert late_share(rule, DUE + 2 * HOUR) == 0
    assert late_share(rule, DUE + 3 * HOUR) == pytest.approx(0.1)
    assert late_share(rule, DUE + DAY + 2 * HOUR) == pytest.approx(0.1)
    assert late_share(rule, DUE + DAY + 3 * HOUR) == pytest.approx(0.2)


# Zones whose clocks change, by an hour and by half an hour, on both halves of the earth, one without changes, and one
# that once left out a whole day.
zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Seoul", "Pacific/Apia"]
).map(ZoneInfo)
clock_times = st.datetimes(datetime(2011, 6, 1), datetime(2027, 12, 31))


@given(clock_times, st.integers(0, 40), zones)
def test_a_late_day_ends_at_the_due_time(local, days, zone):
    due = later_moment(local, zone)
    end = later_moment(due.astimezone(zone).replace(tzinfo=None) + days * DAY, zone)
    terms = Terms(points=1, due_at=due, late=LateRule(per_day=0.01), zone=zone)

    assert days_late(terms, end) <= days
    assert days_late(terms, end + timedelta(microseconds=1)) >= days


@given(clock_times, zones, st.timedeltas(timedelta(), 40 * DAY), st.timedeltas(timedelta(), 3 * DAY))
def test_days_late_are_the_fewest_that_reach_the_moment(local, zone, after, grace):
    due = later_moment(local, zone)
    terms = Terms(points=1, due_at=due, late=LateRule(per_day=0.01, grace=grace), zone=zone)
    days = days_late(terms, due + after)

    assert due + after <= days_after(due + grace, days, zone)
    assert days == 0 or due + after > days_after(due + grace, days - 1, zone)


@given(clock_times, zones, st.integers(0, 30), st.floats(1, 5), st.timedeltas(timedelta(), 20 * DAY))
def test_more_time_never_brings_a_date_forward(local, zone, days, factor, open_for):
    due = later_moment(local, zone)
    terms = Terms(points=1, opens_at=due - open_for, due_at=due, closes_at=due + DAY, zone=zone)
    own = terms_for(terms, Decision(), MoreTime(days=days, factor=factor))

    assert own.due_at >= due
    assert own.closes_at >= max(terms.closes_at, own.due_at)


def test_a_factor_multiplies_the_time_since_the_opening():
    terms = Terms(points=1, opens_at=DUE - 10 * DAY, due_at=DUE)

    assert terms_for(terms, Decision(), MoreTime(factor=1.5)).due_at == DUE + 5 * DAY


def test_after_closing_only_practice_is_possible():
    closed = Terms(points=1, closes_at=DUE, attempts=1)

    assert refusal(closed, now=DUE, used=0, last_at=None) is Refusal.CLOSED
    assert refusal(replace(closed, practice=True), now=DUE, used=1, last_at=None) is None


def test_the_best_attempt_counts_after_its_penalty():
    best = grade(late(per_day=0.5), [at(DUE - HOUR, 0.6), at(DUE + HOUR, 1.0)])

    assert best.final == pytest.approx(60)
    assert best.penalty == 0


def test_the_last_attempt_can_count_even_if_it_is_worse():
    last = grade(Terms(points=10, keeps=Keeps.LAST), [at(DUE, 0.2), at(DUE - DAY, 1.0)])

    assert last.final == pytest.approx(2)


def test_nothing_graded_is_no_grade_rather_than_a_zero():
    assert grade(Terms(points=10), []) is None


@given(terms, st.lists(attempts, min_size=1))
def test_a_grade_lies_between_zero_and_the_points(terms, attempts):
    assert 0 <= grade(terms, attempts).final <= terms.points


@given(terms, fractions, moments, st.timedeltas(timedelta(), 30 * DAY))
def test_handing_in_later_never_raises_the_grade_of_an_attempt(terms, fraction, moment, delay):
    assert grade_of(terms, at(moment + delay, fraction)).final <= grade_of(terms, at(moment, fraction)).final


@given(terms, moments, st.tuples(fractions, fractions))
def test_a_better_answer_never_gets_a_lower_grade(terms, moment, pair):
    worse, better = sorted(pair)

    assert grade_of(terms, at(moment, worse)).final <= grade_of(terms, at(moment, better)).final


@given(terms, st.lists(attempts, min_size=1), attempts)
def test_another_attempt_never_lowers_a_best_grade(terms, attempts, another):
    if terms.keeps is Keeps.BEST:
        assert grade(terms, [*attempts, another]).final >= grade(terms, attempts).final


@given(terms, st.lists(attempts, min_size=1, unique_by=lambda attempt: attempt.submitted_at), st.randoms())
def test_the_order_in_which_attempts_are_read_does_not_matter(terms, attempts, random):
    shuffled = attempts.copy()
    random.shuffle(shuffled)

    assert grade(terms, shuffled) == grade(terms, attempts)


OPEN = Terms(points=1, opens_at=DUE - DAY, closes_at=DUE, attempts=2, cooldown=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("now", "used", "last_at", "expected"),
    [
        (DUE - 2 * DAY, 0, None, Refusal.NOT_OPEN),
        (DUE - DAY, 0, None, None),
        (DUE - HOUR, 1, DUE - 2 * HOUR, None),
        (DUE - HOUR, 1, DUE - HOUR - timedelta(minutes=4), Refusal.COOLDOWN),
        (DUE - HOUR, 1, DUE - HOUR - timedelta(minutes=5), None),
        (DUE - HOUR, 2, DUE - 2 * HOUR, Refusal.NO_ATTEMPTS),
        (DUE, 0, None, Refusal.CLOSED),
        (DUE, 2, DUE, Refusal.CLOSED),
    ],
)
def test_terms_say_when_a_submission_may_be_handed_in(now, used, last_at, expected):
    assert refusal(OPEN, now=now, used=used, last_at=last_at) == expected


def test_without_terms_anything_goes_at_any_time():
    assert refusal(Terms(points=1), now=DUE, used=1000, last_at=DUE) is None


decisions = st.builds(
    Decision,
    override=st.none() | st.floats(0, 1000),
    exempt=st.booleans(),
    due_at=st.none() | moments,
    closes_at=st.none() | moments,
    extra_attempts=st.integers(0, 5),
)
bounded = st.builds(
    Terms,
    points=st.floats(0, 1000),
    due_at=st.none() | moments,
    closes_at=st.none() | moments,
    attempts=st.none() | st.integers(0, 5),
    late=late_rules,
)


@given(bounded, decisions, st.lists(attempts, min_size=1))
def test_an_extension_never_lowers_a_grade(terms, decision, attempts):
    assert grade(terms_for(terms, decision), attempts).final >= grade(terms, attempts).final


@given(bounded, decisions, moments, st.integers(0, 10))
def test_an_extension_never_refuses_what_the_terms_allow(terms, decision, now, used):
    if refusal(terms, now=now, used=used, last_at=None) is None:
        assert refusal(terms_for(terms, decision), now=now, used=used, last_at=None) is None


def test_a_later_due_date_keeps_an_exercise_open_until_then():
    terms = Terms(points=1, due_at=DUE, closes_at=DUE)

    assert terms_for(terms, Decision(due_at=DUE + DAY)).closes_at == DUE + DAY


@given(bounded)
def test_no_decision_changes_no_terms(terms):
    assert terms_for(terms, Decision()) == terms


@given(bounded, decisions, st.lists(attempts))
def test_exemption_wins_over_override_and_override_over_grade(terms, decision, attempts):
    result = grade(terms, attempts)
    expected = None if decision.exempt else decision.override
    if expected is None and not decision.exempt and attempts:
        expected = result.final

    assert points_that_count(result, decision) == expected


@given(terms, st.lists(attempts, min_size=1))
def test_the_grade_says_which_attempt_it_is_of(terms, attempts):
    result = grade(terms, attempts)

    assert grade_of(terms, attempts[result.counted]).final == result.final
