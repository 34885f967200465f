"""Sentences of the rules with what is filled in: English here, the reader's language where they are shown."""

from datetime import date, datetime
from string import Formatter

from models.base import Instant, Model

Value = str | int | datetime | date | tuple[datetime, ...]


class Phrase(Model):
    """A sentence and the values of its places. As text it is English, with instants in UTC.

    What is filled in is kept by what becomes of it: `words` stay as they are, `terms` are translated themselves,
    `times` and `days` follow the reader's language, and times their zone too.
    """

    text: str
    """English, with `{names}` for what is filled in. It is the key of the catalogs."""
    plural: str = ""
    """The same for any `count` but one."""
    count: int | None = None
    words: dict[str, str] = {}
    terms: dict[str, str] = {}
    times: dict[str, tuple[Instant, ...]] = {}
    days: dict[str, date] = {}

    def __str__(self) -> str:
        text = self.plural if self.plural and self.count != 1 else self.text
        times = {name: "; ".join(f"{at:%Y-%m-%d %H:%M} UTC" for at in given) for name, given in self.times.items()}
        days = {name: f"{day:%Y-%m-%d}" for name, day in self.days.items()}
        return filled(text, {**self.words, **self.terms, **times, **days, "count": str(self.count)})


def say(
    text: str, plural: str = "", /, *, count: int | None = None, terms: dict[str, str] | None = None, **values: Value
) -> Phrase:
    """The phrase with these values. Literal sentences of this call are collected for the catalogs."""
    return Phrase(
        text=text,
        plural=plural,
        count=count,
        terms=terms or {},
        words={name: str(value) for name, value in values.items() if isinstance(value, str | int)},
        times={
            name: value if isinstance(value, tuple) else (value,)
            for name, value in values.items()
            if isinstance(value, datetime | tuple)
        },
        days={
            name: value for name, value in values.items() if isinstance(value, date) and not isinstance(value, datetime)
        },
    )


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its places filled in: by name only, so that a value never reads anything of ours."""
    return "".join(
        literal + (values.get(name, f"{{{name}}}") if name is not None else "")
        for literal, name, _, _ in Formatter().parse(text)
    )
