"""What the journey page of one person shows: the whole way, the goals, what each owes, what is next."""

from typing import Literal

from models.answers import Goal, Terms
from models.base import Instant, Model, Span
from models.mail import AskCard, GoalCard, SessionCard, Summary, TaskCard
from models.pages import Page
from models.state import Stage


class Stay(Model):
    """A stay in a stage: one that was, the one that lasts, or one that is expected by the plan."""

    stage: Stage
    start: Instant
    end: Instant
    state: Literal["past", "now", "coming"]
    why: str = ""


class Mark(Model):
    """One thing of the course that has a day. `put_off` counts how often a session did not happen as planned."""

    kind: Literal["session", "check_in", "milestone"]
    number: int
    at: Instant
    state: Literal[
        "expected", "planned", "open", "held", "unreported", "cancelled", "answered", "unanswered", "reached"
    ]
    midway: bool = False
    put_off: int = 0
    title: str = ""


class Course(Model):
    """The whole way from the first hello to the end: what was, and what comes by the plan.

    Stays and marks are in the order of time and lie between `start` and `end`; rests may overlap.
    """

    start: Instant
    end: Instant
    over: bool
    stays: tuple[Stay, ...]
    marks: tuple[Mark, ...]
    rests: tuple[Span, ...] = ()


class GoalPath(Model):
    """How a goal came along: from when it stood (0 %), each report, and when it was reached."""

    number: int
    since: Instant
    points: tuple[tuple[Instant, int], ...]
    reached_at: Instant | None


class GoalChange(Model):
    """One goal in a round: new, as before, changed in the fields named, or given up (then `after` is empty)."""

    before: Goal | None
    after: Goal | None
    fields: tuple[str, ...] = ()

    @property
    def state(self) -> Literal["new", "kept", "changed", "dropped"]:
        """What became of it."""
        if self.before is None:
            return "new"
        if self.after is None:
            return "dropped"
        return "changed" if self.fields else "kept"


class GoalRound(Model):
    """A version of the goals against the one before, and what the mentor said to it."""

    number: int
    at: Instant
    changes: tuple[GoalChange, ...]
    verdict: Literal["open", "approved", "change", "assumed"]
    comment: str
    reviewed_at: Instant | None


class Journey(Model):
    """The journey page of one person: where we are, what each owes, what is next, what was achieved."""

    page: Page
    course: Course
    i_owe: tuple[AskCard, ...]
    partner_owes: tuple[AskCard, ...]
    next_session: SessionCard | None
    next_mail_at: Instant | None
    sessions: tuple[SessionCard, ...]
    tasks: tuple[TaskCard, ...]
    goals: tuple[GoalCard, ...]
    paths: tuple[GoalPath, ...]
    rounds: tuple[GoalRound, ...]
    terms: Terms | None
    summary: Summary
    away: tuple[Span, ...]
    partner_away_until: Instant | None
    can: tuple[str, ...]
    """The acts that are possible now, by name."""
