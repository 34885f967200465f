"""The words that many mails need: dates in the reader's zone, first names, sentences. Filters for the templates."""

import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from models.base import Role
from models.mail import SessionCard

# Not strftime: that follows the locale of the machine, and a retry may run on another one.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TITLE = re.compile(r"(mr|mrs|ms|mx|dr|prof|sir|dame)|.*\.|.", re.IGNORECASE)


def day_name(day: date) -> str:
    """For example "Tue 8 December 2026"."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


@pass_context
def when(context: Context, instant: datetime) -> str:
    """Date and time on the reader's clock, for example "Tue 8 December 2026, 10:00 (Europe/Berlin)"."""
    local = _local(context, instant)
    return f"{day_name(local)}, {local:%H:%M} ({context['me'].zone})"


@pass_context
def short_when(context: Context, instant: datetime) -> str:
    """Day and time on the reader's clock for a subject, whose mail names the zone: "Tue 8 December, 10:00"."""
    return f"{day(context, instant)}, {_local(context, instant):%H:%M}"


@pass_context
def day(context: Context, instant: datetime | date) -> str:
    """The day on the reader's calendar, without the year where it is the year of the mail."""
    local = _local(context, instant) if isinstance(instant, datetime) else instant
    this_year = _local(context, context["letter"].at).year
    return day_name(local) if local.year != this_year else day_name(local).rsplit(" ", 1)[0]


@pass_context
def days_from_mail(context: Context, instant: datetime) -> int:
    """How many midnights lie between the mail and the instant, on the reader's calendar; negative when it is past."""
    return (_local(context, instant).date() - _local(context, context["letter"].at).date()).days


def first_name(name: str) -> str:
    """What to call someone: their first name, or the whole name when it begins with a title or an initial."""
    first = name.split()[0] if name.split() else name
    return name if _TITLE.fullmatch(first) else first


def sentence(text: str) -> str:
    """The text as a sentence: a capital first, a full stop last."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def fragment(text: str) -> str:
    """The text to go on within a sentence: no full stop at its end."""
    return text.strip().rstrip(".")


def named(session: SessionCard) -> str:
    """What people call a session."""
    return f"session {session.number}" if session.number else "your first conversation"


def capital(text: str) -> str:
    """The first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]


def flat(text: str) -> str:
    """Text of several lines on one line, for tables and lists."""
    return " ".join(text.split())


def mailto(address: str) -> str:
    """The address as a mailto URI (RFC 6068)."""
    return "mailto:" + quote(address, safe="@")


def other(role: Role) -> str:
    """The role of the partner."""
    return role.partner.value


def contrast_ink(colour: str) -> str:
    """Black or white, whichever reads better on the colour (WCAG 2.2, relative luminance)."""
    return "#ffffff" if _luminance(colour) < 0.1791 else "#000000"


def link_ink(colour: str) -> str:
    """The colour itself where it can be read on white (contrast 4.5 : 1 or more), else a dark blue."""
    return colour if 1.05 / (_luminance(colour) + 0.05) >= 4.5 else "#1f4e8c"


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _local(context: Context, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(context["me"].zone))


FILTERS: dict[str, Callable[..., object]] = {
    "when": when,
    "short_when": short_when,
    "day": day,
    "days_from_mail": days_from_mail,
    "first_name": first_name,
    "sentence": sentence,
    "fragment": fragment,
    "named": named,
    "capital": capital,
    "flat": flat,
    "mailto": mailto,
    "other": other,
    "contrast_ink": contrast_ink,
    "link_ink": link_ink,
}
