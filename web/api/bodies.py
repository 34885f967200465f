"""What the API reads and answers. Models of its own where those of the engine say more than a platform needs to know.

What the two write to each other (goals, records of sessions, commitments, ratings) stays between them; only an export
of one person's own data holds it.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag

from models.base import Instant, Model, Role, Slug
from models.commands import (
    ChangePersonCommand,
    EndCommand,
    ExtendCommand,
    MessageCommand,
    PatienceCommand,
    PauseCommand,
    ResendLinkCommand,
    ResumeCommand,
    RevokeLinksCommand,
)
from models.pages import EngineStatus, HealthView, Overview, Waiting
from models.program import Program
from models.state import Outcome, Receipt, Stage, Visit
from web.api.problems import ProblemDetails
from workflows import search_attributes
from workflows.client import Listed, Started

Verdict = Literal["too_early", "on_track", "needs_attention", "at_risk"]
MOST_A_PAGE = 200


class MentorshipList(Model):
    """A page of mentorships, the latest first."""

    mentorships: tuple[Listed, ...]
    cursor: Annotated[str | None, Field(description="Asks for the next page; null after the last one.")]


class Count(Model):
    """How many mentorships there are like that."""

    count: int


class SessionLine(Model):
    """A session: when, and what became of it."""

    number: int
    starts_at: Instant
    minutes: int
    status: str


class Standing(Model):
    """Where a mentorship stands."""

    id: str
    program: str
    started_at: Instant
    now: Annotated[datetime, Field(description="The mentorship's own time at which this was so.")]
    stage: Stage
    status: EngineStatus
    visits: Annotated[tuple[Visit, ...], Field(description="The stages so far, and why each began.")]
    waiting: Annotated[tuple[Waiting, ...], Field(description="What is open, on whose side, since when, until when.")]
    next_at: Instant | None
    next_why: str
    health: HealthView
    sessions: tuple[SessionLine, ...]
    mails: int
    undelivered: int
    paused_until: Instant | None
    deadline: Annotated[datetime, Field(description="The moment at which it ends whatever happens.")]
    outcome: Outcome | None
    ended_at: Instant | None
    rematch: Annotated[bool, Field(description="Whether the coordinator wants the two matched anew.")]
    successor: Annotated[str, Field(description="Where the mentee goes on with another mentor, or empty.")]

    @classmethod
    def of(cls, seen: Overview) -> Self:
        """What of the engine's overview is for the platform."""
        own = {name: getattr(seen, name) for name in cls.model_fields if name != "sessions"}
        sessions = tuple(
            SessionLine(number=one.number, starts_at=one.starts_at, minutes=one.minutes, status=one.status)
            for one in seen.sessions
        )
        return cls(**own, sessions=sessions)


BY_NAME, WHOLE = "program given by name", "program given whole"
"""The two ways to say which program. Neither can be the name of a field."""


def _how_given(program: object) -> str:
    return BY_NAME if isinstance(program, str) else WHOLE


class ChangeProgram(Model):
    """Goes on by the rules of another program: one that Trellis has, by its name, or the whole of one.

    Links of a coordinator who is replaced stop working; the new one hears what is open.
    """

    command: Literal["change_program"] = "change_program"
    program: Annotated[Annotated[Slug, Tag(BY_NAME)] | Annotated[Program, Tag(WHOLE)], Discriminator(_how_given)]


Steering = Annotated[
    PauseCommand
    | ResumeCommand
    | EndCommand
    | ExtendCommand
    | MessageCommand
    | PatienceCommand
    | ChangeProgram
    | ChangePersonCommand
    | ResendLinkCommand
    | RevokeLinksCommand,
    Field(discriminator="command"),
]
"""The commands of `models.commands`, as a platform sends them."""


class Done(Model):
    """What a command did."""

    id: Annotated[str, Field(description="The same each time a command is sent with the same Idempotency-Key.")]
    at: Instant
    recorded: Annotated[str, Field(description="What was done, as a sentence.")]
    happens_next: Annotated[str, Field(description="What the two hear of it, as a sentence.")]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """What a receipt says, in English."""
        return cls(id=receipt.id, at=receipt.at, recorded=str(receipt.recorded), happens_next=str(receipt.happens_next))


class BulkLine(Model):
    """What became of one line of a bulk start."""

    line: Annotated[int, Field(description="The number of the line in the request, from 1 on.")]
    started: Annotated[Started | None, Field(description="The mentorship, new or known.")] = None
    problem: Annotated[ProblemDetails | None, Field(description="Why this line started nothing.")] = None


class Filter(Model):
    """Which mentorships: those that are all of what is given."""

    stage: Stage | None = None
    status: EngineStatus | None = None
    health: Verdict | None = None
    program: Annotated[str | None, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] = None
    outcome: Outcome | None = None
    waiting_on: Annotated[
        Literal["mentor", "mentee", "both", "nobody"] | None,
        Field(description="Who has been nudged and has not answered."),
    ] = None

    def query(self) -> str:
        """The Temporal list filter. Every value is one of a closed set or a checked name: nothing needs escaping."""
        wanted = (
            (search_attributes.STAGE, self.stage),
            (search_attributes.STATUS, self.status),
            (search_attributes.HEALTH, self.health),
            (search_attributes.PROGRAM, self.program),
            (search_attributes.OUTCOME, self.outcome),
            (search_attributes.WAITING_ON, self.waiting_on),
        )
        return " AND ".join(f"{key.name} = '{value}'" for key, value in wanted if value is not None)


class Whose(Model):
    """One of the two."""

    role: Literal[Role.MENTOR, Role.MENTEE]


class PageFilter(Filter):
    """The same, and which page of them."""

    cursor: Annotated[str, Field(max_length=4000, description="The `cursor` of the page before.")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_A_PAGE)] = 50
