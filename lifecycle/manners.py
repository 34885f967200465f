"""Mail manners: when someone may be written to, and how much the engine may write of its own accord."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.mail import MailClass
from models.people import Preferences
from models.program import Manners
from models.wall_clock import at_wall_clock, local_day

DIRECT_SPACING = timedelta(minutes=20)
"""Direct mails to one person are at least this far apart, so that a partner's several presses arrive as one mail."""

WEEK = 7
BUDGETED = (MailClass.INITIATED, MailClass.REMINDER)
"""Mail that the engine begins. All of it counts against the budget."""

Away = Sequence[tuple[datetime, datetime]]


def next_welcome(preferences: Preferences, away: Away, at: datetime) -> datetime:
    """The first instant from `at` on that lies inside the welcome hours, on a welcome day, and not on a day away."""
    zone = ZoneInfo(preferences.zone)
    day = local_day(at, zone)
    for _ in range(800):
        if day.weekday() not in preferences.days_off:
            opens = max(at, at_wall_clock(day, preferences.hours_from, zone))
            if opens < at_wall_clock(day, preferences.hours_to, zone):
                back = next((end for start, end in away if start <= opens < end), None)
                if back is None:
                    return opens
                at, day = back, local_day(back, zone)
                continue
        day += timedelta(days=1)
    return at


def next_waking(manners: Manners, preferences: Preferences, at: datetime) -> datetime:
    """The first instant from `at` on inside the waking hours (or the welcome hours, where those are wider), any day."""
    zone = ZoneInfo(preferences.zone)
    first = min(manners.waking_from, preferences.hours_from)
    last = max(manners.waking_to, preferences.hours_to)
    day = local_day(at, zone)
    while True:
        opens = max(at, at_wall_clock(day, first, zone))
        if opens < at_wall_clock(day, last, zone):
            return opens
        day += timedelta(days=1)


def fits(manners: Manners, days: Sequence[date], day: date) -> bool:
    """Whether one more mail of the engine's on `day` keeps the budget, `days` being those of all others.

    A week is any seven days in a row, so that the budget holds however a reader counts.
    """
    if days.count(day) >= manners.per_day:
        return False
    near = [other for other in days if abs((other - day).days) < WEEK]
    if len(near) < manners.per_week:
        return True
    near.append(day)
    for shift in range(WEEK):
        first = day - timedelta(days=shift)
        last = first + timedelta(days=WEEK - 1)
        if sum(first <= other <= last for other in near) > manners.per_week:
            return False
    return True


def next_in_budget(
    manners: Manners, preferences: Preferences, away: Away, days: Sequence[date], at: datetime
) -> datetime:
    """The first welcome instant from `at` on whose day has room in the budget."""
    zone = ZoneInfo(preferences.zone)
    while True:
        at = next_welcome(preferences, away, at)
        day = local_day(at, zone)
        if fits(manners, days, day):
            return at
        at = at_wall_clock(day + timedelta(days=1), time(0), zone)
