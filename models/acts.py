"""What people do: answers to asks (models/answers.py), what is possible at any time, and what the coordinator wants.

Each act is one update of the workflow, named by its `act`.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from models.answers import ActBase, Answer, NewTask
from models.base import Day, Instant, Misfit, Note, Role, Text
from models.commands import Command
from models.people import MailChoice, Preferences


class Pause(ActBase):
    """Rests the mentorship until a day; it goes on by itself then."""

    act: Literal["pause"] = "pause"
    until: Day
    reason: Note = ""


class Resume(ActBase):
    """Goes on before the pause is over."""

    act: Literal["resume"] = "resume"


class DaysAway(ActBase):
    """Days on which one is not to be reached, both included, in one's own time zone."""

    act: Literal["days_away"] = "days_away"
    first: Day
    last: Day

    @model_validator(mode="after")
    def _ordered(self) -> "DaysAway":
        if self.last < self.first:
            raise Misfit("last", "must not be before the first day")
        return self


class ChangePreferences(ActBase):
    """When, where on earth and how much someone wants to be written to."""

    act: Literal["change_preferences"] = "change_preferences"
    preferences: Preferences


class Snooze(ActBase):
    """Leave me alone about one ask for some days."""

    act: Literal["snooze"] = "snooze"
    days: Annotated[int, Field(ge=1, le=7)]


class Ramp(StrEnum):
    PAUSE = "pause"
    SLOWER = "slower"
    CHANGE_TOPIC = "change_topic"
    FINISH = "finish"
    END = "end"


class ExitRamp(ActBase):
    """The private way out: the engine words what the partner hears."""

    act: Literal["exit_ramp"] = "exit_ramp"
    choice: Ramp
    until: Day | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _whole(self) -> "ExitRamp":
        if self.choice is Ramp.PAUSE and self.until is None:
            raise Misfit("until", "choose the day on which to go on")
        return self


class AskHelp(ActBase):
    """A word to the coordinator that the partner does not see."""

    act: Literal["ask_help"] = "ask_help"
    message: Annotated[Note, StringConstraints(min_length=1)]


class StopContact(ActBase):
    """Stops every mail to both people at once and calls the coordinator."""

    act: Literal["stop_contact"] = "stop_contact"
    message: Note = ""


class FreshLink(ActBase):
    """Please mail me a new link to what this one was for. It goes to the address on record only."""

    act: Literal["fresh_link"] = "fresh_link"


class NotMine(ActBase):
    """This link came to the wrong person: all that were mailed so far are switched off, and a fresh one is mailed."""

    act: Literal["not_mine"] = "not_mine"


class Unsubscribe(ActBase):
    """No more nudges; what the partner does still arrives."""

    act: Literal["unsubscribe"] = "unsubscribe"
    mail: Literal[MailChoice.PARTNER_ONLY, MailChoice.CLOSING_ONLY] = MailChoice.PARTNER_ONLY


class MoveSession(ActBase):
    """Another time for a meeting; both get the new invitation."""

    act: Literal["move_session"] = "move_session"
    session: Annotated[int, Field(ge=0, le=200)]
    starts_at: Instant
    reason: Note = ""


class CancelSession(ActBase):
    """Calls a meeting off; nothing takes its place."""

    act: Literal["cancel_session"] = "cancel_session"
    session: Annotated[int, Field(ge=0, le=200)]
    reason: Note = ""


class AssignTask(ActBase):
    """A commitment between sessions, for oneself or for the partner."""

    act: Literal["assign_task"] = "assign_task"
    task: NewTask


class GiveFeedback(ActBase):
    """The mentor's word on a task that was done."""

    act: Literal["give_feedback"] = "give_feedback"
    task: Annotated[int, Field(ge=1)]
    feedback: Text


class Undo(ActBase):
    """Takes back an ending within the undo time."""

    act: Literal["undo"] = "undo"


AnyTime = (
    Pause
    | Resume
    | DaysAway
    | ChangePreferences
    | Snooze
    | ExitRamp
    | AskHelp
    | StopContact
    | FreshLink
    | NotMine
    | Unsubscribe
    | MoveSession
    | CancelSession
    | AssignTask
    | GiveFeedback
    | Undo
)


class Coordinate(ActBase):
    """A command of the coordinator, which is answered with a receipt or refused with a reason."""

    act: Literal["coordinate"] = "coordinate"
    by: Literal[Role.COORDINATOR] = Role.COORDINATOR
    command: Annotated[Command, Field(discriminator="command")]


Act = Annotated[Answer | AnyTime | Coordinate, Field(discriminator="act")]

ACTS: dict[str, type[ActBase]] = {
    model.model_fields["act"].default: model for model in (*Answer.__args__, *AnyTime.__args__, Coordinate)
}
"""Every act by its name: the registry of the workflow's updates."""
