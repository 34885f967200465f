"""Offered times suit both people, on their own clocks and calendars."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

import lifecycle
from lifecycle.slots import DAYS, SOONEST, offer
from models.base import PAIR, Role, Span
from models.pages import PageQuery
from models.people import Preferences
from models.state import Mentorship, Session
from tests.web_parts import a_mentorship

ZONES = (
    "Europe/Lisbon",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
)
MONDAY = datetime(2027, 1, 4, 9, tzinfo=UTC)
HOURS = st.integers(0, 21).flatmap(lambda first: st.tuples(st.just(first), st.integers(first + 2, 23)))


@st.composite
def people(draw: st.DrawFn) -> Preferences:
    """Someone's zone, hours and days off."""
    first, last = draw(HOURS)
    off = draw(st.lists(st.integers(0, 6), max_size=4, unique=True))
    return Preferences(
        zone=draw(st.sampled_from(ZONES)), hours_from=time(first), hours_to=time(last), days_off=tuple(off)
    )


def pair(mentee: Preferences, mentor: Preferences) -> Mentorship:
    """Two people with these preferences."""
    m = a_mentorship()
    return m.evolve(mentee=m.mentee.evolve(preferences=mentee), mentor=m.mentor.evolve(preferences=mentor))


AROUND_CLOCK_CHANGES = st.sampled_from(
    [
        datetime(2027, month, day, 12, tzinfo=UTC)
        for month, day in ((3, 10), (3, 24), (4, 1), (10, 1), (10, 28), (11, 4))
    ]
)


@settings(deadline=None)
@given(people(), people(), AROUND_CLOCK_CHANGES, st.integers(0, 86_000), st.sampled_from([30, 45, 60, 90]))
def test_every_offer_lies_within_the_hours_of_both(
    mentee: Preferences, mentor: Preferences, day: datetime, seconds: int, minutes: int
) -> None:
    m = pair(mentee, mentor)
    now = day + timedelta(seconds=seconds)
    found = offer(m, Role.MENTEE, minutes, now)
    first = now.astimezone(ZoneInfo(mentee.zone)).date() + timedelta(days=SOONEST)
    assert list(found.times) == sorted(set(found.times))
    for start in found.times:
        end = start + timedelta(minutes=minutes)
        assert start.astimezone(ZoneInfo(mentee.zone)).date() >= first
        assert start.astimezone(ZoneInfo(mentee.zone)).minute == 0
        for own in (mentee, mentor):
            local, over = start.astimezone(ZoneInfo(own.zone)), end.astimezone(ZoneInfo(own.zone))
            opens, closes = own.hours_from, own.hours_to
            if found.hours == "waking":
                opens, closes = min(opens, time(7)), max(closes, time(22))
            assert local.weekday() not in own.days_off
            assert opens <= local.time()
            assert local.date() == over.date()
            assert over.time() <= closes


@settings(deadline=None)
@given(people(), people(), st.integers(0, 82_000))
def test_the_same_day_brings_the_same_offers(mentee: Preferences, mentor: Preferences, seconds: int) -> None:
    m = pair(mentee, mentor)
    morning = datetime(2027, 3, 26, 0, 30, tzinfo=ZoneInfo(mentee.zone)).astimezone(UTC)
    assert offer(m, Role.MENTEE, 45, morning) == offer(m, Role.MENTEE, 45, morning + timedelta(seconds=seconds))


def test_lisbon_and_new_york_meet_in_the_afternoon_on_several_days() -> None:
    found = offer(a_mentorship(), Role.MENTEE, 45, MONDAY)
    assert found.hours == "welcome"
    local = [at.astimezone(ZoneInfo("Europe/Lisbon")) for at in found.times]
    assert len({at.date() for at in local}) == DAYS
    assert {at.hour for at in local} <= {14, 15, 16, 17}
    assert len({at.hour for at in local}) > 2, "not the same hour every day"


def test_hours_that_never_meet_are_stretched_to_waking_hours_and_that_is_told() -> None:
    far = pair(Preferences(zone="Europe/Lisbon"), Preferences(zone="Asia/Tokyo", hours_from=time(9), hours_to=time(17)))
    found = offer(far, Role.MENTEE, 45, MONDAY)
    assert found.hours == "waking"
    assert found.times
    early = Preferences(zone="UTC", hours_from=time(5), hours_to=time(8), days_off=(0, 1, 2))
    late = Preferences(zone="UTC", days_off=(3, 4, 5, 6))
    assert offer(pair(early, late), Role.MENTEE, 45, MONDAY).times == ()


def test_days_away_and_other_sessions_are_left_free() -> None:
    m = a_mentorship()
    away = Span(start=MONDAY, end=MONDAY + timedelta(days=10))
    m = m.evolve(mentor=m.mentor.evolve(away=(away,)))
    assert all(at >= away.end for at in offer(m, Role.MENTEE, 45, MONDAY).times)
    taken = offer(m, Role.MENTEE, 45, MONDAY).times[0]
    busy = m.evolve(
        sessions=(Session(number=1, starts_at=taken + timedelta(minutes=30), minutes=60, planned_at=MONDAY),)
    )
    for at in offer(busy, Role.MENTEE, 45, MONDAY).times:
        assert not taken - timedelta(minutes=15) < at < taken + timedelta(minutes=90)


def test_only_pages_that_need_times_carry_them() -> None:
    m = a_mentorship()
    for role in PAIR:
        assert lifecycle.page(m, PageQuery(role=role), MONDAY).offer is None
        assert lifecycle.page(m, PageQuery(role=role, ask=f"accept.{role}"), MONDAY).offer is None
