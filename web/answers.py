"""What was typed, read as an act; or what is wrong with it."""

from collections.abc import Mapping

from pydantic import ValidationError

from links import Link
from models.acts import ACTS
from models.answers import ActBase
from models.phrases import to_translate as _
from web import times
from web.forms import Values, nested
from web.mistakes import Mistakes, mistakes_of
from web.site import used

RESERVED = ("act", "by", "ask", "link")
"""Fields of an act that come from the link. A form that names them was not made by us."""
CHOSEN = {"unsubscribe": "mail"}
"""Fields that their model has a default for, and that a person has to choose on the page."""


def facts_of(link: Link, act: str) -> dict[str, object]:
    """What the link says of an act."""
    facts: dict[str, object] = {"by": link.role, "ask": link.ask}
    if act != "fresh_link":
        # A fresh link goes to the address on record only, so a link that was withdrawn may still ask for one.
        facts["link"] = used(link)
    return facts


def read(act: str, values: Values, facts: Mapping[str, object], zone: str) -> ActBase | Mistakes:
    """The act that these values make, with the facts that come from the link; or a sentence for each mistake.

    Times without a zone are wall-clock times in `zone`.
    """
    model = ACTS[act]
    tree = nested(times.pressed(act, values))
    tree.pop("confirm", None)
    mistakes: Mistakes = {name: _("This form has no such field.") for name in RESERVED if name in tree}
    if twice := times.said_twice(act, values):
        mistakes[twice] = _("You pressed a time and wrote another one. Please leave just one of them.")
    if (chosen := CHOSEN.get(act)) and chosen not in tree:
        mistakes[chosen] = _("Please choose one.")
    if act == "pick_time" and tree.get("time") == "none_suits":
        tree = {"none_suits": "true"}
    fields: dict[str, object] = {**tree, **facts, "act": act}
    context = {"zone": zone}
    try:
        read = model.model_validate(fields, context=context)
    except ValidationError as error:
        found = _all_mistakes(model, error, fields, context)
        return {**{times.shown_at(act, values, name): text for name, text in found.items()}, **mistakes}
    return mistakes or read


def _all_mistakes(
    model: type[ActBase], error: ValidationError, fields: Mapping[str, object], context: dict[str, str]
) -> Mistakes:
    """Those of the fields, and those of the form as a whole, which pydantic looks at only when the fields are right."""
    found = mistakes_of(error, model)
    wrong = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
    try:
        model.model_validate({name: value for name, value in fields.items() if name not in wrong}, context=context)
    except ValidationError as rest:
        found |= {
            name: text for name, text in mistakes_of(rest, model).items() if name and name.split(".")[0] not in wrong
        }
    # Rows that are wrong do not count as rows: that there are too few of them is no second mistake.
    return {
        name: text
        for name, text in found.items()
        if not name or not any(other.startswith(f"{name}.") for other in found)
    }
