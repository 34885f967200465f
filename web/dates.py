"""Instants as people read them: in their language and time zone, with the zone said beside."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from models.people import Language
from templates.catalogs import translations
from templates.zones import zone_name

DAY: dict[Language, str] = {"en": "EEEE d MMMM y", "es": "EEEE d 'de' MMMM 'de' y"}
SHORT_DAY: dict[Language, str] = {"en": "EEE d MMM", "es": "EEE d MMM"}
CALENDAR_DAY: dict[Language, str] = {"en": "d MMMM y", "es": "d 'de' MMMM 'de' y"}


def day(instant: datetime, zone: str, language: Language = "en") -> str:
    """`Tuesday 5 January 2027` on the calendar of the zone."""
    return format_date(_local(instant, zone), DAY[language], locale=language)


def short_day(instant: datetime, zone: str, language: Language = "en") -> str:
    """`Tue 5 Jan` on the calendar of the zone, where the year is plain."""
    return format_date(_local(instant, zone), SHORT_DAY[language], locale=language)


def when(instant: datetime, zone: str, language: Language = "en") -> str:
    """`Tuesday 5 January 2027, 09:00 (Berlin time)`."""
    return f"{day(instant, zone, language)}, {clock(instant, zone, language)} ({zone_name(zone, language)})"


def clock(instant: datetime, zone: str, language: Language = "en") -> str:
    """`09:00` on the clocks of the zone."""
    return format_time(_local(instant, zone).time(), "HH:mm", locale=language)


def calendar_day(value: date, language: Language = "en") -> str:
    """`5 January 2027`, for a date that has no time and so no zone."""
    return format_date(value, CALENDAR_DAY[language], locale=language)


def wall_clock(instant: datetime, zone: str) -> str:
    """What a `datetime-local` field holds for this instant: `2027-01-05T09:00`."""
    return f"{_local(instant, zone):%Y-%m-%dT%H:%M}"


def local_date(instant: datetime, zone: str, days: int = 0) -> str:
    """The calendar day in the zone, some days later, as a `date` field holds it: `2027-01-05`."""
    return (_local(instant, zone).date() + timedelta(days=days)).isoformat()


def apart(mine: str, theirs: str, at: datetime, language: Language = "en") -> str:
    """How another zone's clocks differ from mine at this instant: `6 hours behind you`."""
    say = translations(language)
    offset = at.astimezone(ZoneInfo(theirs)).utcoffset() or timedelta()
    own = at.astimezone(ZoneInfo(mine)).utcoffset() or timedelta()
    minutes = round((offset - own).total_seconds() / 60)
    if minutes == 0:
        return say.gettext("the same time as yours")
    hours, rest = divmod(abs(minutes), 60)
    parts = [say.ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}] if hours else []
    parts += [say.ngettext("%(num)s minute", "%(num)s minutes", rest) % {"num": rest}] if rest else []
    sentence = say.gettext("%(time)s ahead of you") if minutes > 0 else say.gettext("%(time)s behind you")
    return sentence % {"time": " ".join(parts)}


def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))
