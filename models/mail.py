"""What the workflow hands to the mail activity: facts, never a token and never a rendered body."""

import operator
from enum import StrEnum
from typing import Literal

from pydantic import Field

from models.answers import Goal
from models.base import Instant, Model, Role
from models.people import Language
from models.phrases import Phrase
from models.program import AskKind, Branding, Wording


class MailClass(StrEnum):
    """Why a mail is sent; it decides which manners apply (lifecycle.md, mail manners)."""

    DIRECT = "direct"
    """A consequence of what a person did: outside the budget, inside the welcome hours."""
    INITIATED = "initiated"
    """Begun by the engine: inside the budget and the welcome hours."""
    REMINDER = "reminder"
    """A session is near: inside the budget; any day, waking hours."""
    CANCELLATION = "cancellation"
    """A session is called off, or moved at short notice: outside the budget; any day, waking hours."""
    CLOSING = "closing"
    """The last mail of a mentorship."""
    ALERT = "alert"
    """To the coordinator."""
    URGENT = "urgent"
    """To the coordinator, at once: someone asked that all contact stops."""


class MailKind(StrEnum):
    """What a mail is about: the name of its folder in `templates/mail`."""

    # Asks: one for each AskKind, of the same name.
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
    # Notices to the pair.
    PARTNER_ACCEPTED = "partner_accepted"
    SESSION_INVITE = "session_invite"
    SESSION_MOVED = "session_moved"
    SESSION_CANCELLED = "session_cancelled"
    SESSION_REMINDER = "session_reminder"
    GOALS_APPROVED = "goals_approved"
    AGREEMENT_SIGNED = "agreement_signed"
    SESSION_CONFIRMED = "session_confirmed"
    TASK_ASSIGNED = "task_assigned"
    TASK_DONE = "task_done"
    TASK_BLOCKED = "task_blocked"
    TASK_MOVED = "task_moved"
    TASK_FEEDBACK = "task_feedback"
    MILESTONE = "milestone"
    CHECK_IN_SHARED = "check_in_shared"
    REFOCUSED = "refocused"
    EXTENDED = "extended"
    SLOWER = "slower"
    PAUSED = "paused"
    RESUMED = "resumed"
    PARTNER_AWAY = "partner_away"
    PARTNER_UNREACHABLE = "partner_unreachable"
    FRESH_LINK = "fresh_link"
    COORDINATOR_MESSAGE = "coordinator_message"
    CLOSING = "closing"
    # To the coordinator.
    ATTENTION = "attention"
    HELP_ASKED = "help_asked"
    STOP_ASKED = "stop_asked"
    COORDINATOR_CLOSING = "coordinator_closing"


class AskCard(Model):
    """An ask as a mail or a page speaks of it. `rung` 0 is the first mail, 1 and up are nudges."""

    id: str
    kind: AskKind
    by: Role
    title: str
    due_at: Instant
    ends_at: Instant
    if_left: str
    rung: int = 0


class SessionCard(Model):
    """A session as a mail or a page speaks of it."""

    number: int
    of: int
    starts_at: Instant
    minutes: int
    place: str
    uid: str
    sequence: int
    status: str
    topics: str = ""
    questions: str = ""
    goal: str = ""
    reality: str = ""
    options: tuple[str, ...] = ()
    will: str = ""
    feedback: str = ""
    correction: str = ""
    mentor_rating: int | None = None
    mentee_rating: int | None = None
    confirmed: bool = False


class TaskCard(Model):
    """A commitment as a mail or a page speaks of it."""

    id: int
    title: str
    owner: Role
    due_at: Instant
    status: str
    note: str = ""
    obstacle: str = ""
    plan: str = ""
    feedback: str = ""
    confidence: int | None = None


class GoalCard(Model):
    """A goal with its progress."""

    number: int
    goal: Goal
    percent: int
    note: str = ""
    reached: bool = False


class Summary(Model):
    """The journey in figures, for the end and for the journey page."""

    started_at: Instant
    ended_at: Instant | None
    sessions_held: int
    tasks_done: int
    tasks_total: int
    check_ins: int
    goals: tuple[GoalCard, ...]
    milestones: tuple[str, ...]
    thanks: str = ""
    certificate: bool = False


class ReasonLine(Model):
    """A reason of the health verdict, worded for the coordinator, and what can be done."""

    text: Phrase
    severity: str
    since: Instant
    remedy: Phrase


class LetterItem(Model):
    """One thing a mail says. The first item of a letter leads; the others are a list below."""

    key: str
    kind: MailKind
    why: str
    ask: AskCard | None = None
    session: SessionCard | None = None
    calendar: Literal["none", "request", "cancel"] = "none"
    tasks: tuple[TaskCard, ...] = ()
    goals: tuple[GoalCard, ...] = ()
    times: tuple[Instant, ...] = ()
    questions: tuple[str, ...] = ()
    reasons: tuple[ReasonLine, ...] = ()
    note: str = ""
    place: str = ""
    until: Instant | None = None
    by: Role | None = None
    outcome: str = ""
    rematch: bool = False
    successor: str = Field(default="", exclude_if=operator.not_)
    """The mentorship in which the mentee goes on with another mentor."""
    summary: Summary | None = None


class Correspondent(Model):
    """The reader of a mail, or their partner."""

    role: Role
    name: str
    email: str
    zone: str
    language: Language = "en"
    bio: str = ""


class Letter(Model):
    """One mail to one person, as facts. `id` is unique for ever and makes the Message-ID; `at` is when it is sent."""

    id: str
    to: Correspondent
    partner: Correspondent | None
    pair: tuple[Correspondent, ...] = ()
    mail_class: MailClass
    at: Instant
    items: tuple[LetterItem, ...]

    @property
    def kind(self) -> MailKind:
        """What the mail is about: what its first item is about."""
        return self.items[0].kind


class ProgramCard(Model):
    """What mails and pages need of a program."""

    name: str
    title: str
    summary: str
    weeks: int
    icebreakers: tuple[str, ...]
    branding: Branding
    coordinator_name: str
    coordinator_email: str
    wording: dict[str, Wording] = {}
    """The program's own words by mail kind."""


class Delivery(Model):
    """Everything that one wake of the workflow has to send: the input of the `deliver` activity."""

    mentorship: str
    program: ProgramCard
    shared: tuple[str, ...]
    stage: str
    undo_until: Instant | None = None
    letters: tuple[Letter, ...]


class SendResult(Model):
    """What became of one letter.

    `not_sent` with `retry_after` (seconds) is a refusal that may pass, such as throttling; without it, it is final and
    `reason` tells ops what to do. `unknown` is neither: the provider may have it, and its event will tell.
    """

    letter: str
    result: Literal["sent", "not_sent", "unknown"]
    reason: str = ""
    retry_after: int | None = None


class MailEvent(Model):
    """What the mail provider reports of a letter, or of an address. `blocked` is a soft bounce, `dropped` means that
    the provider did not even try."""

    letter: str
    to: Role
    event: Literal["processed", "delivered", "bounced", "blocked", "dropped", "complained", "unsubscribed"]
    reason: str = ""
