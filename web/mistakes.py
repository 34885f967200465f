"""What is wrong with a form, by field, in words that tell what to do instead."""

import re
from functools import lru_cache

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.people import Language
from models.phrases import Phrase
from web.reading import spoken as said

Mistakes = dict[str, Phrase | str]
"""A sentence by field name; the empty name is for the form as a whole."""

CHOICES = frozenset(
    (
        *("decision", "fit", "verdict", "status", "happened", "rating", "choice", "days", "mail", "weekday", "refocus"),
        *("to", "outcome"),
        *("respect", "give_and_take", "expectations", "values", "connection"),
    )
)
"""Fields that are chosen and not written."""
SPOKEN = {"hours_from": "the start of your hours", "hours_to": "the end of your hours", "days_off": "your days off"}
ROWS = {"goals": "goal", "options": "option", "tasks": "task", "times": "time"}
"""What one row of a list is called."""
WHOLE_FORM = {"pick_time": "time"}
"""Where a problem with the form as a whole is shown, where one field is what the form is about."""


def worded(mistakes: Mistakes, language: Language, zone: str) -> dict[str, str]:
    """The mistakes as their reader is told them."""
    return {name: said(phrase, language, zone) for name, phrase in mistakes.items()}


def mistakes_of(error: ValidationError, act: type[BaseModel]) -> Mistakes:
    """The problems, one for each field, in the order of the form."""
    found: Mistakes = {}
    for detail in error.errors(include_url=False, include_input=False):
        field, sentence = _located(detail, act)
        found.setdefault(field, sentence)
    return found


def spoken(field: str) -> str:
    """A field name as a person says it: `goals.0.by_when` becomes `goal 1, by when`."""
    text = ""
    for part in field.split("."):
        if part.isdigit():
            text = f"{ROWS.get(text, text)} {int(part) + 1}"
        else:
            text += (", " if text else "") + part.replace("_", " ")
    return text


def _located(detail: ErrorDetails, act: type[BaseModel]) -> tuple[str, str]:
    path = [str(part) for part in detail["loc"]]
    sentence = _sentence(detail)
    if detail["type"] == "value_error" and (named := re.match(r"([a-z_]+)(: )?", sentence)):
        # A rule about a whole model names the field it is about: "until: choose the day on which to go on".
        name = named[1]
        if name in _field_names(act) and (not path or path[-1] != name):
            path.append(name)
            sentence = sentence[named.end() :] if named[2] else sentence
    for name, words in SPOKEN.items():
        sentence = re.sub(rf"\b{name}\b", words, sentence)
    named_act = act.model_fields.get("act")
    field = ".".join(path) or (WHOLE_FORM.get(str(named_act.default), "") if named_act else "")
    return field, sentence[:1].upper() + sentence[1:].rstrip(".") + "."


def _sentence(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    kind = detail["type"]
    leaf = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "missing":
        return "please choose one" if leaf in CHOICES else "please fill this in"
    if kind == "string_too_long":
        return f"that is too long: at most {context['max_length']} characters fit here"
    if kind == "string_too_short":
        return "please fill this in"
    if kind == "too_long":
        return f"that is too many: at most {context['max_length']}"
    if kind == "too_short":
        return f"please give at least {context['min_length']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return f"please give a number of {bound}"
    if kind.startswith(("int_", "float_")):
        return "please give a whole number"
    if kind.startswith(("datetime_", "timezone_")):
        return "please give a date and a time"
    if kind.startswith("date_"):
        return "please give a date, for example 2027-01-31"
    if kind.startswith("time_"):
        return "please give a time, for example 09:30"
    if kind in ("enum", "literal_error"):
        return "please choose one of the answers"
    if kind == "extra_forbidden":
        return "this form has no such field"
    if kind == "value_error" and "IANA" in detail["msg"]:
        return "please choose a time zone of the list, for example Europe/Berlin"
    if kind == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    return "this can't be read; please write it differently"


@lru_cache
def _field_names(act: type[BaseModel]) -> frozenset[str]:
    schema = act.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))
