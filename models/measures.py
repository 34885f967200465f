"""What the query `measures` answers: one mentorship in numbers, for reports about many."""

from models.base import Model, Role
from models.program import AskKind
from models.state import Outcome, Stage


class StageDays(Model):
    """One stay in a stage. `over`: whether it has ended, so that it grows no longer."""

    stage: Stage
    days: float
    over: bool


class AnswerHours(Model):
    """How long one answer took, from the moment at which it was asked for."""

    kind: AskKind
    by: Role
    hours: float


class Measures(Model):
    """A mentorship in numbers: no names, no addresses, no words of anyone."""

    program: str
    stage: Stage
    outcome: Outcome | None
    stays: tuple[StageDays, ...]
    answers: tuple[AnswerHours, ...]
    """Of those asks whose opening can be told from the state: all but preparations and follow-ups of tasks."""
    ran_out: int
    """Asks that ended without an answer."""
    mails: int
    """Since the beginning, those to the coordinator included."""
    mails_last_week: dict[Role, int]
    """In the last seven days, to each of the two."""
