"""The building blocks of every model: frozen models, UTC instants, bounded text."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationInfo

from models.wall_clock import at_wall_clock, is_zone

DateOrTime = TypeVar("DateOrTime", date, datetime)


class Model(BaseModel):
    """A frozen value. Unknown fields are refused, so that a misspelt one is never silently lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def evolve(self, **changes: Any) -> Self:
        """A copy with some fields replaced. Values are trusted (they come from our own rules), names are checked."""
        # What `model_copy` does, without its copies of copies: the rules make hundreds of these for one mentorship.
        fields = {**self.__dict__, **changes}
        if len(fields) != len(self.__dict__):
            raise TypeError(f"{type(self).__name__} has no field {sorted(changes.keys() - self.__dict__.keys())}")
        new = object.__new__(type(self))
        object.__setattr__(new, "__dict__", fields)
        object.__setattr__(new, "__pydantic_fields_set__", self.__pydantic_fields_set__ | changes.keys())
        object.__setattr__(new, "__pydantic_extra__", None)
        object.__setattr__(new, "__pydantic_private__", None)
        return new


class Misfit(ValueError):
    """Fields that do not go together: which of them to change, and how. It reads `field: what to do`."""

    def __init__(self, field: str, advice: str) -> None:
        super().__init__(f"{field}: {advice}")
        self.field = field
        self.advice = advice


class Role(StrEnum):
    """Who someone is to a mentorship."""

    MENTOR = "mentor"
    MENTEE = "mentee"
    COORDINATOR = "coordinator"

    @property
    def partner(self) -> "Role":
        """The other one of the pair. The coordinator has none and asking is a mistake of ours."""
        if self is Role.COORDINATOR:
            raise ValueError("the coordinator has no partner")
        return Role.MENTEE if self is Role.MENTOR else Role.MENTOR


PAIR = (Role.MENTEE, Role.MENTOR)


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must name its time zone, for example 2026-12-01T09:00:00Z")
    return _in_our_time(value).astimezone(UTC)


def _in_our_time(value: DateOrTime) -> DateOrTime:
    """Nothing is due at the ends of the calendar, where adding a day or changing the zone is an error of Python's."""
    if not 1900 <= value.year <= 2999:
        raise ValueError("must be in a year between 1900 and 2999")
    return value


def _read_local(value: object, info: ValidationInfo) -> object:
    """A form sends wall-clock time without a zone; the zone is in the validation context (key `zone`)."""
    zone = (info.context or {}).get("zone")
    if not zone or not isinstance(value, str):
        return value
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError("must be a date and a time, for example 2026-12-01T09:00") from None
    return read if read.tzinfo else at_wall_clock(_in_our_time(read).date(), read.time(), ZoneInfo(zone))


Instant = Annotated[datetime, BeforeValidator(_read_local), AfterValidator(_utc)]
"""A moment in time, always UTC. Without a zone it is refused, unless the validation context names one."""
Day = Annotated[date, AfterValidator(_in_our_time)]
"""A calendar day."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, and halves of characters (surrogates), which no UTF-8 can carry."""


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value or "\t" in value or _CONTROL.search(value):
        raise ValueError("must be a single line without control characters")
    return value


def _plain(value: str) -> str:
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters")
    return value


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("must be an IANA time zone such as Europe/Berlin, America/New_York or UTC")
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", value):
        raise ValueError("must be 1 to 63 lower-case letters, digits, - or _, beginning with a letter or digit")
    return value


_stripped = StringConstraints(strip_whitespace=True)
Line = Annotated[str, _stripped, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
OptionalLine = Annotated[str, _stripped, StringConstraints(max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, _stripped, StringConstraints(min_length=1, max_length=4000), AfterValidator(_plain)]
OptionalText = Annotated[str, _stripped, StringConstraints(max_length=4000), AfterValidator(_plain)]
LONGEST_NOTE = 1000
Note = Annotated[str, _stripped, StringConstraints(max_length=LONGEST_NOTE), AfterValidator(_plain)]
Zone = Annotated[str, _stripped, AfterValidator(_zone)]
"""An IANA time zone that the pinned tzdata knows."""
Slug = Annotated[str, AfterValidator(_slug)]
"""A short name that is safe in URLs, file names and workflow ids."""


class Span(Model):
    """A stretch of time, from `start` up to and without `end`."""

    start: Instant
    end: Instant
