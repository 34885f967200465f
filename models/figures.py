"""A mentorship in figures, for who may not read what the two wrote."""

from typing import Annotated, Self

from pydantic import Field

from models.base import Instant, Model
from models.mail import Summary


class GoalLine(Model):
    """How far a goal is, without what it is."""

    number: int
    percent: Annotated[int, Field(description="From the baseline, 0, to the target, 100, as the mentee sees it.")]
    reached: bool


class Figures(Model):
    """A mentorship in figures."""

    started_at: Instant
    ended_at: Instant | None
    sessions_held: int
    tasks_done: int
    tasks_total: int
    check_ins: int
    goals: tuple[GoalLine, ...]
    goals_reached: int

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """The figures of a summary, without its words."""
        return cls(
            started_at=summary.started_at,
            ended_at=summary.ended_at,
            sessions_held=summary.sessions_held,
            tasks_done=summary.tasks_done,
            tasks_total=summary.tasks_total,
            check_ins=summary.check_ins,
            goals=tuple(GoalLine(number=one.number, percent=one.percent, reached=one.reached) for one in summary.goals),
            goals_reached=sum(one.reached for one in summary.goals),
        )
