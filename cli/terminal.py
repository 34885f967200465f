"""What the commands share: their arguments, the engine, and how they tell what they found or what went wrong."""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console, RenderableType

import programs
from demo.autoplay import PlayProblem
from demo.server import DemoProblem
from models.base import Misfit
from models.commands import Command
from models.pages import Overview
from settings import settings
from workflows.client import ActRejected, BadFilter, Mentorships, NoSuchMentorship, StartConflict
from workflows.connection import EngineUnreachable, connect
from workflows.fleet import UpgradeRefused

WRONG_INPUT = 2
T = TypeVar("T")

MentorshipId = Annotated[str, typer.Argument(metavar="ID", help="The platform's id of the mentorship.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


class Status(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    HELD = "held"
    ENDED = "ended"


class Verdict(StrEnum):
    TOO_EARLY = "too_early"
    ON_TRACK = "on_track"
    NEEDS_ATTENTION = "needs_attention"
    AT_RISK = "at_risk"


class Member(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"
    COORDINATOR = "coordinator"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs the work of a command. What can go wrong is told in one line."""
    try:
        return asyncio.run(work)
    except ActRejected as rejected:
        at = f"{rejected.field}: " if rejected.field else ""
        fail(f"Refused ({rejected.code}): {at}{rejected.message}")
    except DemoProblem as problem:
        fail(f"{problem}\n{problem.detail}".rstrip())
    except (BadFilter, Misfit, programs.ProgramProblem) as problem:
        fail(str(problem), WRONG_INPUT)
    except (EngineUnreachable, NoSuchMentorship, PlayProblem, StartConflict, UpgradeRefused) as problem:
        fail(str(problem))


def fail(message: str, code: int = 1) -> NoReturn:
    """Leaves with a sentence on stderr. The code is WRONG_INPUT where the caller has something to mend."""
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def say(what: RenderableType | str) -> None:
    """Prints JSON as it is, and everything else as Rich shows it."""
    if isinstance(what, str):
        print(what)
    else:
        Console().print(what)


async def engine() -> Mentorships:
    """The mentorships of the settings and of the environment. Raises EngineUnreachable."""
    own = settings()
    return Mentorships(await connect(), task_queue=own.task_queue, webhooks=own.webhooks)


async def look_at(id: str) -> Overview:
    """Where a mentorship stands."""
    return await (await engine()).overview(id)


async def tell(id: str, command: Command) -> Overview:
    """Tells a command and looks what came of it: a query waits until the signals before it were handled."""
    mentorships = await engine()
    await mentorships.command(id, command)
    return await mentorships.overview(id)


def read_day(option: str, text: str) -> date:
    """The day that an option names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option}: found {text!r}; must be a date such as 2027-01-15", WRONG_INPUT)
