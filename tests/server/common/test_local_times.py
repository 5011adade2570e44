from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from server.common.local_times import days_after, days_between, in_words, later_moment, moments_of
from server.common.moment_fields import MomentField
from server.common.zones import check_zone, zone_names

BERLIN = ZoneInfo("Europe/Berlin")
GAP, TWICE = datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)
DAY = timedelta(days=1)

zones = st.sampled_from(zone_names()).map(ZoneInfo)
local_times = st.datetimes(datetime(2000, 1, 2), datetime(2100, 12, 1))


def field(stored=None, zone=BERLIN):
    made = MomentField()
    made.use_zone(zone, stored)
    return made


@pytest.mark.parametrize(
    ("due", "after"),
    [
        (datetime(2026, 10, 24, 23, 59), datetime(2026, 10, 25, 23, 59)),
        (datetime(2026, 3, 28, 23, 59), datetime(2026, 3, 29, 23, 59)),
        (datetime(2026, 3, 28, 2, 30), datetime(2026, 3, 29, 3, 30)),
    ],
)
def test_a_day_later_is_the_same_time_on_the_clock(due, after):
    assert days_after(due.replace(tzinfo=BERLIN), 1, BERLIN) == after.replace(tzinfo=BERLIN)


def test_of_a_time_that_exists_twice_the_later_counts():
    assert days_after(TWICE.replace(tzinfo=BERLIN) - DAY, 1, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(local_times, zones)
def test_every_moment_of_a_local_time_shows_it(local, zone):
    found = moments_of(local, zone)

    assert all(moment.astimezone(zone).replace(tzinfo=None) == local for moment in found)
    assert later_moment(local, zone) == found[-1] if found else True


@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(1, 60), zones)
def test_days_are_counted_as_they_are_added(start, days, zone):
    end = days_after(start, days, zone)

    assert days_between(start, end, zone) <= days
    assert days_between(start, end + timedelta(microseconds=1), zone) > days - 1


def test_a_time_that_does_not_exist_is_refused_with_another():
    with pytest.raises(ValidationError, match=r"29 March 2026 there is no 02:30 in Europe/Berlin.*Choose 03:30"):
        field().clean("2026-03-29T02:30")


def test_a_time_that_exists_twice_means_the_second():
    made = field()

    assert made.clean("2026-10-25T02:30") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert "25 Oct 2026, 02:30 CET" in made.note


@pytest.mark.parametrize(
    "first", [datetime(2026, 10, 25, 0, 30, 15, 7, tzinfo=UTC), datetime(2026, 5, 4, 8, 0, 59, tzinfo=UTC)]
)
def test_a_value_that_was_not_touched_stays_to_the_microsecond(first):
    made = field(first)
    shown = made.widget.format_value(made.prepare_value(first))

    assert made.clean(shown) == first
    assert not made.has_changed(first, shown)
    assert made.has_changed(first, "")


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "1999-12-31T23:59",
        "2101-01-01T00:00",
        "275760-09-13T00:00",
        "2026-02-30T00:00",
        "tomorrow",
        "2026-03-01T10:00Z",
        "2026-03-01",
        "2026-03-01T10:00\x00",
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_impossible_times_are_form_errors(text, zone):
    with pytest.raises(ValidationError):
        field(zone=ZoneInfo(zone)).clean(text)


@given(local_times, zones)
def test_an_entered_time_is_shown_as_it_was_entered(local, zone):
    local = local.replace(second=0, microsecond=0)
    made = field(zone=zone)
    try:
        moment = made.clean(f"{local:%Y-%m-%dT%H:%M}")
    except ValidationError:
        assert moments_of(local, zone) == []
    else:
        assert made.prepare_value(moment) == local


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Europe/Berlin", "2 Dec 2026, 23:59 CET"), ("America/Sao_Paulo", "2 Dec 2026, 19:59 UTC-03:00")],
)
def test_a_moment_in_words_names_its_zone(zone, words):
    assert in_words(datetime(2026, 12, 2, 22, 59, tzinfo=UTC), ZoneInfo(zone)) == words


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "posix/Europe/Berlin", "europe/berlin"])
def test_other_zones_are_refused(name):
    with pytest.raises(ValidationError):
        check_zone(name)
