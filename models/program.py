"""A program: how a kind of mentorship runs. Written as YAML by the people who run it."""

from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, EmailStr, Field, model_validator

from models.base import Line, Model, OptionalLine, OptionalText, Slug, Text
from models.logo import Logo
from models.people import Coordinator, Hour, Weekday, leave_room

Days = Annotated[int, Field(ge=1, le=365)]


class AskKind(StrEnum):
    """Everything that one person can owe. The name is also the name of the act (and the update) that answers it."""

    ACCEPT = "accept"
    PROPOSE_TIMES = "propose_times"
    PICK_TIME = "pick_time"
    FIT_CHECK = "fit_check"
    SET_GOALS = "set_goals"
    REVIEW_GOALS = "review_goals"
    SIGN_AGREEMENT = "sign_agreement"
    PREPARE = "prepare"
    REPORT = "report"
    CONFIRM = "confirm"
    FOLLOW_UP = "follow_up"
    CHECK_IN = "check_in"
    EXTEND = "extend"
    REFLECT = "reflect"


OPTIONAL_ASKS = (
    AskKind.PROPOSE_TIMES,
    AskKind.FIT_CHECK,
    AskKind.REVIEW_GOALS,
    AskKind.SIGN_AGREEMENT,
    AskKind.PREPARE,
    AskKind.CONFIRM,
    AskKind.REFLECT,
)
"""Asks that a program may leave out. Without `propose_times` there is no first conversation before the goals."""


def _only_optional(kinds: tuple[AskKind, ...]) -> tuple[AskKind, ...]:
    for kind in kinds:
        if kind not in OPTIONAL_ASKS:
            raise ValueError(f"{kind.value!r} can't be left out; these can: {', '.join(OPTIONAL_ASKS)}")
    return kinds


class Manners(Model):
    """When mail is welcome, and how much of it. Hours are each person's own local time."""

    hours_from: Hour = time(9)
    hours_to: Hour = time(18)
    days_off: tuple[Weekday, ...] = (5, 6)
    waking_from: Hour = time(7)
    waking_to: Hour = time(22)
    per_day: Annotated[int, Field(ge=1, le=5)] = 1
    per_week: Annotated[int, Field(ge=2, le=20)] = 3
    undo_minutes: Annotated[int, Field(ge=0, le=1440)] = 15

    @model_validator(mode="after")
    def _ordered(self) -> "Manners":
        if not leave_room(self.hours_from, self.hours_to):
            raise ValueError("hours_to must be at least two hours after hours_from, on the same day")
        if self.waking_from >= self.waking_to:
            raise ValueError("waking_from must be before waking_to")
        if self.per_week < self.per_day:
            raise ValueError("per_week must not be less than per_day")
        if len(set(self.days_off)) > 6:
            raise ValueError("days_off must leave at least one day of the week")
        return self


class Nudges(Model):
    """The ladder for an unanswered ask, in days since it opened (for a task: since it fell due)."""

    ladder_days: Annotated[tuple[Days, ...], Field(max_length=6)] = (2, 5, 9)
    coordinator_day: Days = 12
    patience_days: Days = 16
    silences_to_lapse: Annotated[int, Field(ge=1, le=10)] = 3

    @model_validator(mode="after")
    def _ordered(self) -> "Nudges":
        if list(self.ladder_days) != sorted(set(self.ladder_days)):
            raise ValueError("ladder_days must rise, for example [2, 5, 9]")
        if self.ladder_days and self.ladder_days[-1] >= self.coordinator_day:
            raise ValueError("coordinator_day must come after the last of ladder_days")
        if self.coordinator_day + 3 > self.patience_days:
            raise ValueError("patience_days must be at least three days after coordinator_day, so that they can help")
        return self


class Goals(Model):
    """How goals are written."""

    most: Annotated[int, Field(ge=1, le=5)] = 3
    rounds: Annotated[int, Field(ge=1, le=5)] = 3


class Sessions(Model):
    """The run of GROW sessions."""

    count: Annotated[int, Field(ge=1, le=52)]
    every_weeks: Annotated[int, Field(ge=1, le=8)] = 2
    minutes: Annotated[int, Field(ge=15, le=240)] = 60
    prepare_days_before: Annotated[int, Field(ge=1, le=7)] = 3
    tasks_most: Annotated[int, Field(ge=1, le=10)] = 3


class CheckIns(Model):
    """The lower beat after the sessions."""

    count: Annotated[int, Field(ge=0, le=24)]
    every_weeks: Annotated[int, Field(ge=1, le=12)] = 2
    midway: bool = False
    refocus_most: Annotated[int, Field(ge=0, le=5)] = 2


class WrapUp(Model):
    """How it ends well."""

    extension_sessions: Annotated[int, Field(ge=0, le=12)] = 0
    certificate: bool = True


class Pauses(Model):
    """How long a mentorship may rest, in days."""

    longest_days: Days = 42
    total_days: Days = 84


class Branding(Model):
    """What the mails and pages of a program look like.

    `logo` stands in place of the name at the top of a mail; it should be drawn for a white ground.
    """

    name: Line = "Trellis"
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#2f6f4f"
    sender: EmailStr = "mentoring@example.com"
    address: OptionalLine = ""
    logo: Logo = ""


class Wording(Model):
    """Wording that a program puts in place of the shipped one, for one kind of mail."""

    subject: OptionalLine = ""
    opening: OptionalText = ""


class Program(Model):
    """One kind of mentorship. `weeks` is what people are told; `longest_days` is when it ends whatever happens."""

    name: Slug
    title: Line
    summary: Text
    weeks: Annotated[int, Field(ge=1, le=104)]
    longest_days: Annotated[int, Field(ge=14, le=1200)]
    coordinator: Coordinator
    sessions: Sessions
    check_ins: CheckIns
    goals: Goals = Goals()
    wrap_up: WrapUp = WrapUp()
    nudges: Nudges = Nudges()
    manners: Manners = Manners()
    pauses: Pauses = Pauses()
    without: Annotated[tuple[AskKind, ...], AfterValidator(_only_optional)] = ()
    icebreakers: Annotated[tuple[Line, ...], Field(max_length=10)] = ()
    branding: Branding = Branding()
    wording: dict[str, Wording] = {}

    @model_validator(mode="after")
    def _bounded(self) -> "Program":
        planned = self.weeks * 7
        if self.longest_days < planned + 2 * self.nudges.patience_days:
            raise ValueError(
                f"longest_days must be at least {planned + 2 * self.nudges.patience_days} "
                f"(weeks × 7 + twice nudges.patience_days), so that a pair has time to end well"
            )
        return self

    def has(self, kind: AskKind) -> bool:
        """Whether this program uses the ask."""
        return kind not in self.without
