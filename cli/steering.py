"""Commands by which ops steer mentorships: pause, resume, end, message, patience; and webhooks that need someone."""

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError

from cli import views
from cli.start_file import problem_line
from cli.sweep import DryRun, ManyOfThem, OneOfThem, Sweep, Yes, alone, sweep
from cli.terminal import WRONG_INPUT, AsJson, MentorshipId, engine, fail, look_at, read_day, run, say, tell
from models.acts import Coordinate
from models.commands import Command, EndCommand, MessageCommand, PatienceCommand, PauseCommand, ResumeCommand
from models.pages import Overview
from models.problems import describe
from models.state import Receipt
from workflows.connection import connect
from workflows.events import PAUSED
from workflows.feeds import Feeds, Troubled
from workflows.search_attributes import STATUS


class Reader(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"
    BOTH = "both"


def pause(
    until: Annotated[str, typer.Option(metavar="DATE", help="The day on which it goes on by itself: 2027-01-15.")],
    id: OneOfThem = None,
    reason: Annotated[str, typer.Option(help="For the record.")] = "",
    query: ManyOfThem = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Pause a mentorship until a date, for the platform. It is silent until then and resumes by itself.

    With `--query`, all active ones that Temporal finds by a list filter, after you have confirmed how many.

    Examples: `python starter.py pause demo --until 2027-01-15` ·
    `python starter.py pause --query "TrellisProgram = 'career'" --until 2027-01-04 --dry-run`
    """
    day = read_day("--until", until)
    order = PauseCommand(until=day, reason=reason)
    if id is None:
        if day <= datetime.now(UTC).date():
            fail(f"--until: found {day}; must be after today", WRONG_INPUT)
        what = Sweep("pause", "paused", order, f"{STATUS.name} = 'active'", already="paused")
        sweep(what, query, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    alone(id, query)

    async def work() -> Overview:
        today = (await look_at(id)).now.date()
        if day <= today:
            fail(f"--until: found {day}; must be after {today}, today for this mentorship", WRONG_INPUT)
        return await tell(id, order)

    after = run(work())
    if after.status != "paused":
        fail(f"{id} was not paused: it is {after.status}, or the program allows no pause of that length")
    say(after.model_dump_json() if as_json else f"{id} is paused until {views.moment(after.paused_until)}.")


def resume(
    id: OneOfThem = None, query: ManyOfThem = None, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Resume a paused mentorship now.

    With `--query`, all paused ones that Temporal finds by a list filter, after you have confirmed how many. Those that
    are held, because someone asked that all contact stops, are left alone: each of them wants a look of its own.

    Examples: `python starter.py resume demo` · `python starter.py resume --query "TrellisProgram = 'career'"`
    """
    if id is None:
        what = Sweep("resume", "resumed", ResumeCommand(), f"{STATUS.name} = 'paused'", already="not_open")
        sweep(what, query, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    alone(id, query)
    after = run(tell(id, ResumeCommand()))
    say(after.model_dump_json() if as_json else f"{id} is {after.status}.")


def end(
    id: OneOfThem = None,
    reason: Annotated[str, typer.Option(help="For the record; it is not mailed.")] = "",
    query: ManyOfThem = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End a mentorship for the platform, with the outcome "cancelled". Both people get a closing mail.

    With `--query`, all open ones that Temporal finds by a list filter, after you have confirmed how many.

    Examples: `python starter.py end demo --reason "The mentee changed jobs"` ·
    `python starter.py end --query "TrellisProgram = 'onboarding' AND TrellisStage = 'intro'" --dry-run`
    """
    order = EndCommand(reason=reason)
    if id is None:
        what = Sweep("end", "ended", order, f"{STATUS.name} != 'ended'", already="ended")
        sweep(what, query, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    alone(id, query)
    after = run(tell(id, order))
    if as_json:
        say(after.model_dump_json())
        return
    print(f"{id}: {views.words(after.outcome or after.status)}. The closing mails go out at the next decent hour.")


def message(
    id: MentorshipId,
    to: Annotated[Reader, typer.Option(help="Whom it goes to.")],
    text: Annotated[str, typer.Option(help="What to write, in the coordinator's name.")],
    as_json: AsJson = False,
) -> None:
    """Write to one or both of a pair as their coordinator. It is mailed within their welcome hours.

    Example: `python starter.py message demo --to mentor --text "Shall we find another hour for your sessions?"`
    """
    try:
        order = MessageCommand.model_validate({"to": to.value, "text": text})
    except ValidationError as error:
        fail("\n".join(problem_line("--text", problem) for problem in describe(error)), WRONG_INPUT)
    _coordinate(id, order, as_json)


def patience(
    id: MentorshipId,
    days: Annotated[int, typer.Option(min=1, max=30, help="How many days more there are to answer.")],
    ask: Annotated[
        str, typer.Option(help="Only for this ask, as `show` names it; without it, for all open ones.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Give more days before open asks end, and be quiet about them meanwhile.

    Example: `python starter.py patience demo --days 7`
    """
    _coordinate(id, PatienceCommand(days=days, ask=ask), as_json)


def _coordinate(id: str, order: Command, as_json: bool) -> None:
    async def work() -> Receipt:
        return await (await engine()).act(id, Coordinate(command=order), update_id=uuid.uuid4().hex)

    receipt = run(work())
    print(receipt.model_dump_json() if as_json else f"{receipt.recorded} {receipt.happens_next}".strip())


def events(
    resume: Annotated[
        bool, typer.Option("--resume", help="The endpoint is back: deliver what waits, in all of them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show webhooks that need someone: paused because the endpoint answered 410, or given up after three days.

    `docs/webhooks.md` says when that happens. An endpoint that is only down needs nothing: it is tried again.

    Examples: `python starter.py events` · `python starter.py events --resume`
    """

    async def work() -> list[Troubled]:
        feeds = Feeds(await connect())
        found = [one async for one in feeds.troubled()]
        for one in found:
            if resume and one.status == PAUSED:
                await feeds.resume(one.mentorship)
        return found

    found = run(work())
    if as_json:
        say(views.as_json(found))
        return
    for one in found:
        lost = f", given up: {', '.join(one.given_up)}" if one.given_up else ""
        resumed = ", resumed now" if resume and one.status == PAUSED else ""
        print(f"{one.mentorship}: {views.words(one.status)}, {one.waiting} waiting{resumed}{lost}")
    if not found:
        print("Every event was delivered, or is being tried.")
