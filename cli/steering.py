"""Commands by which ops steer a mentorship: pause, resume, end, and the webhooks that wait for someone."""

from typing import Annotated

import typer

from cli import views
from cli.terminal import WRONG_INPUT, AsJson, MentorshipId, fail, look_at, read_day, run, say, tell
from models.commands import EndCommand, PauseCommand, ResumeCommand
from models.pages import Overview
from workflows.connection import connect
from workflows.events import PAUSED
from workflows.feeds import Feeds, Troubled


def pause(
    id: MentorshipId,
    until: Annotated[str, typer.Option(metavar="DATE", help="The day on which it goes on by itself: 2027-01-15.")],
    reason: Annotated[str, typer.Option(help="For the record.")] = "",
) -> None:
    """Pause a mentorship until a date, for the platform. It is silent until then and resumes by itself.

    Example: `python starter.py pause demo --until 2027-01-15`
    """

    day = read_day("--until", until)

    async def work() -> Overview:
        today = (await look_at(id)).now.date()
        if day <= today:
            fail(f"--until: found {day}; must be after {today}, today for this mentorship", WRONG_INPUT)
        return await tell(id, PauseCommand(until=day, reason=reason))

    after = run(work())
    if after.status != "paused":
        fail(f"{id} was not paused: it is {after.status}, or the program allows no pause of that length")
    print(f"{id} is paused until {views.moment(after.paused_until)}.")


def resume(id: MentorshipId) -> None:
    """Resume a paused mentorship now.

    Example: `python starter.py resume demo`
    """
    after = run(tell(id, ResumeCommand()))
    print(f"{id} is {after.status}.")


def end(
    id: MentorshipId,
    reason: Annotated[str, typer.Option(help="For the record; it is not mailed.")] = "",
) -> None:
    """End a mentorship for the platform, with the outcome "cancelled". Both people get a closing mail.

    Example: `python starter.py end demo --reason "The mentee changed jobs"`
    """
    after = run(tell(id, EndCommand(reason=reason)))
    print(f"{id}: {views.words(after.outcome or after.status)}. The closing mails go out at the next decent hour.")


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
