"""Wall-clock arithmetic: the one place where a local date and time becomes an instant.

A clock change leaves a gap (a time that does not exist) and a fold (a time that exists twice). Here a time in the gap
means the first instant after it, and a time in the fold means the earlier of the two: nobody is mailed before the hour
they named, and nobody waits an hour for a meeting.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether the time zone database knows this name. Names that step out of the database are no zones."""
    if not name or name.startswith(("/", ".")) or name in {"localtime", "posixrules", "Factory"}:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=16384)
def at_wall_clock(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in `zone` show `hour` on `day`; see above for the gap and the fold."""
    local = datetime.combine(day, hour, tzinfo=zone)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    # In the gap, fold=0 reads the clock as it ran before the change: the instant lies after the gap by just as much
    # as the named time lay inside it. Go back to where the gap ends.
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    assert before is not None and after is not None
    gap = after - before
    low, high = utc - gap, utc
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


@lru_cache(maxsize=16384)
def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day that people in `zone` have at this instant."""
    return instant.astimezone(zone).date()
