"""The whole state of one mentorship. What can be derived (open asks, what is due, health, the budget) is not stored."""

import operator
from enum import StrEnum
from typing import Literal

from pydantic import Field

from models.answers import (
    AnyAnswer,
    Goal,
    Progress,
    Pulse,
    Reflect,
    Terms,
)
from models.base import Instant, Model, Note, Role, Span
from models.mail import Letter, MailClass, MailKind
from models.people import Person
from models.phrases import NOTHING, Phrase
from models.program import Program

SCHEMA = 1


class Stage(StrEnum):
    INTRO = "intro"
    GOAL_SETTING = "goal_setting"
    GROW_SESSIONS = "grow_sessions"
    CHECK_INS = "check_ins"
    WRAP_UP = "wrap_up"
    ENDED = "ended"


class Outcome(StrEnum):
    COMPLETED = "completed"
    NOT_A_FIT = "not_a_fit"
    DECLINED = "declined"
    ENDED_EARLY = "ended_early"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Visit(Model):
    """One stay in a stage."""

    stage: Stage
    at: Instant
    why: str


class Pausing(Model):
    """A pause. `held` is a safety stop: no mail leaves at all, and it ends the mentorship if nobody lifts it.

    `over` says that its end was acted on.
    """

    start: Instant
    end: Instant
    by: Role | None
    held: bool = False
    over: bool = False


class Answered(Model):
    """The current answer to an ask. `revision` counts how often it was given; a change replaces it.

    `recorded` says it in a sentence. The act itself is dropped once it can't be changed and no rule needs it.
    """

    ask: str
    by: Role
    at: Instant
    revision: int
    recorded: Phrase = NOTHING
    act: AnyAnswer | None = None


