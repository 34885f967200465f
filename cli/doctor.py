"""The command `doctor`: what is well with an installation, what is not, and how to mend it."""

import asyncio
from collections.abc import Sequence

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from temporalio.client import Client

from cli import views
from cli.checks.finding import Check, Finding, NoTemporal, Place, ok, problem
from cli.checks.table import CHECKS
from cli.terminal import AsJson
from settings import settings, told
from workflows.connection import EngineUnreachable, connect

COLOURS = {"ok": "green", "warning": "yellow", "problem": "bold red"}
PATIENCE = 20.0
"""Seconds that one check may take."""


def doctor(as_json: AsJson = False) -> None:
    """Check the installation, with the settings and the Temporal connection of this shell, and say how to mend it.

    It changes nothing and sends no mail. Run it where the worker and the web app run. The exit code is 1 where there is
    a problem; a warning leaves it 0.

    Examples: `python starter.py doctor` · `python starter.py doctor --json`
    """
    found = asyncio.run(examined(CHECKS))
    if as_json:
        print(views.as_json(found))
    else:
        Console(highlight=False).print(table(found))
    raise typer.Exit(1 if any(one.result == "problem" for one in found) else 0)


async def examined(checks: Sequence[Check]) -> list[Finding]:
    """What each check finds, in order. Without settings there is nothing else to look at."""
    try:
        own = settings()
    except ValidationError as error:
        lines = told(error).splitlines()
        return [problem(line, "Mend this variable; then run doctor again.").evolve(check="settings") for line in lines]
    found = [ok("can be read").evolve(check="settings")]
    client: Client | None = None
    try:
        client = await connect()
    except EngineUnreachable as unreachable:
        mend = "Until it can be reached, what depends on it is not checked."
        found.append(problem(str(unreachable), mend).evolve(check="temporal"))
    looked = await asyncio.gather(*(_looked(check, Place(own, client)) for check in checks))
    return [*found, *(one for one in looked if one is not None)]


def table(found: Sequence[Finding]) -> Table:
    """A line for each, and below it what to do."""
    shown = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True)
    shown.add_column(ratio=1)
    for one in found:
        what = Text(one.told)
        if one.mend:
            what.append(f"\n→ {one.mend}", "dim")
        shown.add_row(Text(one.result, COLOURS[one.result]), one.check, what)
    return shown


async def _looked(check: Check, place: Place) -> Finding | None:
    try:
        async with asyncio.timeout(PATIENCE):
            finding = await check.look(place)
    except NoTemporal:
        return None
    except Exception as error:  # a check that fails is a finding, and must not hide the others
        what = f"{type(error).__name__}: {error}".removesuffix(": ")
        finding = problem(f"could not be checked ({what})", "Look at the rights of the key and of this account.")
    return finding.evolve(check=check.name)
