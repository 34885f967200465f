"""Many mentorships asked or told at once, a bounded number in flight, and how far that is."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

AT_ONCE = 16
"""Calls in flight. More make a server with one worker no faster."""
Item = TypeVar("Item")
Result = TypeVar("Result")


async def each(items: Iterable[Item], work: Callable[[Item], Awaitable[Result]]) -> AsyncGenerator[tuple[Item, Result]]:
    """Each item with its result, as they are done. What the work raises is raised, and the rest is called off.

    Whoever stops early closes it (`contextlib.aclosing`): then the rest is called off too.
    """
    coming = iter(items)
    under_way: dict[asyncio.Task[Result], Item] = {}

    async def one(item: Item) -> Result:
        return await work(item)

    try:
        while True:
            while len(under_way) < AT_ONCE and (item := next(coming, _NO_MORE)) is not _NO_MORE:
                under_way[asyncio.create_task(one(item))] = item  # type: ignore[arg-type, assignment]
            if not under_way:
                return
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in [one for one in under_way if one.done()]:
                yield under_way.pop(task), task.result()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


_NO_MORE = object()


def progress() -> Progress:
    """A bar on stderr, where it is a terminal; what is found goes to stdout and stays clean."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
