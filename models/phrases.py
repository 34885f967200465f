"""Sentences of the rules with what is filled in: English here, the reader's language where they are shown."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from models.base import Instant, Model

Value = str | int | datetime | date | tuple[datetime, ...]
_PLACE = re.compile(r"\{(\w+)\}")


class Phrase(Model):
    """A sentence and the values of its places. As text it is English, with instants in UTC.

    What is filled in is kept by what becomes of it: `words` stay as they are, `terms` are translated themselves (and
    may have places for words), `times` and `days` follow the reader's language, and times their zone too.

    It travels without what is empty, and as a mere string where nothing is filled in: states of before there were
    phrases hold such strings.
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

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value

    @model_serializer(mode="wrap")
    def _small(self, whole: SerializerFunctionWrapHandler) -> str | dict[str, object]:
        kept = {name: value for name, value in whole(self).items() if name == "text" or value not in ("", None, {})}
        return self.text if len(kept) == 1 else kept

    def __str__(self) -> str:
        times = {name: "; ".join(f"{at:%Y-%m-%d %H:%M} UTC" for at in given) for name, given in self.times.items()}
        days = {name: f"{day:%Y-%m-%d}" for name, day in self.days.items()}
        text = self.plural if self.plural and self.count != 1 else self.text
        return self.filled(text, self.terms, times | days)

    def __bool__(self) -> bool:
        return bool(self.text)

    def filled(self, text: str, terms: Mapping[str, str], dates: Mapping[str, str]) -> str:
        """This text (the phrase's own or a translation) with every place filled in by what it is called there.

        A value is put in as it is and never looked into, whatever braces it has.
        """
        count = {} if self.count is None else {"count": str(self.count)}
        known = {name: _filled(term, self.words) for name, term in terms.items()}
        return _filled(text, {**count, **self.words, **dates, **known})


NOTHING = Phrase(text="")


def say(
    text: str, plural: str = "", /, *, count: int | None = None, terms: Mapping[str, str] | None = None, **values: Value
) -> Phrase:
    """The phrase with these values. Literal sentences of this call are collected for the catalogs."""
    return Phrase(
        text=text,
        plural=plural,
        count=count,
        terms=dict(terms or {}),
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


def to_translate(sentence: str) -> str:
    """The sentence as it is, marked for the catalogs: it is translated where it is shown. Imported as `_`."""
    return sentence


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)
