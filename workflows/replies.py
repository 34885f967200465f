"""What the client answers, and what it raises."""

from datetime import datetime

from models.base import Model
from models.phrases import NOTHING, Phrase


class ActRejected(Exception):
    """An act or a command that was refused; nothing changed. `message` is for a person, `field` a path or empty.

    `phrase` is the same sentence for a reader of any language.
    """

    def __init__(self, code: str, message: str, field: str = "", phrase: Phrase = NOTHING) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.phrase = phrase or Phrase(text=message)
        self.field = field


class NoSuchMentorship(Exception):
    """No mentorship has this id, or it ended so long ago that the server let go of it."""

    def __init__(self, mentorship: str) -> None:
        super().__init__(f"There is no mentorship with the id {mentorship!r}")
        self.mentorship = mentorship


class StartConflict(Exception):
    """A mentorship with this id was started with other facts; `fields` names them. Nothing was changed."""

    def __init__(self, mentorship: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"{mentorship!r} was started before, with another {', '.join(fields)}; nothing was changed")
        self.mentorship = mentorship
        self.fields = fields


class BadFilter(ValueError):
    """A list filter that the server can't read; it says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The filter can't be read: {reason}")


class Started(Model):
    """What became of a start. `already_running`: this id was started before, and that mentorship is the one."""

    id: str
    workflow_id: str
    already_running: bool


class Listed(Model):
    """One line of a list: what the search attributes tell, without asking a worker."""

    id: str
    program: str
    stage: str
    status: str
    health: str
    outcome: str
    waiting_on: str
    """Who has been nudged and has not answered: `mentor`, `mentee`, `both` or `nobody`."""
    started_at: datetime
    ended: bool


class ListedPage(Model):
    """Some lines of a list, and the cursor of those that follow, or None after the last."""

    mentorships: tuple[Listed, ...]
    cursor: str | None
