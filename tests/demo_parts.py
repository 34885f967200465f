"""Plays on running parts, for the tests of the demo."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from cli.start_file import read_start
from demo.autoplay import Cast, Scene, play
from demo.mail_laws import broken_laws
from demo.report import Report, report
from demo.server import Parts
from models.people import Start
from settings import ROOT

SAMPLE = ROOT / "examples" / "demo.yaml"


@dataclass(frozen=True, slots=True)
class Played:
    """A play that ended, with its report."""

    scene: Scene
    report: Report

    @property
    def broken_laws(self) -> list[str]:
        return broken_laws(self.scene.start, self.scene.program, self.scene.mails, self.report.acts)

    def item_kinds(self, to: str) -> list[str]:
        """What the mails to one role were about, in order."""
        return [item.kind for mail in self.scene.mails if mail.to == to for item in mail.items]

    def acts(self, by: str) -> list[str]:
        """What one person did, in order."""
        return [act.act for act in self.report.acts if act.by == by]


def sample(cast: Cast) -> Start:
    """The sample pair under the id of a cast."""
    return read_start(SAMPLE).evolve(id=cast.id, program=cast.program)


async def played(parts: Parts, cast: Cast, kill_worker_after: int = 0) -> Played:
    """One play."""
    scene = await play(parts, sample(cast), cast, kill_worker_after=kill_worker_after)
    return Played(scene, await report(parts, scene))


async def all_played(parts: Parts, casts: Sequence[Cast], at_once: int = 6) -> dict[str, Played | BaseException]:
    """Many plays on the same parts, some at a time; a play that fails gives its exception."""
    turn = asyncio.Semaphore(at_once)

    async def one(cast: Cast) -> Played:
        async with turn:
            return await played(parts, cast)

    results = await asyncio.gather(*(one(cast) for cast in casts), return_exceptions=True)
    return {cast.id: result for cast, result in zip(casts, results, strict=True)}
