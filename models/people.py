"""The people of a mentorship and how they like to be written to."""

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, EmailStr, Field, model_validator

from models.base import Line, Misfit, Model, Slug, Span, Text, Zone

Weekday = Annotated[int, Field(ge=0, le=6)]
"""Monday is 0, Sunday is 6, as in `datetime.date.weekday`."""


def _whole_minutes(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("must be a wall-clock time without a zone, for example 09:00")
    if value.second or value.microsecond:
        raise ValueError("must be hours and minutes, for example 09:00")
    return value


Hour = Annotated[time, AfterValidator(_whole_minutes)]


def leave_room(hours_from: time, hours_to: time) -> bool:
    """Whether hours in which mail is welcome are at least two, on the same day."""
    first, last = (hour.hour * 60 + hour.minute for hour in (hours_from, hours_to))
    return last - first >= 120


Language = Literal["en", "es"]
"""The languages that mail is written in (ISO 639-1)."""


class MailChoice(StrEnum):
    """How much mail someone wants. Closing mails always arrive."""

    ALL = "all"
    PARTNER_ONLY = "partner_only"
    CLOSING_ONLY = "closing_only"


class Preferences(Model):
    """When, how much and in which language someone is written to, in their own time zone."""

    zone: Zone
    hours_from: Hour = time(9)
    hours_to: Hour = time(18)
    days_off: tuple[Weekday, ...] = (5, 6)
    mail: MailChoice = MailChoice.ALL
    language: Language = "en"

    @model_validator(mode="after")
    def _leaves_room(self) -> "Preferences":
        if not leave_room(self.hours_from, self.hours_to):
            raise Misfit("hours_to", "must be at least two hours after the start, on the same day")
        if len(set(self.days_off)) > 6:
            raise Misfit("days_off", "must leave at least one day of the week")
        return self


class Person(Model):
    """One of the pair, as the platform introduces them. The preferences change with what they tell us."""

    name: Line
    email: EmailStr
    bio: Text
    preferences: Preferences
    away: tuple[Span, ...] = ()


class Coordinator(Model):
    """The human of the program whom the engine calls when a mentorship needs one."""

    name: Line
    email: EmailStr
    preferences: Preferences


class StartPerson(Model):
    """A person in a start request. Hours and days default to the program's."""

    name: Line
    email: EmailStr
    bio: Text
    zone: Zone
    language: Language = "en"
    hours_from: Hour | None = None
    hours_to: Hour | None = None
    days_off: tuple[Weekday, ...] | None = None


class Start(Model):
    """What a platform hands over to begin a mentorship. `id` is the platform's own and makes starting idempotent."""

    id: Slug
    program: Slug
    mentor: StartPerson
    mentee: StartPerson
    shared: tuple[Line, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _two_people(self) -> "Start":
        if self.mentor.email.casefold() == self.mentee.email.casefold():
            raise ValueError("mentor and mentee must be two people, but both have the same email address")
        return self
