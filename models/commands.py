"""What the platform, ops and the coordinator want done.

Each is a signal of its own name, for who need not wait for an answer. The act `coordinate` carries one and is answered.
"""

from typing import Annotated, Literal

from pydantic import EmailStr, Field, StringConstraints

from models.base import Day, Line, Model, Note, Role, Slug
from models.program import Program
from models.state import Outcome


class PauseCommand(Model):
    """Rests the mentorship until a day; it goes on by itself then."""

    command: Literal["pause"] = "pause"
    until: Day
    reason: Note = ""


class ResumeCommand(Model):
    """Goes on before the pause is over, or after a stop of all contact."""

    command: Literal["resume"] = "resume"


class EndCommand(Model):
    """Ends it now. The outcome words both closing mails; the reason is for the record and is not mailed to the pair.

    `rematch` tells the platform that the pair is to be matched anew, and the pair that they hear more. `successor` is
    the id of the mentorship in which the mentee goes on with another mentor: the mentee hears that it goes on.
    `silent_to` asked to hear nothing more, and gets no closing mail.
    """

    command: Literal["end"] = "end"
    reason: Note = ""
    outcome: Literal[Outcome.CANCELLED, Outcome.NOT_A_FIT, Outcome.ENDED_EARLY] = Outcome.CANCELLED
    rematch: bool = False
    successor: Slug | Literal[""] = ""
    silent_to: Literal[Role.MENTOR, Role.MENTEE] | None = None


class ExtendCommand(Model):
    """Moves the day on which it ends whatever happens, and may add sessions."""

    command: Literal["extend"] = "extend"
    days: Annotated[int, Field(ge=1, le=365)]
    sessions: Annotated[int, Field(ge=0, le=12)] = 0


class MessageCommand(Model):
    """A word from the coordinator, mailed in the readers' welcome hours. One that goes to one stays between the two."""

    command: Literal["message"] = "message"
    to: Literal["both", Role.MENTOR, Role.MENTEE]
    text: Annotated[Note, StringConstraints(min_length=1)]


class PatienceCommand(Model):
    """More days before open asks end, and quiet about them meanwhile. Without `ask`, all that are open."""

    command: Literal["patience"] = "patience"
    days: Annotated[int, Field(ge=1, le=30)]
    ask: Annotated[str, StringConstraints(max_length=80)] = ""


class ChangeProgramCommand(Model):
    """Goes on by other rules. Links of a coordinator who is replaced stop working; the new one hears what is open."""

    command: Literal["change_program"] = "change_program"
    program: Program


class ChangePersonCommand(Model):
    """A new name or address. Links that were mailed to the old address stop working."""

    command: Literal["change_person"] = "change_person"
    role: Literal[Role.MENTOR, Role.MENTEE]
    name: Line | None = None
    email: EmailStr | None = None


class ResendLinkCommand(Model):
    """Mails a fresh link to the address on record; older links go on working. A few times a day."""

    command: Literal["resend_link"] = "resend_link"
    role: Literal[Role.MENTOR, Role.MENTEE]


class RevokeLinksCommand(Model):
    """Links mailed to this person until now stop working; a fresh link for what is open is mailed."""

    command: Literal["revoke_links"] = "revoke_links"
    role: Role


Command = (
    PauseCommand
    | ResumeCommand
    | EndCommand
    | ExtendCommand
    | MessageCommand
    | PatienceCommand
    | ChangeProgramCommand
    | ChangePersonCommand
    | ResendLinkCommand
    | RevokeLinksCommand
)

COMMANDS: dict[str, type[Command]] = {model.model_fields["command"].default: model for model in Command.__args__}
"""Every command by its name: the registry of the workflow's signals, and of what the act `coordinate` carries."""
