"""An answer, told again to whoever gave it: what was asked, and what was said, in their language and zone."""

from collections.abc import Iterator
from datetime import date, datetime, time

from pydantic import BaseModel

from models.people import Language
from models.phrases import to_translate as _
from templates.catalogs import translations
from web import dates
from web.fields import field_name
from web.words import WEEKDAYS

HIDDEN = frozenset({"act", "by", "ask", "link"})
CHOSEN = {
    "decision": {"yes": _("yes"), "no": _("no")},
    "fit": {"good": _("it feels good"), "not_sure": _("I am not sure yet"), "not_a_fit": _("it is not a fit")},
    "verdict": {
        "approve": _("the goals stand as they are"),
        "change": _("please change something"),
        "right": _("the record is right"),
        "correct": _("something should be different"),
    },
    "happened": {"yes": _("yes"), "no": _("no")},
    "status": {
        "done": _("it is done"),
        "on_track": _("it is on track"),
        "blocked": _("it is blocked"),
        "more_time": _("it needs more time"),
    },
    "refocus": {"none": _("stay on course"), "goals": _("back to the goals"), "session": _("one more session")},
    "owner": {"mentee": _("mentee"), "mentor": _("mentor")},
}
"""What one of the model's own words is called, by its field."""


def told(answer: BaseModel, zone: str, language: Language) -> list[tuple[str, str]]:
    """The fields that were filled in, each with its name."""
    return [(_capital(field_name(path, language)), said) for path, said in _fields("", answer, zone, language) if said]


def _fields(path: str, value: object, zone: str, language: Language) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if path or name not in HIDDEN:
                yield from _fields(f"{path}.{name}" if path else name, getattr(value, name), zone, language)
    elif isinstance(value, tuple) and _leaf(path) == "days_off":
        say = translations(language).gettext
        yield path, ", ".join(say(WEEKDAYS[day]) for day in value)
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from _fields(f"{path}.{index}", one, zone, language)
    else:
        yield path, _said(_leaf(path), value, zone, language)


def _said(field: str, value: object, zone: str, language: Language) -> str:
    say = translations(language).gettext
    match value:
        case None | "" | False:
            return ""
        case True:
            return say("yes")
        case datetime():
            return dates.when(value, zone, language)
        case date():
            return dates.calendar_day(value, language)
        case time():
            return f"{value:%H:%M}"
        case int() if field == "weekday":
            return say(WEEKDAYS[value])
        case str() if field in CHOSEN:
            return say(CHOSEN[field].get(str(value), str(value)))
    return str(value)


def _leaf(path: str) -> str:
    return path.rsplit(".", 1)[-1]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
