"""What the workflow's queries answer: views made for their reader, not the raw state."""

import operator
from typing import Literal

from pydantic import Field

from models.answers import (
    AnyAnswer,
    Goal,
    LinkUsed,
    Terms,
)
from models.base import Instant, Model, Role
from models.mail import (
    AskCard,
    Correspondent,
    GoalCard,
    MailKind,
    ProgramCard,
    ReasonLine,
    SessionCard,
    Summary,
    TaskCard,
)
from models.people import Preferences
from models.phrases import NOTHING, Phrase
from models.state import Mentorship, Outcome, Receipt, Stage, Visit


class PageQuery(Model):
    """Who looks, through which link. `ask` is empty for the journey page and the acts that are possible at any time."""

    role: Role
    ask: str = ""
    link: LinkUsed | None = None
    receipt: str = ""
    move: int | None = None
    """The session that is to be moved: the page then offers times for it."""
    at: Instant | None = None
    """What time it is for who looks. A workflow's own clock stands still between its events, for days perhaps."""


class LinkStatus:
    """The states in which a link finds its ask (strings, because they are also page names)."""

    OPEN = "open"
    ANSWERED = "answered"
    CHANGEABLE = "changeable"
    EARLY = "early"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ENDED = "ended"
    UNKNOWN = "unknown"


Status = Literal["open", "answered", "changeable", "early", "superseded", "expired", "revoked", "ended", "unknown"]


class Differing(Model):
    """One term on which the two offers differ."""

    field: str
    mine: str
    theirs: str


class Offer(Model):
    """Times at which both can meet. `waking`: within waking hours only, because the hours that both named never meet.

    Without any times, people arrange it themselves.
    """

    times: tuple[Instant, ...] = ()
    hours: Literal["welcome", "waking"] = "welcome"


class Page(Model):
    """What a page behind a link shows. For every status but `open` and `changeable` there is nothing to fill in.

    `revision` makes the form's nonce: two tabs that show the same question share it, so a press counts once.
    `acts` counts everything that was done: the revision of forms that answer no ask.
    """

    status: Status
    now: Instant
    mentorship: str
    stage: Stage
    paused_until: Instant | None
    outcome: Outcome | None
    me: Correspondent
    partner: Correspondent
    mailed_to: str = ""
    """Whose mailbox the link was for, masked: a page never shows a whole address of the pair."""
    program: ProgramCard
    shared: tuple[str, ...] = ()
    preferences: Preferences
    revision: int
    acts: int = 0
    ask: AskCard | None = None
    answer: AnyAnswer | None = None
    answered_at: Instant | None = None
    recorded: Phrase = NOTHING
    receipt: Receipt | None = None
    undo_until: Instant | None = None
    session: SessionCard | None = None
    task: TaskCard | None = None
    tasks: tuple[TaskCard, ...] = ()
    goals: tuple[GoalCard, ...] = ()
    draft_goals: tuple[Goal, ...] = ()
    comment: str = ""
    times: tuple[Instant, ...] = ()
    offer: Offer | None = None
    place: str = ""
    terms: Terms | None = None
    partner_terms: Terms | None = None
    differing: tuple[Differing, ...] = ()
    questions: tuple[str, ...] = ()
    goals_most: int = 3
    tasks_most: int = 3
    minutes: int = 60


class Waiting(Model):
    """An open ask, as ops see it."""

    id: str
    title: str
    on: Role
    since: Instant
    ends_at: Instant
    nudges: int


Verdict = Literal["too_early", "on_track", "needs_attention", "at_risk"]


class HealthView(Model):
    """The verdict and the events behind it."""

    verdict: Verdict
    reasons: tuple[str, ...]


class OverviewQuery(Model):
    """Ops look."""

    at: Instant | None = None
    """What time it is for who looks, as in `PageQuery`."""


EngineStatus = Literal["active", "paused", "held", "ending", "closing", "ended"]


class Overview(Model):
    """A mentorship as ops see it."""

    id: str
    program: str
    now: Instant
    started_at: Instant
    stage: Stage
    status: EngineStatus
    visits: tuple[Visit, ...]
    waiting: tuple[Waiting, ...]
    next_at: Instant | None
    next_why: str
    health: HealthView
    sessions: tuple[SessionCard, ...]
    tasks: tuple[TaskCard, ...]
    mails: int
    last_mail: str
    last_mail_at: Instant | None
    acts: int
    undelivered: int
    outcome: Outcome | None
    ended_at: Instant | None
    rematch: bool = False
    successor: str = ""
    paused_until: Instant | None
    deadline: Instant


class CoordinatorQuery(Model):
    """The coordinator looks, through which link, perhaps for a receipt."""

    link: LinkUsed | None = None
    receipt: str = ""
    at: Instant | None = None
    """What time it is for who looks, as in `PageQuery`."""


class Undelivered(Model):
    """A mail that finally did not leave, or did not arrive."""

    to: Role
    kind: MailKind
    at: Instant
    reason: str


class WordForCoordinator(Model):
    """What one of the pair wrote at a check-in for the coordinator alone."""

    by: Role
    at: Instant
    text: str


CoordinatorStatus = Literal["open", "revoked", "ended"]


class CoordinatorPage(Model):
    """A mentorship as its coordinator sees it: who is stuck and why, and what can be done.

    It holds nothing that is between the pair: no records, goals, tasks or ratings, and of fit checks and pulses only
    what the reasons of the health verdict say. `can` names what is possible now; `acts` makes the nonces of its forms.
    """

    status: CoordinatorStatus
    now: Instant
    mentorship: str
    program: ProgramCard
    me: Correspondent
    mentee: Correspondent
    mentor: Correspondent
    stage: Stage
    doing: EngineStatus
    rests_until: Instant | None
    outcome: Outcome | None
    ended_at: Instant | None
    rematch: bool
    verdict: Verdict
    reasons: tuple[ReasonLine, ...]
    waiting: tuple[Waiting, ...]
    next_session: int | None
    next_session_at: Instant | None
    deadline: Instant
    unreachable: dict[Role, str]
    undelivered: tuple[Undelivered, ...]
    words: tuple[WordForCoordinator, ...]
    done: tuple[Receipt, ...]
    receipt: Receipt | None
    can: tuple[str, ...]
    longest_pause_days: int
    acts: int


class Ended(Model):
    """The result of the workflow. `rematch`: the coordinator asks the platform to match these two anew.

    `successor` is the id of the mentorship in which the mentee goes on with another mentor, or empty.
    `state` is what the pages of an ended mentorship are made of, when the build that carried it is long gone.
    """

    id: str
    outcome: Outcome
    at: Instant
    note: str = ""
    rematch: bool = False
    successor: str = ""
    summary: Summary
    state: Mentorship | None = Field(default=None, exclude_if=operator.not_)
