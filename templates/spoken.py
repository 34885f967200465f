"""What the rules say, in the reader's language: one way for mails and pages."""

import re
from collections.abc import Callable
from datetime import date, datetime

from models.people import Language
from models.phrases import Phrase
from templates.catalogs import translations

_NUMBER = re.compile(r"\d+")


def spoken(said: Phrase | str, language: Language, at: Callable[[datetime], str], on: Callable[[date], str]) -> str:
    """A phrase, or a plain sentence. `at` and `on` say how instants and days are written in that place."""
    known = translations(language)
    if isinstance(said, str):
        return known.gettext(said) if said else ""
    if not said:
        return ""
    text = (
        known.ngettext(said.text, said.plural, said.count)
        if said.plural and said.count is not None
        else known.gettext(said.text)
    )
    times = {name: "; ".join(at(one) for one in several) for name, several in said.times.items()}
    days = {name: on(day) for name, day in said.days.items()}
    return said.filled(text, {name: known.gettext(term) for name, term in said.terms.items() if term}, times | days)


def ask_title(title: str, language: Language) -> str:
    """What an ask wants, with the number it may hold: "confirm session 3"."""
    numbers = _NUMBER.findall(title)
    known = translations(language).gettext(_NUMBER.sub("{n}", title))
    return known.replace("{n}", numbers[0]) if numbers else known
