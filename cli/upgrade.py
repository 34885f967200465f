"""Commands about builds: which one this is, which ones carry mentorships, and how another one takes over."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cli import views
from cli.terminal import AsJson, run, say
from settings import settings
from workflows import upgrading
from workflows.connection import connect
from workflows.fleet import UNVERSIONED, Build, Fleet, UpgradeRefused

COLOURS = {"current": "green", "ramping": "green", "drained": "dim", "unversioned": "yellow"}
MOST_NAMED = 10


def version() -> None:
    """Say which build this is: a digest of the rules, the models, the workflows and the locks.

    Example: `python starter.py version`
    """
    print(settings().build)


def fleet(as_json: AsJson = False) -> None:
    """Show which builds there are, how many mentorships each carries, and which workers can be stopped.

    Example: `python starter.py fleet`
    """

    async def work() -> tuple[Build, ...]:
        return await (await _fleet()).builds()

    builds = run(work())
    say(views.as_json(builds) if as_json else fleet_view(builds))


def upgrade(
    build: Annotated[str, typer.Option(help="Which build takes over. [default: the one of this source]")] = "",
    rate: Annotated[int, typer.Option(min=1, max=1000, help="How many sleepers are woken in a second, at most.")] = 20,
    wait: Annotated[int, typer.Option(min=0, help="Seconds without any progress after which it is left at that.")] = 60,
    back: Annotated[bool, typer.Option("--back", help="Allow a build that is older than the current one.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a build current and bring all mentorships to it, without disturbing anybody.

    Its workers must be running; those of the builds before it too, until they are empty. Sleepers are woken in batches
    and renew on the new build. Interrupt it as you like: begun again, it goes on. `docs/upgrades.md` tells the rest.

    Examples: `python starter.py upgrade --dry-run` · `python starter.py upgrade --rate 50`
    """
    chosen = build or settings().build
    if dry_run:
        builds = run(_look(chosen))
        say(views.as_json(builds) if as_json else fleet_view(builds))
        if not as_json:
            elsewhere = sum(one.runs for one in builds if one.id != chosen)
            print(f"Build {chosen} would become current, and {elsewhere} workflows would be woken. Nothing was done.")
        return
    done = run(_upgrade(chosen, rate, wait, back, quiet=as_json))
    if as_json:
        print(json.dumps(done.model_dump(mode="json")))
    else:
        say(fleet_view(done.builds))
        moved = done.before - done.left - done.deserted - len(done.failing)
        print(f"Build {chosen} is current; {moved} of {done.before} moved to it.")
        if done.left:
            print(
                f"{done.left} have not moved yet: they are busy, or their worker has just gone. They move with their "
                "next mail or act. Run this again in a minute: it goes on where it was."
            )
        if done.deserted:
            print(f"{done.deserted} wait for a worker of their own build: start one, and run this again.")
        if done.failing:
            named = ", ".join(done.failing[:MOST_NAMED]) + (" …" if len(done.failing) > MOST_NAMED else "")
            print(
                f"{len(done.failing)} can't be read by this build: {named}. Another one has written what it does not "
                "know. They wait, nothing is lost: `A bad deployment` in docs/upgrades.md tells how they go on."
            )
    raise typer.Exit(1 if done.left or done.deserted or done.failing else 0)


def fleet_view(builds: tuple[Build, ...]) -> Table | str:
    """One line for each build."""
    if not builds:
        return "No versioned worker has been here, and nothing is running. See docs/upgrades.md."
    table = Table("build", "status", "since", "workers", "mentorships", "feeds", "what to do", header_style="bold")
    for one in builds:
        table.add_row(
            one.id or "none",
            Text(one.status, COLOURS.get(one.status, "default")),
            f"{one.since:%d %b %Y %H:%M}" if one.since else "–",
            str(one.workers),
            str(one.mentorships),
            str(one.feeds),
            Text(advice(one), "red" if one.is_deserted else "default"),
        )
    return table


def advice(build: Build) -> str:
    """What an operator should do about a build."""
    if build.is_deserted:
        return "Start its worker again: they wait for it"
    if build.id == UNVERSIONED:
        return "Waiting for a worker, or begun without versioning: upgrade brings them along" if build.runs else "–"
    if build.status in ("current", "ramping"):
        return "–" if build.workers else "Start its worker"
    if build.status == "waiting":
        return "starter.py upgrade makes it current"
    if build.runs:
        return "starter.py upgrade moves them"
    return "Empty: its workers can be stopped" if build.workers else "Empty"


async def _fleet() -> Fleet:
    return Fleet(await connect(), task_queue=settings().task_queue)


async def _look(chosen: str) -> tuple[Build, ...]:
    builds = await (await _fleet()).builds()
    if chosen not in {one.id for one in builds}:
        raise UpgradeRefused(f"Build {chosen} has not started a worker here yet. Start its workers first.")
    return builds


async def _upgrade(chosen: str, rate: int, wait: int, back: bool, *, quiet: bool) -> upgrading.Upgraded:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("moving", total=None)
        most = 0

        def seen(progress: upgrading.Progress) -> None:
            nonlocal most
            most = max(most, progress.left)
            bar.update(task, total=most, completed=most - progress.left, description=f"{progress.woken} woken, moved")

        return await upgrading.upgrade(await _fleet(), chosen, rate=rate, patience=float(wait), back=back, seen=seen)
