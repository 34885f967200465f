"""What templates say in the reader's language: their sentences, those of the rules, dates and times. Filters."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from models.people import Language
from models.phrases import Phrase
from models.state import Outcome, Stage
from models.wall_clock import at_wall_clock
from templates.catalogs import LANGUAGES, SOURCE, translations
from templates.spoken import ask_title as titled
from templates.spoken import spoken as said_by_rules
from templates.zones import zone_name as called
from web import dates, words


def install(environment: Environment) -> None:
    """Gives the environment its filters and `_`. Every page's context holds `language`, and `zone` where it has one."""
    # Added by the extension, which types do not know of. "New style": the variables of a sentence are escaped in it.
    callables = environment.install_gettext_callables  # type: ignore[attr-defined]
    callables(_gettext, _ngettext, newstyle=True)
    environment.filters.update(FILTERS)
    environment.globals["apart"] = apart


def preferred(accepted: str) -> Language:
    """The language for someone unknown, by the browser's Accept-Language header."""
    wanted = [part.split(";")[0].strip() for part in accepted[:200].split(",")]
    found = negotiate_locale([*wanted, *(one.split("-")[0] for one in wanted)], LANGUAGES, sep="-")
    return next((one for one in LANGUAGES if one == found), SOURCE)


def direction(language: Language) -> str:
    """`ltr` or `rtl`, for the page's `dir`."""
    return Locale(language).text_direction


@pass_context
def translated(context: Context, text: str | Iterable[str]) -> str | list[str]:
    """A sentence of the rules or of a table of words (or several); what no catalog knows stays as it is."""
    gettext = translations(context["language"]).gettext
    return (gettext(text) if text else "") if isinstance(text, str) else [gettext(one) for one in text]


@pass_context
def said(context: Context, phrase: Phrase | str) -> str:
    """A phrase of the rules, its instants on the reader's clock."""
    language: Language = context["language"]
    return spoken(phrase, language, context.get("zone", "UTC"))


def spoken(phrase: Phrase | str, language: Language, zone: str) -> str:
    """The same outside of a template."""
    return said_by_rules(
        phrase,
        language,
        at=lambda instant: dates.when(instant, zone, language),
        on=lambda day: dates.calendar_day(day, language),
    )


@pass_context
def ask_title(context: Context, title: str) -> str:
    """What an ask wants, with the number it may hold: "confirm session 3"."""
    return titled(title, context["language"])


@pass_context
def day(context: Context, instant: datetime, zone: str) -> str:
    """`Tuesday 5 January 2027`."""
    return dates.day(instant, zone, context["language"])


@pass_context
def short_day(context: Context, instant: datetime, zone: str) -> str:
    """`Tue 5 Jan`."""
    return dates.short_day(instant, zone, context["language"])


@pass_context
def when(context: Context, instant: datetime, zone: str) -> str:
    """`Tuesday 5 January 2027, 09:00 (Berlin time)`."""
    return dates.when(instant, zone, context["language"])


@pass_context
def clock(context: Context, instant: datetime, zone: str) -> str:
    """`09:00`."""
    return dates.clock(instant, zone, context["language"])


@pass_context
def calendar_day(context: Context, value: date) -> str:
    """`5 January 2027`."""
    return dates.calendar_day(value, context["language"])


@pass_context
def zone_name(context: Context, zone: str) -> str:
    """`Berlin time`."""
    return called(zone, context["language"])


@pass_context
def typed_day(context: Context, text: str) -> str:
    """The day in a form's `date` field; what is no date stays as it was typed."""
    try:
        return dates.calendar_day(date.fromisoformat(text), context["language"])
    except ValueError:
        return text


@pass_context
def typed_moment(context: Context, text: str, zone: str) -> str:
    """The time in a form's `datetime-local` field, said with the zone that it is read in."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return text
    at = local if local.tzinfo else at_wall_clock(local.date(), local.time(), ZoneInfo(zone))
    return dates.when(at, zone, context["language"])


@pass_context
def apart(context: Context, mine: str, theirs: str, at: datetime) -> str:
    """`6 hours behind you`."""
    return dates.apart(mine, theirs, at, context["language"])


@pass_context
def stage_name(context: Context, stage: str) -> str:
    """What a stage is called."""
    return translations(context["language"]).gettext(words.STAGES[Stage(stage)])


@pass_context
def outcome_words(context: Context, outcome: str) -> str:
    """A kind sentence for how it ended."""
    return translations(context["language"]).gettext(words.OUTCOMES[Outcome(outcome)])


@pass_context
def _gettext(context: Context, sentence: str) -> str:
    return translations(context["language"]).gettext(sentence)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return translations(context["language"]).ngettext(one, many, count)


FILTERS: dict[str, Callable[..., object]] = {
    "translated": translated,
    "said": said,
    "ask_title": ask_title,
    "day": day,
    "short_day": short_day,
    "when": when,
    "clock": clock,
    "calendar_day": calendar_day,
    "zone_name": zone_name,
    "typed_day": typed_day,
    "typed_moment": typed_moment,
    "stage_name": stage_name,
    "outcome_words": outcome_words,
    "local_date": dates.local_date,
    "wall_clock": dates.wall_clock,
}
