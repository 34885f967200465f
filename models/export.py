"""A person's own data, as a file that they can keep or take elsewhere."""

from typing import Literal

from models.answers import AnyAnswer, Goal, Reflect, Terms
from models.base import Instant, Model, Role, Span
from models.journeys import GoalRound
from models.mail import MailKind, SessionCard, TaskCard
from models.people import Person
from models.state import CheckInAnswer, Outcome, Stage, Visit


class OwnAnswer(Model):
    """Something the person was asked, and what they said. The words are kept for as long as a rule needs them."""

    ask: str
    at: Instant
    times_given: int
    recorded: str
    answer: AnyAnswer | None = None


class OwnAct(Model):
    """Something the person did lately, as their receipt says it."""

    act: str
    at: Instant
    recorded: str


class OwnCheckIn(Model):
    """The person's own side of a check-in."""

    number: int
    answer: CheckInAnswer


class GoalExport(Model):
    """An agreed goal and every report of its progress."""

    goal: Goal
    percent: int
    note: str
    reported: tuple[tuple[Instant, int], ...]
    reached_at: Instant | None


class MailExport(Model):
    """A mail that was sent to the person in the last weeks."""

    kind: MailKind
    at: Instant
    failed: str = ""


class Partner(Model):
    """The partner as they were introduced."""

    role: Role
    name: str
    bio: str


class Export(Model):
    """Everything that a mentorship keeps of one of its two people. All instants are UTC."""

    format: Literal["trellis-export-1"] = "trellis-export-1"
    made_at: Instant
    mentorship: str
    program: str
    role: Role
    started_at: Instant
    stage: Stage
    outcome: Outcome | None
    ended_at: Instant | None
    me: Person
    partner: Partner
    visits: tuple[Visit, ...]
    pauses: tuple[Span, ...]
    answers: tuple[OwnAnswer, ...]
    acts: tuple[OwnAct, ...]
    goals: tuple[GoalExport, ...]
    goal_rounds: tuple[GoalRound, ...]
    terms_offered: Terms | None
    terms: Terms | None
    sessions: tuple[SessionCard, ...]
    tasks: tuple[TaskCard, ...]
    check_ins: tuple[OwnCheckIn, ...]
    reflection: Reflect | None
    thanks_received: str
    messages_to_the_coordinator: tuple[str, ...]
    reason_for_ending: str
    mails: tuple[MailExport, ...]
    mail_trouble: str
