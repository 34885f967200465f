"""Wall-clock arithmetic where clocks change, in both hemispheres."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from models.base import Instant
from models.wall_clock import at_wall_clock, is_zone, local_day
from tests.random_pairs import ZONES


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "instant"),
    [
        # In the gap: the first instant after it.
        ("Europe/Berlin", date(2027, 3, 28), time(2, 30), "2027-03-28 01:00"),
        ("America/New_York", date(2027, 3, 14), time(2, 0), "2027-03-14 07:00"),
        ("Australia/Sydney", date(2026, 10, 4), time(2, 59), "2026-10-03 16:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03 15:30"),  # half an hour only
        ("Africa/Cairo", date(2026, 4, 24), time(0, 0), "2026-04-23 22:00"),  # midnight itself
        # In the fold: the earlier of the two.
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25 00:30"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01 05:30"),
        ("Australia/Sydney", date(2027, 4, 4), time(2, 30), "2027-04-03 15:30"),
        ("Australia/Lord_Howe", date(2027, 4, 4), time(1, 45), "2027-04-03 14:45"),
        # On an ordinary day.
        ("Asia/Kathmandu", date(2026, 12, 1), time(9), "2026-12-01 03:15"),
        ("Pacific/Kiritimati", date(2026, 12, 1), time(9), "2026-11-30 19:00"),
        ("Pacific/Pago_Pago", date(2026, 12, 1), time(9), "2026-12-01 20:00"),
    ],
)
def test_a_wall_clock_time_is_one_instant(zone: str, day: date, hour: time, instant: str) -> None:
    assert at_wall_clock(day, hour, ZoneInfo(zone)) == utc(instant)


@given(
    zone=st.sampled_from((*ZONES, "Australia/Sydney", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Tokyo")),
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
)
@settings(max_examples=300, deadline=None)
def test_clocks_show_the_time_that_was_asked_for_or_have_just_skipped_it(zone: str, day: date, minute: int) -> None:
    hour = time(minute // 60, minute % 60)
    instant = at_wall_clock(day, hour, ZoneInfo(zone))
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    asked = datetime.combine(day, hour)
    assert instant.tzinfo is UTC
    if shown != asked:
        just_before = (instant - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert just_before < asked < shown, "only the gap has no such time"
    else:
        earlier = (instant - timedelta(minutes=30)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert earlier != asked
        assert (instant - timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != asked


def test_the_day_is_the_day_of_the_people_there() -> None:
    instant = utc("2026-12-01 10:30")
    assert local_day(instant, ZoneInfo("Pacific/Kiritimati")) == date(2026, 12, 2)
    assert local_day(instant, ZoneInfo("Pacific/Pago_Pago")) == date(2026, 11, 30)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_zones_that_exist_are_known(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "../etc/passwd", "/etc/localtime", "Europe", "localtime", "a\0b", "é"]
)
def test_names_that_are_no_zones_are_refused(name: str) -> None:
    assert not is_zone(name)


class Meeting(BaseModel):
    at: Instant


def test_a_time_without_a_zone_is_refused_unless_the_reader_zone_is_known() -> None:
    with pytest.raises(ValidationError, match="time zone"):
        Meeting.model_validate({"at": "2027-03-28T02:30"})
    read = Meeting.model_validate({"at": "2027-03-28T02:30"}, context={"zone": "Europe/Berlin"})
    assert read.at == utc("2027-03-28 01:00")
    named = Meeting.model_validate({"at": "2027-03-28T02:30Z"}, context={"zone": "Europe/Berlin"})
    assert named.at == utc("2027-03-28 02:30")


def test_a_time_that_is_none_says_how_to_write_one() -> None:
    with pytest.raises(ValidationError, match="2026-12-01T09:00"):
        Meeting.model_validate({"at": "tomorrow"}, context={"zone": "Europe/Berlin"})
