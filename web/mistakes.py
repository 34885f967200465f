"""What is wrong with a form, by field, in words that tell what to do instead."""

from functools import lru_cache

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.base import Misfit
from models.people import Language
from models.phrases import Phrase, say
from models.phrases import to_translate as _
from web.reading import spoken

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
WHOLE_FORM = {"pick_time": "time"}
"""Where a problem with the form as a whole is shown, where one field is what the form is about."""


def worded(mistakes: Mistakes, language: Language, zone: str) -> dict[str, str]:
    """The mistakes as their reader is told them."""
    return {name: _sentence(spoken(phrase, language, zone)) for name, phrase in mistakes.items()}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def mistakes_of(error: ValidationError, act: type[BaseModel]) -> Mistakes:
    """The problems, one for each field, in the order of the form."""
    found: Mistakes = {}
    details = error.errors(include_url=False, include_input=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_below(one, detail) for one in details):
            continue  # nothing is missing in the list: what stands in it is wrong
        field, sentence = _located(detail, act)
        found.setdefault(field, sentence)
    return found


def _below(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    depth = len(outer["loc"])
    return len(inner["loc"]) > depth and inner["loc"][:depth] == outer["loc"]


def _located(detail: ErrorDetails, act: type[BaseModel]) -> tuple[str, Phrase | str]:
    path = [str(part) for part in detail["loc"]]
    problem = detail.get("ctx", {}).get("error")
    if isinstance(problem, Misfit) and problem.field in _field_names(act) and (not path or path[-1] != problem.field):
        path.append(problem.field)
    named_act = act.model_fields.get("act")
    field = ".".join(path) or (WHOLE_FORM.get(str(named_act.default), "") if named_act else "")
    return field, _advice(detail)


def _advice(detail: ErrorDetails) -> Phrase | str:
    context = detail.get("ctx", {})
    kind = detail["type"]
    leaf = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "missing":
        return _("Please choose one.") if leaf in CHOICES else _("Please fill this in.")
    if kind == "string_too_long":
        return say(
            "That is too long: at most {count} character fits here.",
            "That is too long: at most {count} characters fit here.",
            count=context["max_length"],
        )
    if kind == "string_too_short":
        return _("Please fill this in.")
    if kind == "too_long":
        return say("That is too many: at most {most}.", most=context["max_length"])
    if kind == "too_short":
        return say("Please give at least {least}.", least=context["min_length"])
    if kind == "greater_than_equal":
        return say("Please give a number of at least {least}.", least=context["ge"])
    if kind == "less_than_equal":
        return say("Please give a number of at most {most}.", most=context["le"])
    if kind == "value_error":
        return _ruled(detail)
    return next((said for kinds, said in UNREADABLE if kind.startswith(kinds)), _("This can't be read; write it anew."))


UNREADABLE = (
    (("int_", "float_"), _("Please give a whole number.")),
    (("datetime_", "timezone_"), _("Please give a date and a time.")),
    (("date_",), _("Please give a date, for example 2027-01-31.")),
    (("time_",), _("Please give a time, for example 09:30.")),
    (("enum", "literal_error"), _("Please choose one of the answers.")),
    (("extra_forbidden",), _("This form has no such field.")),
)
"""What to do instead, by how the kinds of pydantic's errors begin."""


def _ruled(detail: ErrorDetails) -> str:
    """What a rule of ours says. Its sentence is a key of the catalogs as it stands."""
    if "IANA" in detail["msg"]:
        return _("Please choose a time zone of the list, for example Europe/Berlin.")
    problem = detail.get("ctx", {}).get("error")
    return problem.advice if isinstance(problem, Misfit) else detail["msg"].removeprefix("Value error, ")


@lru_cache
def _field_names(act: type[BaseModel]) -> frozenset[str]:
    schema = act.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))
