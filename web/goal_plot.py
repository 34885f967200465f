"""A goal's way from its baseline to its target, drawn small: the reports over time, and the day it is wanted by.

A pure function from the goal to a plot. Time runs from left to right, the baseline lies at the bottom.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from models.journeys import GoalPath
from models.mail import GoalCard

WIDTH = 300.0
HEIGHT = 92.0
LEFT, RIGHT, TOP, BOTTOM = 10.0, 44.0, 12.0, 72.0
"""The frame: right of it stands the percent, below it the days."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One report."""

    x: float
    y: float
    percent: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything that is drawn, in the units of a viewBox of WIDTH by HEIGHT."""

    dots: tuple[Dot, ...]
    line: str
    area: str
    start_x: float
    wanted_x: float
    now_x: float | None
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = BOTTOM


def goal_plot(card: GoalCard, path: GoalPath, now: datetime, zone: str, *, over: bool) -> Plot:
    """The plot of a goal. `now` is where its time goes on to while the mentorship is not `over`."""
    wanted = datetime.combine(card.goal.by_when, time(12), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    days = [path.since, wanted, *(at for at, _ in path.points)]
    if not over:
        days.append(now)
    first = min(days)
    whole = (max(days) - first).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - first).total_seconds() / whole, 1)

    dots = tuple(Dot(x(at), round(BOTTOM - (BOTTOM - TOP) * percent / 100, 1), percent) for at, percent in path.points)
    line = f"M{x(path.since):g} {BOTTOM:g}" + "".join(f"L{dot.x:g} {dot.y:g}" for dot in dots)
    return Plot(
        dots=dots,
        line=line,
        area=f"{line}V{BOTTOM:g}Z" if dots else "",
        start_x=x(path.since),
        wanted_x=x(wanted),
        now_x=None if over else x(now),
    )
