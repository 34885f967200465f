"""Builders of what a test needs to begin a mentorship."""

from datetime import date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from models.answers import (
    Accept,
    Decision,
    Goal,
    SetGoals,
)
from models.base import Role
from models.people import Coordinator, Preferences, Start, StartPerson
from models.program import AskKind, CheckIns, Manners, Program, Sessions

_numbers = count(1)


def a_program(**changes: Any) -> Program:
    """A short program without the optional asks: two yeses lead to the goals, and the goals to the sessions."""
    program = Program(
        name="short",
        title="A short program",
        summary="For tests.",
        weeks=4,
        longest_days=90,
        coordinator=Coordinator(name="Cora", email="cora@example.com", preferences=Preferences(zone="UTC")),
        sessions=Sessions(count=1),
        check_ins=CheckIns(count=1),
        manners=Manners(undo_minutes=0),
        without=(
            AskKind.PROPOSE_TIMES,
            AskKind.FIT_CHECK,
            AskKind.REVIEW_GOALS,
            AskKind.SIGN_AGREEMENT,
            AskKind.PREPARE,
            AskKind.CONFIRM,
            AskKind.REFLECT,
        ),
    )
    return program.evolve(**changes)


def a_start(id: str = "", **changes: Any) -> Start:
    """A pair for whom it is always the same time of day: noon for the mentor, and deep night for the mentee.

    So the mentor's mail leaves at once and the mentee's waits, at whatever hour and on whatever day the tests run.
    Without an id it gets one that no other test has.
    """
    start = Start(
        id=id or f"pair-{next(_numbers)}",
        program="short",
        mentor=StartPerson(
            name="Mara Mentor", email="mara@example.com", bio="Knows it.", zone=zone_at(13), days_off=()
        ),
        mentee=StartPerson(name="Theo Mentee", email="theo@example.com", bio="Learns.", zone=zone_at(3), days_off=()),
    )
    return start.evolve(**changes)


def zone_at(hour: int) -> str:
    """A zone, without clock changes, in which it is this hour now."""
    zones = (f"Etc/GMT{offset:+d}" for offset in range(-12, 12))
    return next(zone for zone in zones if datetime.now(ZoneInfo(zone)).hour == hour)


def accepts(role: Role, decision: Decision = Decision.YES, reason: str = "") -> Accept:
    """The answer to the first mail."""
    return Accept(by=role, ask=f"accept.{role}", decision=decision, reason=reason)


def goals(title: str = "Speak at a meetup") -> SetGoals:
    """One goal of the mentee."""
    goal = Goal(
        title=title,
        measure="Talks given",
        baseline="0",
        target="1",
        why="To be heard.",
        by_when=date(2099, 1, 1),
    )
    return SetGoals(by=Role.MENTEE, ask="set_goals.mentee.1", goals=(goal,))
