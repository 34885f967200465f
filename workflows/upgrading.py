"""How all mentorships come to another build: it becomes current, and sleepers are woken so that they see it.

All of it may be interrupted and begun again: who has moved is not woken twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import islice

from models.base import Model
from workflows.fleet import Build, Fleet

AGAIN_AFTER = 60.0
"""Seconds after which a workflow that was woken and has not moved is woken once more."""


class Progress(Model):
    """How far it is. `left` counts those on other builds that have workers, `deserted` those on builds without any."""

    woken: int
    left: int
    deserted: int


class Upgraded(Model):
    """What became of an upgrade: how many workflows were on other builds before, woken, and are there still.

    `failing` are neither `left` nor `deserted`: they should move, and the build can't read the state that they bring.
    """

    build: str
    before: int
    woken: int
    left: int
    deserted: int
    failing: tuple[str, ...]
    builds: tuple[Build, ...]


async def upgrade(
    fleet: Fleet,
    build: str,
    *,
    rate: int,
    patience: float,
    back: bool = False,
    seen: Callable[[Progress], None] = lambda progress: None,
) -> Upgraded:
    """Makes a build current and wakes all others, at most `rate` a second, until they have moved.

    It gives up on those that have not moved `patience` seconds after anything happened last: they move by themselves
    with their next mail or act. Raises UpgradeRefused and EngineUnreachable.
    """
    await fleet.make_current(build, back=back)
    clock = asyncio.get_running_loop().time
    woken: dict[str, float] = {}
    before = progress = await _look(fleet, build, 0)
    moved_at = clock()
    while progress.left and clock() - moved_at < patience:
        seen(progress)
        due = [
            workflow
            async for workflow in _others(fleet, build)
            if clock() - woken.get(workflow, -AGAIN_AFTER) >= AGAIN_AFTER
        ]
        for batch in _batches(due, rate):
            begun = clock()
            await asyncio.gather(*(fleet.wake(workflow) for workflow in batch))
            woken |= dict.fromkeys(batch, begun)
            seen(Progress(woken=len(woken), left=progress.left, deserted=progress.deserted))
            await asyncio.sleep(max(1 - (clock() - begun), 0))
        if not due:
            await asyncio.sleep(1)
        now = await _look(fleet, build, len(woken))
        if due or now != progress:
            moved_at = clock()
        progress = now
    seen(progress)
    builds = await fleet.builds()
    others = [one for one in builds if one.id != build and one.runs]
    failing = {one.id: await fleet.failing(one.id, to=build) for one in others}
    return Upgraded(
        build=build,
        before=before.left + before.deserted,
        woken=len(woken),
        left=sum(one.runs - len(failing[one.id]) for one in others if not one.is_deserted),
        deserted=sum(one.runs - len(failing[one.id]) for one in others if one.is_deserted),
        failing=tuple(workflow for some in failing.values() for workflow in some),
        builds=builds,
    )


async def _look(fleet: Fleet, build: str, woken: int) -> Progress:
    others = [one for one in await fleet.builds() if one.id != build]
    return Progress(
        woken=woken,
        left=sum(one.runs for one in others if not one.is_deserted),
        deserted=sum(one.runs for one in others if one.is_deserted),
    )


async def _others(fleet: Fleet, build: str) -> AsyncIterator[str]:
    """A build without workers is left asleep: waking would only make its histories longer."""
    for one in await fleet.builds():
        if one.id != build and one.runs and not one.is_deserted:
            async for workflow in fleet.sleepers(one.id):
                yield workflow


def _batches(all: list[str], size: int) -> list[list[str]]:
    rest = iter(all)
    return list(iter(lambda: list(islice(rest, size)), []))
