"""Commands that find mentorships by what all of them are: list, count."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from cli import views
from cli.filters import (
    HealthOption,
    OutcomeOption,
    ProgramOption,
    QueryOption,
    StageOption,
    StatusOption,
    WaitingOption,
    wanted,
)
from cli.terminal import AsJson, engine, run

A_SCREEN = 100
AT_A_TIME = 200
"""Lines that are laid out and printed together."""
T = TypeVar("T")


def list_all(
    stage: StageOption = None,
    status: StatusOption = None,
    health: HealthOption = None,
    program: ProgramOption = None,
    outcome: OutcomeOption = None,
    waiting_on: WaitingOption = None,
    query: QueryOption = "",
    limit: Annotated[
        int | None,
        typer.Option(min=0, help=f"How many to show; 0 for all. [default: {A_SCREEN}, with --json all]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List mentorships, the latest first, and say how many there are in all. Filters can be combined.

    Examples: `python starter.py list --health at_risk` · `python starter.py list --stage intro --program career --json`
    · `python starter.py list --query "StartTime > '2027-01-01T00:00:00Z'" --limit 0`
    """
    filter = wanted(stage, status, health, program, outcome, waiting_on, query)
    most = limit if limit is not None else 0 if as_json else A_SCREEN

    async def work() -> None:
        mentorships = await engine()
        if as_json:
            await _print_json(one.model_dump_json() async for one in mentorships.list(filter, limit=most or None))
            return
        in_all = asyncio.create_task(mentorships.count(filter))
        shown, id_width, console = 0, 0, Console(highlight=False)
        async for some in _by(AT_A_TIME, mentorships.list(filter, limit=most or None)):
            id_width = id_width or max(len(one.id) for one in some)
            console.print(views.list_lines(some, id_width, with_head=not shown), soft_wrap=True)
            shown += len(some)
        console.print(_closing(shown, max(await in_all, shown), bool(filter)))

    run(work())


def count(
    stage: StageOption = None,
    status: StatusOption = None,
    health: HealthOption = None,
    program: ProgramOption = None,
    outcome: OutcomeOption = None,
    waiting_on: WaitingOption = None,
    query: QueryOption = "",
    as_json: AsJson = False,
) -> None:
    """Count mentorships. The filters are those of `list`.

    Examples: `python starter.py count` · `python starter.py count --status active --waiting-on mentor`
    """
    filter = wanted(stage, status, health, program, outcome, waiting_on, query)

    async def work() -> int:
        return await (await engine()).count(filter)

    found = run(work())
    print(f'{{"count": {found}}}' if as_json else found)


def _closing(shown: int, in_all: int, filtered: bool) -> str:
    if not in_all:
        return "No mentorship is like that." if filtered else "There are no mentorships yet."
    if shown == in_all:
        return f"\n{in_all:,} in all."
    return f"\n{shown:,} of {in_all:,} are shown; --limit 0 shows all."


async def _print_json(lines: AsyncIterator[str]) -> None:
    """One JSON array, printed while its members arrive."""
    separator = "["
    async for line in lines:
        print(separator + line, end="")
        separator = ",\n"
    print("]" if separator != "[" else "[]")


async def _by(size: int, found: AsyncIterator[T]) -> AsyncIterator[list[T]]:
    some: list[T] = []
    async for one in found:
        some.append(one)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
