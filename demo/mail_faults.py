"""Mail under trouble: whole mentorships over a SendGrid that drops, hangs, throttles, fails and redirects at random,
with a worker that is killed again and again. `make mail-faults SEED=1`; the last line is one JSON object.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.start_file import read_start
from demo.autoplay import Cast, PlayProblem, Scene, play
from demo.fates import Fate, Post, read_letters
from demo.local_mail import Trouble
from demo.personas import Persona
from demo.report import acts, runs
from demo.server import Parts, Ports
from demo.stopping import until_told_to_stop
from models.people import Start
from settings import ROOT
from workflows.begin import workflow_id

SAMPLE = ROOT / "examples" / "demo.yaml"
EACH_KIND = 0.1
ANSWER_WITHIN = 1.0
AT_ONCE = 3
KILLS = 10
KILL_EVERY = 15
"""The worker is killed after so many requests to send."""
CUT_OFF = "an earlier attempt was cut off"
CAME_THROUGH = frozenset({"processed", "delivered"})


@dataclass(slots=True)
class Counted:
    """The figures of a run; the last four of `line` have to be zero."""

    fates: dict[str, Fate]
    server: dict[str, Any]
    kills: int
    outcomes: dict[str, str]
    answered: set[tuple[str, str]]

    def line(self) -> dict[str, Any]:
        accepted: dict[str, int] = self.server["accepted"]
        unknown = [fate for fate in self.fates.values() if fate.was_unknown]
        post = Post(self.fates, accepted, self.answered)
        gone = post.gone()
        nudges = [fate for fate in gone if fate.is_nudge]
        overtaken = [fate for fate in gone if not fate.is_nudge and post.is_overtaken(fate.letter)]
        return {
            "attempted": sum(self.server["attempts"].values()),
            "accepted": sum(accepted.values()),
            "letters": len(self.fates),
            "unknown": len(unknown),
            "settled_by_event": sum(fate.deliveries == 1 and bool(CAME_THROUGH & {*fate.events}) for fate in unknown),
            "resent": sum(fate.deliveries > 1 for fate in unknown),
            "retried": sum(fate.deliveries > 1 and not fate.was_unknown for fate in self.fates.values()),
            "let_go": len(nudges) + len(overtaken),
            "let_go_because_overtaken": len(overtaken),
            "cut_off_by_kills": sum(CUT_OFF in result.reason for fate in unknown for result in fate.results),
            "worker_kills": self.kills,
            "troubles": sum(self.server["troubles"].values()),
            "outcomes": self.outcomes,
            "duplicates": sum(count > 1 for count in accepted.values()),
            "lost_action_mails": len(gone) - len(nudges) - len(overtaken),
            "contract_violations": len(self.server["violations"]) + len(self.server["different_bodies"]),
            "unknown_to_history": len(accepted.keys() - self.fates.keys()),
        }

    @property
    def is_good(self) -> bool:
        line = self.line()
        return not any(line[name] for name in FAULTLESS) and line["worker_kills"] >= KILLS


FAULTLESS = ("duplicates", "lost_action_mails", "contract_violations", "unknown_to_history")


async def suffer(folder: Path, seed: int, personas: Sequence[Persona] = tuple(Persona), kills: int = KILLS) -> Counted:
    """Plays one mentorship for each persona as mentee, with an eager mentor."""
    start = read_start(SAMPLE)
    trouble = Trouble(EACH_KIND, seed, ANSWER_WITHIN)
    async with Parts(folder, Ports.free(), headless=True, in_memory=True, trouble=trouble) as parts:
        killed: list[int] = []
        killer = asyncio.create_task(_kill(parts, kills, killed))
        try:
            scenes = await _played(parts, start, seed, personas)
        finally:
            killer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killer
        assert parts.sendgrid is not None
        await parts.sendgrid.settled()
        fates: dict[str, Fate] = {}
        answered: set[tuple[str, str]] = set()
        for scene in scenes:
            for run in await runs(parts.client, workflow_id(scene.start.id)):
                read_letters(run.events, fates)
                answered |= {(scene.start.id, act.ask) for act in acts(run.events) if act.ask}
        outcomes = {scene.start.id: (scene.overview and scene.overview.outcome) or "" for scene in scenes}
        return Counted(fates, await parts.sendgrid.figures(), len(killed), outcomes, answered)


async def _played(parts: Parts, start: Start, seed: int, personas: Sequence[Persona]) -> list[Scene]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(mentee: Persona) -> Scene:
        cast = Cast(mentee=mentee, seed=seed)
        async with turn:
            scene = await play(parts, start.evolve(id=cast.id, program=cast.program), cast)
        _say(f"{cast.id}: {scene.overview.outcome if scene.overview else '?'}, {len(scene.mails)} mails")
        return scene

    return await asyncio.gather(*map(one, personas))


async def _kill(parts: Parts, kills: int, killed: list[int]) -> None:
    """Kills the worker again and again; `killed` notes after how many requests. Every second time it is surely in the
    middle of sending: its request hangs, taken or not, when the worker dies."""
    assert parts.sendgrid is not None
    for number in range(kills):
        attempts = await _requests(parts, (number + 1) * KILL_EVERY)
        if number % 2:
            await parts.sendgrid.meets("hang_after" if number % 4 == 1 else "hang_before")
            attempts = await _requests(parts, attempts + 1)
        killed.append(attempts)
        await parts.kill_worker()
        _say(f"worker killed, {attempts} requests so far")


async def _requests(parts: Parts, enough: int) -> int:
    """How many requests there have been, once they are enough."""
    assert parts.sendgrid is not None
    while True:
        attempts = sum((await parts.sendgrid.figures())["attempts"].values())
        if attempts >= enough:
            return int(attempts)
        await asyncio.sleep(0.02)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


async def _run(seed: int, folder: Path) -> int:
    async with until_told_to_stop():
        try:
            counted = await suffer(folder, seed)
        except PlayProblem as problem:
            _say(f"{problem}\nMails and logs are in {folder}")
            return 1
        for fate in counted.fates.values():
            if fate.letter.id not in counted.server["accepted"]:
                items = ", ".join(f"{item.kind} {item.ask.id if item.ask else ''}" for item in fate.letter.items)
                reasons = "; ".join(result.reason for result in fate.results)
                _say(f"never taken: {fate.letter.id} ({fate.letter.mail_class}: {items}): {reasons}")
        sys.stdout.write(json.dumps(counted.line()) + "\n")
        return 0 if counted.is_good else 1
    return 130


def main() -> int:
    """Exit code 0 only when no mail came twice, none that matters was lost, and every request kept to the contract."""
    options = argparse.ArgumentParser(prog="python -m demo.mail_faults", description=__doc__.split("\n\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--dir", type=Path, help="where mails and logs are kept; without it, a temporary folder")
    given = options.parse_args()
    return asyncio.run(_run(given.seed, given.dir or Path(tempfile.mkdtemp(prefix="trellis-mail-faults-"))))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
    os._exit(code)