class SessionStatus(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    UNREPORTED = "unreported"
    CANCELLED = "cancelled"


class Record(Model):
    """What came of a session, by GROW."""

    at: Instant
    goal: str
    reality: str
    options: tuple[str, ...]
    will: str
    mentee_rating: int
    mentor_rating: int | None = None
    correction: str = ""
    feedback: str = ""
    confirmed_at: Instant | None = None
    assumed: bool = False


class Session(Model):
    """A meeting in the calendar. Number 0 is the first conversation. `sequence` is the iCalendar's (RFC 5545)."""

    number: int
    starts_at: Instant
    minutes: int
    place: str = ""
    planned_at: Instant
    sequence: int = 0
    status: SessionStatus = SessionStatus.PLANNED
    missed: int = 0
    topics: str = ""
    questions: str = ""
    record: Record | None = None


class GoalVersion(Model):
    """One round of the goals, and what the mentor said to it."""

    number: int
    at: Instant
    goals: tuple[Goal, ...]
    verdict: Literal["open", "approved", "change", "assumed"] = "open"
    comment: str = ""
    reviewed_at: Instant | None = None


class GoalState(Model):
    """How far a goal is. `history` holds every report, the oldest first."""

    percent: int = 0
    note: str = ""
    reached_at: Instant | None = None
    history: tuple[tuple[Instant, int], ...] = ()


class TaskStatus(StrEnum):
    OPEN = "open"
    BLOCKED = "blocked"
    DONE = "done"
    LET_GO = "let_go"


class Task(Model):
    """A commitment. `round` counts the answers to its follow-ups, `follow_from` is when the next one may come."""

    id: int
    title: str
    owner: Role
    assigned_by: Role
    session: int | None
    created_at: Instant
    due_at: Instant
    follow_from: Instant
    obstacle: str = ""
    plan: str = ""
    confidence: int | None = None
    status: TaskStatus = TaskStatus.OPEN
    note: str = ""
    feedback: str = ""
    round: int = 1
    moved: int = 0
    settled_at: Instant | None = None


class CheckInAnswer(Model):
    at: Instant
    progress: tuple[Progress, ...] = ()
    pulse: Pulse
    note: str = ""
    note_private: bool = False


class CheckInState(Model):
    """A planned check-in."""

    number: int
    due_at: Instant
    midway: bool = False
    answers: dict[Role, CheckInAnswer] = {}


class Notice(Model):
    """A consequence that waits to be told. `key` is unique; a newer notice with the same key replaces an older one."""

    key: str
    to: Role
    kind: MailKind
    mail_class: MailClass
    due: Instant
    session: int | None = None
    task: int | None = None
    by: Role | None = None
    note: Note = ""


class MailLog(Model):
    """A mail that left in the last weeks."""

    id: str
    to: Role
    kind: MailKind
    mail_class: MailClass
    at: Instant
    failed: str = ""


class Parcel(Model):
    """A letter that was handed over and is not surely gone: refused for now, or of unknown fate."""

    letter: Letter
    state: Literal["refused", "unknown"]
    tries: int
    next_at: Instant
    reason: str = ""


class Receipt(Model):
    """What a person sees after a press. It outlives a continue-as-new, so that a press counts once."""

    id: str
    act: str
    by: Role
    ask: str
    at: Instant
    recorded: Phrase
    happens_next: Phrase
    next_ask: str | None = None
    undo_until: Instant | None = None
    next_title: str = Field(default="", exclude_if=operator.not_)
    """What `next_ask` asks, if it is owed when the receipt is told. Like the next, no state keeps it."""
    changeable: bool = Field(default=False, exclude_if=operator.not_)
    """Whether what was answered can still be changed when the receipt is told."""


class Reason(Model):
    """Why the health is what it is. `key` names the event behind it, once and for all."""

    key: str
    severity: Literal["notice", "needs_attention", "at_risk"]
    text: Phrase
    since: Instant
    remedy: Phrase


class Ending(Model):
    """How it ends. It takes effect after the undo time; until then it can be taken back."""

    outcome: Outcome
    by: Role | None
    at: Instant
    effective_at: Instant
    ask: str = ""
    note: str = ""
    rematch: bool = False
    successor: str = Field(default="", exclude_if=operator.not_)
    """The mentorship in which the mentee goes on with another mentor."""
    silent_to: Role | None = Field(default=None, exclude_if=operator.not_)
    """Who asked to hear nothing more, not even that it has ended."""


class Mentorship(Model):
    """Everything that must be remembered of one mentorship."""

    schema_version: int = SCHEMA
    id: str
    program: Program
    mentor: Person
    mentee: Person
    shared: tuple[str, ...] = ()
    started_at: Instant
    deadline: Instant
    stage: Stage = Stage.INTRO
    visits: tuple[Visit, ...] = ()
    pauses: tuple[Pausing, ...] = ()
    snoozes: dict[str, tuple[Span, ...]] = {}
    patience: dict[str, tuple[Span, ...]] = {}
    """More time that the coordinator gave to an ask."""
    answers: dict[str, Answered] = {}
    ran_out: dict[str, Instant] = {}
    silences: dict[Role, int] = {}
    asks_closed: int = 0
    sessions: tuple[Session, ...] = ()
    extra_sessions: int = 0
    goal_versions: tuple[GoalVersion, ...] = ()
    brought_goals: tuple[Goal, ...] = Field(default=(), exclude_if=operator.not_)
    """What the mentee brings along from a mentorship with another mentor: the first draft of the goals."""
    goals: tuple[Goal, ...] = ()
    goal_states: tuple[GoalState, ...] = ()
    terms_offered: dict[Role, Terms] = {}
    terms_round: int = 1
    terms: Terms | None = None
    tasks: tuple[Task, ...] = ()
    check_ins: tuple[CheckInState, ...] = ()
    refocused: int = 0
    extended: int = 0
    finish_asked: bool = False
    reflections: dict[Role, Reflect] = {}
    notices: tuple[Notice, ...] = ()
    told: dict[str, Instant] = {}
    mails: tuple[MailLog, ...] = ()
    mail_count: int = 0
    undelivered: tuple[MailLog, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    settled: tuple[str, ...] = ()
    soft_bounces: dict[Role, int] = {}
    unreachable: dict[Role, str] = {}
    receipts: tuple[Receipt, ...] = ()
    raised: dict[str, Reason] = {}
    acts: int = 0
    last_act: dict[Role, Instant] = {}
    links_from: dict[Role, Instant] = {}
    ending: Ending | None = None
    outcome: Outcome | None = None
    ended_at: Instant | None = None
    webhooks: bool = Field(default=False, exclude_if=operator.not_)
    """Whether the platform wants to hear of it. Where it does not, the state is no byte longer for it."""

    def person(self, role: Role) -> Person:
        """The mentor or the mentee."""
        return self.mentor if role is Role.MENTOR else self.mentee
