"""Times that suit both people, offered to be pressed instead of typed."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lifecycle import calendar
from models.base import PAIR, Role
from models.pages import Offer
from models.state import Mentorship, SessionStatus
from models.wall_clock import at_wall_clock, local_day

SOONEST = 2
"""In how many days the first offer lies: the partner has to read the mail first."""
FURTHEST = 28
"""How many days ahead are looked at."""
DAYS = 4
"""On how many days there are offers: with two a day, a screen full."""

Window = tuple[time, time]


def offer(m: Mentorship, role: Role, minutes: int, now: datetime) -> Offer:
    """Full hours on the clock of `role` at which both can meet for so long.

    They lie within the hours that both named, each on their own calendar day, on no day off or away, and beside no
    other session. Where these hours never meet, waking hours stand in, and the page says so. On one day of the reader
    the same offers come back, whatever the hour.
    """
    for hours in ("welcome", "waking"):
        windows = {one: _window(m, one, hours) for one in PAIR}
        if times := _spread(m, role, windows, timedelta(minutes=minutes), now):
            return Offer(times=times, hours=hours)
    return Offer()


def _window(m: Mentorship, role: Role, hours: str) -> Window:
    own, manners = m.person(role).preferences, m.program.manners
    if hours == "welcome":
        return own.hours_from, own.hours_to
    return min(manners.waking_from, own.hours_from), max(manners.waking_to, own.hours_to)


def _spread(
    m: Mentorship, role: Role, windows: dict[Role, Window], length: timedelta, now: datetime
) -> tuple[datetime, ...]:
    zone = ZoneInfo(m.person(role).preferences.zone)
    today = local_day(now, zone)
    found: list[datetime] = []
    days = 0
    for ahead in range(SOONEST, FURTHEST):
        day = today + timedelta(days=ahead)
        fitting = [start for start in _full_hours(day, zone) if _suits(m, windows, start, start + length)]
        if fitting:
            found += _two_of(fitting, day)
            days += 1
        if days == DAYS:
            break
    return tuple(found)


def _full_hours(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The full hours of a day. One that a clock change skips is none, and one that comes twice counts once."""
    for hour in range(24):
        start = at_wall_clock(day, time(hour), zone)
        if start.astimezone(zone).time() == time(hour):
            yield start


def _two_of(fitting: list[datetime], day: date) -> list[datetime]:
    """An earlier and a later one, other ones from day to day."""
    half = len(fitting) // 2
    parts = [part for part in (fitting[:half], fitting[half:]) if part]
    return [part[day.toordinal() % len(part)] for part in parts]


def _suits(m: Mentorship, windows: dict[Role, Window], start: datetime, end: datetime) -> bool:
    return all(_is_free(m, role, windows[role], start, end) for role in PAIR) and not any(
        one.status is SessionStatus.PLANNED and one.starts_at < end and start < calendar.ends_at(one)
        for one in m.sessions
    )


def _is_free(m: Mentorship, role: Role, window: Window, start: datetime, end: datetime) -> bool:
    person = m.person(role)
    zone = ZoneInfo(person.preferences.zone)
    day = local_day(start, zone)
    return (
        day.weekday() not in person.preferences.days_off
        and at_wall_clock(day, window[0], zone) <= start
        and end <= at_wall_clock(day, window[1], zone)
        and not any(span.start < end and start < span.end for span in person.away)
    )
