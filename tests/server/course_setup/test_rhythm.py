"""Due dates in a rhythm, and dates moved to a new term: the clock stays, whatever the clocks of the zone do."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from server.course_setup.copying import moved
from server.course_setup.rhythm import Rhythm, due_dates
from server.courses.models import Course
from server.gradebook.models import Assignment

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def clock(moment, zone):
    return moment.astimezone(zone).time()


def exists(moment, days, zone):
    """Whether the zone's clock shows the time of a moment on the day that is so many days later, too, and once."""
    local = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    one, two = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return one.utcoffset() == two.utcoffset()


@given(MOMENTS, st.integers(0, 30), st.integers(1, 30), ZONES)
def test_every_date_has_the_clock_of_the_first(first, count, every, name):
    zone = ZoneInfo(name)
    dates = due_dates(first, count, every=every, rhythm=Rhythm.DAYS, zone=zone)

    assert len(dates) == count
    for step, date in enumerate(dates):
        if exists(first, step * every, zone):
            assert clock(date, zone) == clock(first, zone)
        assert (date.astimezone(zone).date() - first.astimezone(zone).date()).days in {step * every, step * every + 1}


@given(MOMENTS, st.integers(1, 12), ZONES)
def test_working_days_leave_weekends_out(first, every, name):
    zone = ZoneInfo(name)
    dates = due_dates(first, 6, every=every, rhythm=Rhythm.WORKING_DAYS, zone=zone)

    for former, date in pairwise(dates):
        days = (date.astimezone(zone).date() - former.astimezone(zone).date()).days
        later = [former.astimezone(zone) + timedelta(days=day) for day in range(1, days + 1)]
        assert sum(day.weekday() < 5 for day in later) == every
        assert date.astimezone(zone).weekday() < 5


def test_a_weekly_date_keeps_its_hour_over_winter_time():
    first = datetime(2026, 10, 20, 23, 59, tzinfo=BERLIN)
    dates = due_dates(first, 3, every=7, rhythm=Rhythm.DAYS, zone=BERLIN)

    assert [f"{date.astimezone(BERLIN):%d.%m. %H:%M %Z}" for date in dates] == [
        "20.10. 23:59 CEST",
        "27.10. 23:59 CET",
        "03.11. 23:59 CET",
    ]


def shifted(due_at, days, *, old="Europe/Berlin", new="Europe/Berlin"):
    assignment = Assignment(course=Course(time_zone=old), due_at=due_at)
    return moved(assignment, days, course=Course(time_zone=new))["due_at"]


@given(MOMENTS, st.integers(-800, 800), ZONES)
def test_moving_changes_the_day_and_not_the_clock(due_at, days, name):
    zone = ZoneInfo(name)
    new = shifted(due_at, days, old=name, new=name)

    if exists(due_at, days, zone):
        assert clock(new, zone) == clock(due_at, zone)
        assert (new.astimezone(zone).date() - due_at.astimezone(zone).date()).days == days


def test_a_course_in_another_zone_keeps_the_clock():
    due_at = datetime(2026, 3, 2, 23, 59, tzinfo=BERLIN)

    new = shifted(due_at, 364, new="America/New_York")
    assert new.astimezone(ZoneInfo("America/New_York")).isoformat() == "2027-03-01T23:59:00-05:00"


def test_a_date_that_is_missing_stays_missing():
    assert shifted(None, 364) is None
