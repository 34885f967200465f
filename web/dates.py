"""Instants as people read them: in their own time zone, with the zone said beside."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def day(instant: datetime, zone: str) -> str:
    """`Tuesday 5 January 2027` on the calendar of the zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B} {local.year}"


def when(instant: datetime, zone: str) -> str:
    """`Tuesday 5 January 2027, 09:00 (Europe/Berlin)`."""
    return f"{day(instant, zone)}, {instant.astimezone(ZoneInfo(zone)):%H:%M} ({zone})"


def calendar_day(value: date) -> str:
    """`5 January 2027`, for a date that has no time and so no zone."""
    return f"{value.day} {value:%B} {value.year}"


def wall_clock(instant: datetime, zone: str) -> str:
    """What a `datetime-local` field holds for this instant: `2027-01-05T09:00`."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def local_date(instant: datetime, zone: str, days: int = 0) -> str:
    """The calendar day in the zone, some days later, as a `date` field holds it: `2027-01-05`."""
    return (instant.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)).isoformat()


def apart(mine: str, theirs: str, at: datetime) -> str:
    """How another zone's clocks differ from mine at this instant: `6 hours behind you`."""
    offset = at.astimezone(ZoneInfo(theirs)).utcoffset() or timedelta()
    own = at.astimezone(ZoneInfo(mine)).utcoffset() or timedelta()
    minutes = round((offset - own).total_seconds() / 60)
    if minutes == 0:
        return "the same time as yours"
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    parts += [f"{rest} minutes"] if rest else []
    return f"{' '.join(parts)} {'ahead of' if minutes > 0 else 'behind'} you"
