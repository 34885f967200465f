"""The words that many mails need, in the reader's language: dates in their zone, names, sentences. Template filters."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from activities.prose import one_line
from models.mail import SessionCard
from models.people import Language
from models.phrases import Phrase
from templates.catalogs import translations
from templates.palette import dark, light
from templates.spoken import ask_title as titled
from templates.spoken import spoken
from templates.zones import zone_name

PREHEADER_LIMIT = 110
"""What mail programs show beside a subject is rarely longer."""
DAY: dict[Language, str] = {"en": "EEE d MMMM", "es": "EEEE d 'de' MMMM"}
DAY_AND_YEAR: dict[Language, str] = {"en": "EEE d MMMM y", "es": "EEEE d 'de' MMMM 'de' y"}
SHORT_DAY: dict[Language, str] = {"en": "EEE d MMM", "es": "EEE d MMM"}
_TITLE = re.compile(r"(mr|mrs|ms|mx|dr|prof|sir|dame|sr|sra|dra|don|doña)|.*\.|.", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@pass_context
def when(context: Context, instant: datetime) -> str:
    """Date and time on the reader's clock, for example "Tue 8 December 2026, 10:00 (Berlin time)"."""
    local, language = _local(context, instant), _language(context)
    return (
        f"{_date(local, DAY_AND_YEAR, language)}, {_time(local, language)} ({zone_name(context['me'].zone, language)})"
    )


@pass_context
def short_when(context: Context, instant: datetime) -> str:
    """Day and time on the reader's clock for a subject, whose mail names year and zone: "Tue 8 Dec, 10:00"."""
    return f"{short_day(context, instant)}, {_time(_local(context, instant), _language(context))}"


@pass_context
def short_day(context: Context, instant: datetime) -> str:
    """The day on the reader's calendar for a subject: "Tue 8 Dec"."""
    return _date(_local(context, instant), SHORT_DAY, _language(context))


@pass_context
def day(context: Context, instant: datetime | date) -> str:
    """The day on the reader's calendar, without the year where it is the year of the mail."""
    local = _local(context, instant) if isinstance(instant, datetime) else instant
    this_year = _local(context, context["letter"].at).year
    return _date(local, DAY_AND_YEAR if local.year != this_year else DAY, _language(context))


@pass_context
def days_from_mail(context: Context, instant: datetime) -> int:
    """How many midnights lie between the mail and the instant, on the reader's calendar; negative when it is past."""
    return (_local(context, instant).date() - _local(context, context["letter"].at).date()).days


@pass_context
def translated(context: Context, said: str | Iterable[str]) -> str | list[str]:
    """A sentence of the rules (or several) in the reader's language; what no catalog knows stays as it is."""
    gettext = translations(_language(context)).gettext
    return (gettext(said) if said else "") if isinstance(said, str) else [gettext(one) for one in said]


@pass_context
def said(context: Context, phrase: Phrase | str) -> str:
    """A phrase of the rules, its instants on the reader's clock."""
    return spoken(phrase, _language(context), at=lambda at: when(context, at), on=lambda on: day(context, on))


@pass_context
def ask_title(context: Context, title: str) -> str:
    """What an ask wants, with the number it may hold: "confirm session 3"."""
    return titled(title, _language(context))


@pass_context
def named(context: Context, session: SessionCard) -> str:
    """What people call a session, within a sentence."""
    if not session.number:
        return _say(context, "your first conversation")
    return _say(context, "session %(number)s") % {"number": session.number}


@pass_context
def named_of(context: Context, session: SessionCard) -> str:
    """What people call a session, with the number of all."""
    if not session.number or not session.of:
        return named(context, session)
    return _say(context, "session %(number)s of %(total)s") % {"number": session.number, "total": session.of}


@pass_context
def briefly(context: Context, session: SessionCard) -> str:
    """What a subject calls a session."""
    if not session.number:
        return _say(context, "first talk")
    return _say(context, "brief|session %(number)s").removeprefix("brief|") % {"number": session.number}


# What these filters say, for whoever collects the sentences to translate.
SAID = (
    "%(city)s time",
    "your first conversation",
    "session %(number)s",
    "session %(number)s of %(total)s",
    "first talk",
    "brief|session %(number)s",
)


@pass_context
def clip(context: Context, text: str) -> str:
    """The text, cut to the room that the subject has for it."""
    return one_line(text, context["room"])


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


def capital(text: str) -> str:
    """The first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]


def flat(text: str) -> str:
    """Text of several lines on one line, for tables and lists."""
    return " ".join(text.split())


def mailto(address: str) -> str:
    """The address as a mailto URI (RFC 6068)."""
    return "mailto:" + quote(address, safe="@")


def preheader(opening: str) -> str:
    """The beginning of a mail for the line beside its subject: words only."""
    return one_line(Markup(_TAG.sub(" ", opening)).unescape(), PREHEADER_LIMIT)  # noqa: S704 – escaped again when shown  # nosec B704


def _date(day: date, patterns: dict[Language, str], language: Language) -> str:
    # Patterns of our own and Babel's names, never strftime: that follows the locale of the machine.
    return format_date(day, patterns[language], locale=language)


def _time(local: datetime, language: Language) -> str:
    return format_time(local.time(), "HH:mm", locale=language)


def _say(context: Context, text: str) -> str:
    return translations(_language(context)).gettext(text)


def _language(context: Context) -> Language:
    language: Language = context["me"].language
    return language


def _local(context: Context, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(context["me"].zone))


FILTERS: dict[str, Callable[..., object]] = {
    "when": when,
    "short_when": short_when,
    "short_day": short_day,
    "day": day,
    "days_from_mail": days_from_mail,
    "translated": translated,
    "said": said,
    "ask_title": ask_title,
    "named": named,
    "named_of": named_of,
    "briefly": briefly,
    "clip": clip,
    "first_name": first_name,
    "sentence": sentence,
    "fragment": fragment,
    "capital": capital,
    "flat": flat,
    "mailto": mailto,
    "preheader": preheader,
    "light": light,
    "dark": dark,
}
