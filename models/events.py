"""What the platform is told of a mentorship: ids and facts; never a name, an address or what a person typed."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from models.base import Instant, Model, Role
from models.mail import MailKind
from models.state import Outcome, Stage


class Facts(Model):
    """What every event says."""

    mentorship: str
    program: str


class StartedFacts(Facts):
    """`deadline` is the day on which it ends whatever happens; ops can move it."""

    deadline: Instant


class StageFacts(Facts):
    """`visit` counts the stages that were entered, this one included: a refocus enters one again."""

    stage: Stage
    visit: int


class AttentionFacts(Facts):
    """`reason` is the kind of reason. `role` and `ask` are told of silence and of lost addresses only.

    What someone said in confidence (about the fit, in a rating, in a pulse, by stopping all contact) is told without
    who said it: that is for the coordinator.
    """

    reason: str
    severity: str
    since: Instant
    role: Role | None = None
    ask: str | None = None


class MilestoneFacts(Facts):
    """The goal's number as on the journey page, and how many of the goals are reached by now."""

    goal: int
    reached: int
    goals: int


class SessionFacts(Facts):
    """`starts_at` is when it took place, or (where `happened` is false) the time it moved to, null if it was dropped.

    `missed` counts how often it did not happen. A corrected report is told again: the newest counts.
    """

    session: int
    happened: bool
    starts_at: Instant | None
    missed: int
    tasks: int


class EndedFacts(Facts):
    """`rematch`: the coordinator asks the platform to match these two anew.

    `successor` is the mentorship in which the mentee goes on with another mentor, or empty.
    """

    outcome: Outcome
    rematch: bool
    successor: str = ""
    sessions_held: int
    tasks_done: int
    tasks: int
    goals_reached: int
    goals: int


class UndeliverableFacts(Facts):
    """A mail to `to` was lost: `mail` is what it was about. Without `mail`, the address itself is dead."""

    to: Role
    mail: MailKind | None = None


class EventBase(Model):
    """`id` is stable: it goes out as `webhook-id`, the same for every attempt. `timestamp` is when it happened."""

    id: str
    type: str
    timestamp: Instant

    def body(self) -> str:
        """The request body. The same event always gives the same text."""
        return self.model_dump_json(exclude={"id"})


class MentorshipStarted(EventBase):
    """A mentorship has begun. Its people get their first mail at their next decent hour."""

    type: Literal["mentorship.started"] = "mentorship.started"
    data: StartedFacts


class StageEntered(EventBase):
    """A stage was entered: the first one with the start, others as it goes on, some again."""

    type: Literal["stage.entered"] = "stage.entered"
    data: StageFacts


class AttentionNeeded(EventBase):
    """The coordinator was told that a mentorship needs someone. Each reason is told once."""

    type: Literal["attention.needed"] = "attention.needed"
    data: AttentionFacts


class MilestoneReached(EventBase):
    """A goal has reached its target."""

    type: Literal["milestone.reached"] = "milestone.reached"
    data: MilestoneFacts


class SessionReported(EventBase):
    """The mentee has said what came of a session."""

    type: Literal["session.reported"] = "session.reported"
    data: SessionFacts


class MentorshipEnded(EventBase):
    """A mentorship is over. After this, only `mail.undeliverable` can follow, when a closing mail is lost."""

    type: Literal["mentorship.ended"] = "mentorship.ended"
    data: EndedFacts


class MailUndeliverable(EventBase):
    """A mail could not be delivered, or an address can't be written to any more."""

    type: Literal["mail.undeliverable"] = "mail.undeliverable"
    data: UndeliverableFacts


AnyEvent = (
    MentorshipStarted
    | StageEntered
    | AttentionNeeded
    | MilestoneReached
    | SessionReported
    | MentorshipEnded
    | MailUndeliverable
)
Event = Annotated[AnyEvent, Field(discriminator="type")]

EVENTS: dict[str, type[AnyEvent]] = {model.model_fields["type"].default: model for model in AnyEvent.__args__}
"""Every event by its type, in the order in which those of one moment are told."""

read: TypeAdapter[AnyEvent] = TypeAdapter(Event)
"""Reads an event, for example `read.validate_json(text)`."""


class Announcement(Model):
    """The input of the `announce` activity. `gone` is the mark of the endpoint that wants no more, or empty."""

    event: Event
    gone: str = ""


class Batch(Model):
    """Events of one mentorship as it hands them over, in their order. `last` says that it has ended."""

    events: tuple[Event, ...]
    last: bool = False


class Feed(Model):
    """Where the events of one mentorship stand: what waits to be delivered, in its order, and what never was.

    `gone` is the mark of the endpoint that answered 410; nothing is sent to it until ops say so or it changes.
    """

    mentorship: str
    waiting: tuple[Event, ...] = ()
    last: bool = False
    gone: str = ""
    delivered: int = 0
    given_up: tuple[str, ...] = ()
