"""What the platform and ops want done: signals, because nobody waits for an answer."""

from datetime import date
from typing import Annotated, Literal

from pydantic import EmailStr, Field

from models.base import Line, Model, Note, Role
from models.program import Program


class PauseCommand(Model):
    command: Literal["pause"] = "pause"
    until: date
    reason: Note = ""


class ResumeCommand(Model):
    command: Literal["resume"] = "resume"


class EndCommand(Model):
    """Ends it as `cancelled`. The reason is for the record and is not mailed."""

    command: Literal["end"] = "end"
    reason: Note = ""


class ExtendCommand(Model):
    """Moves the day on which it ends whatever happens, and may add sessions."""

    command: Literal["extend"] = "extend"
    days: Annotated[int, Field(ge=1, le=365)]
    sessions: Annotated[int, Field(ge=0, le=12)] = 0


class ChangeProgramCommand(Model):
    command: Literal["change_program"] = "change_program"
    program: Program


class ChangePersonCommand(Model):
    """A new name or address. Links that were mailed to the old address stop working."""

    command: Literal["change_person"] = "change_person"
    role: Literal[Role.MENTOR, Role.MENTEE]
    name: Line | None = None
    email: EmailStr | None = None


class RevokeLinksCommand(Model):
    """Links mailed to this person until now stop working; a fresh link for what is open is mailed."""

    command: Literal["revoke_links"] = "revoke_links"
    role: Literal[Role.MENTOR, Role.MENTEE]


Command = (
    PauseCommand
    | ResumeCommand
    | EndCommand
    | ExtendCommand
    | ChangeProgramCommand
    | ChangePersonCommand
    | RevokeLinksCommand
)

COMMANDS: dict[str, type[Command]] = {model.model_fields["command"].default: model for model in Command.__args__}
"""Every platform command by its name: the registry of the workflow's signals."""
