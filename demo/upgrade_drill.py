"""An upgrade, rehearsed: mentorships in every stage move from this build to one that has a new ask and a new field,
and then to a third one, while the worker of theirs has gone too early.

`make upgrade-drill` plays it; the last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table
from temporalio.client import Client

import programs
from benchmarks._pair import BEGINS, Script, script
from cli.upgrade import advice
from demo.changed_build import A_REMARK, A_WISH, ASK, changed
from demo.upgrade_house import House, house, stop
from models.pages import Overview
from models.state import Receipt, Stage
from settings import ROOT
from workflows import search_attributes
from workflows.begin import Begin, workflow_id
from workflows.client import Mentorships
from workflows.connection import EngineUnreachable
from workflows.feeds import Feeds
from workflows.fleet import SEEN_WITHIN, Build, Fleet
from workflows.mentorship import MentorshipWorkflow
from workflows.time_skipping import MARGIN, current_time, skip_by

SIZE = 50
AT_ONCE = 4
FAILED = (
    "WorkflowType IN ('Mentorship', 'PlatformEvents') AND "
    "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One mentorship: what ops saw of it, and the last press with its receipt."""

    id: str
    seen: Overview
    press: tuple[str, Any] | None
    receipt: Receipt | None


@dataclass(slots=True)
class Found:
    """The figures of a drill; those of FAULTLESS have to be zero."""

    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return not any(self.figures[name] for name in FAULTLESS)


FAULTLESS = ("left_behind", "failed", "lost_answers", "without_new_ask", "not_drained", "not_healed")


async def drill(folder: Path, size: int, *, patient: bool) -> Found:
    """The whole of it. With `patient` it also waits until the server has noticed that a worker is gone: a minute."""
    found, began = Found(), asyncio.get_running_loop().time()
    second, third = changed(folder / "second", A_WISH), changed(folder / "third", (*A_WISH, *A_REMARK))
    async with house(folder) as at, AsyncExitStack() as workers:
        fleet, mentorships = Fleet(at.client), Mentorships(at.client)
        first_worker = await workers.enter_async_context(at.worker(ROOT))
        one, two, three = [(await at.starter(source, "version"))[1] for source in (ROOT, second, third)]
        at.console.print(f"\nBuilds: {one} (this source), {two} (one more ask and field), {three} (the same again)")
        pairs = await begin(at.client, size)
        stages = Counter(pair.seen.stage.value for pair in pairs)
        asks, sessions = sum(len(pair.seen.waiting) for pair in pairs), sum(len(pair.seen.sessions) for pair in pairs)
        at.console.print(f"{size} mentorships: {dict(stages)}; {asks} open asks, {sessions} sessions in calendars")
        await settled(fleet, one, 2 * size)
        await tell(at, "Before", fleet)

        second_worker = await workers.enter_async_context(at.worker(second))
        await tell(at, "The second build's worker waits", fleet)
        _, said = await at.starter(second, "upgrade", "--json", "--rate", "100")
        upgraded = json.loads(said)
        await settled(fleet, two, 2 * size)
        drained = await until_drained(fleet, one)
        await stop(first_worker)
        await tell(at, "After the upgrade, with the first worker stopped", fleet)
        lost, unasked = await compare(at.client, mentorships, pairs)

        # Too early: the second build's worker is gone before the third one has taken over.
        seen_by_ops = await too_early(at, workers, second_worker, third, pairs[0].id, patient=patient)
        async with at.worker(second):
            code, _ = await at.starter(third, "upgrade", "--json", "--rate", "100")
            healed = await settled(fleet, three, 2 * size)
        await tell(at, "Healed: the second worker returned, and went when it was empty", fleet)
        still_lost, _ = await compare(at.client, mentorships, pairs)
        found.figures = {
            "mentorships": size,
            "stages": dict(stages),
            "open_asks": asks,
            "sessions": sessions,
            "builds": [one, two, three],
            "woken": upgraded["woken"],
            "left_behind": upgraded["left"] + upgraded["deserted"] + len(upgraded["failing"]),
            "failed": (await at.client.count_workflows(FAILED)).count,
            "lost_answers": len(lost) + len(still_lost),
            "without_new_ask": len(unasked),
            "not_drained": int(not drained),
            "seen_by_ops": seen_by_ops,
            "not_healed": int(code != 0) + 2 * size - healed,
            "seconds": round(asyncio.get_running_loop().time() - began),
        }
    for line in (*lost, *still_lost, *unasked):
        at.console.print(line)
    return found


async def begin(client: Client, size: int) -> list[Pair]:
    """Mentorships that stand anywhere between their first mail and their last question, each by its own clock."""
    played = script(programs.load("career"), "Europe/Berlin", "America/New_York", "eager")
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Pair:
        async with turn:
            return await live(
                client, played, f"drill-{number:02d}", number * (len(played.deeds) - 1) // max(size - 1, 1)
            )

    return list(await asyncio.gather(*map(one, range(size))))


async def live(client: Client, played: Script, id: str, deeds: int) -> Pair:
    mentorships = Mentorships(client)
    await Feeds(client).start(id)
    await client.start_workflow(
        MentorshipWorkflow.run,
        Begin(start=played.start.evolve(id=id), program=played.program, webhooks=True),
        id=workflow_id(id),
        task_queue="trellis",
        search_attributes=search_attributes.at_start(played.program),
        start_delay=BEGINS - datetime.now(UTC),
    )
    await skip_by(client, id, BEGINS + MARGIN - await current_time(client, id))
    press: tuple[str, Any] | None = None
    receipt: Receipt | None = None
    for deed in played.deeds[:deeds]:
        await skip_by(client, id, deed.at + MARGIN - await current_time(client, id))
        press, receipt = (deed.id, deed.act), await mentorships.act(id, deed.act, update_id=deed.id)
    return Pair(id, await mentorships.overview(id), press, receipt)


async def compare(client: Client, mentorships: Mentorships, pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    """What has got lost, in words, and who is not asked what is new; then everybody answers it."""
    lost: list[str] = []
    unasked: list[str] = []
    for pair in pairs:
        now = await mentorships.overview(pair.id)
        asks = {one.id for one in now.waiting}
        for what, before, after in (
            ("acts", pair.seen.acts, now.acts - (ASK not in asks and pair.seen.stage is not Stage.WRAP_UP)),
            ("stage", pair.seen.stage, now.stage),
            ("asks", {one.id for one in pair.seen.waiting}, asks - {ASK}),
            ("sessions", pair.seen.sessions, now.sessions),
            ("tasks", pair.seen.tasks, now.tasks),
        ):
            if before != after:
                lost.append(f"{pair.id}: {what} were {before} and are {after}")
        if (
            pair.press is not None
            and await mentorships.act(pair.id, pair.press[1], update_id=pair.press[0]) != pair.receipt
        ):
            lost.append(f"{pair.id}: the press {pair.press[0]} is answered differently")
        if now.stage is Stage.WRAP_UP:
            continue
        wish = {"act": "wish", "by": "mentee", "ask": ASK, "wish": "More time"}
        try:
            handle = client.get_workflow_handle(workflow_id(pair.id))
            await handle.execute_update("wish", wish, id=f"{pair.id}-wish", result_type=Receipt)
        except Exception as problem:
            unasked.append(f"{pair.id}: the new ask could not be answered: {problem!r} {getattr(problem, 'cause', '')}")
    return lost, unasked


async def too_early(
    at: House, workers: AsyncExitStack, worker: Process, source: Path, id: str, *, patient: bool
) -> list[str]:
    """What ops see when the worker of a build is gone while mentorships are on it, and another build takes over."""
    await workers.enter_async_context(at.worker(source))
    worker.kill()
    await worker.wait()
    if patient:
        at.console.print(f"\nThe second worker is killed. Waiting {SEEN_WITHIN.seconds} s until the server knows …")
        await asyncio.sleep(SEEN_WITHIN.total_seconds() + 1)
    code, said = await at.starter(source, "upgrade", "--rate", "100", "--wait", "3")
    at.console.print(f"\n$ starter.py upgrade    (exit code {code})\n{said}", markup=False, highlight=False)
    _, shown = await at.starter(source, "show", id)
    at.console.print(f"\n$ starter.py show {id}\n{shown}", markup=False, highlight=False)
    return [said.splitlines()[-1], shown.splitlines()[-1]]


async def settled(fleet: Fleet, build: str, runs: int) -> int:
    """How many workflows are on a build, once they are so many or no more come. The server's list is late."""
    count, quiet = -1, 0
    while quiet < 40 and count < runs:
        now = await fleet.on(build)
        quiet = quiet + 1 if now == count else 0
        count = now
        await asyncio.sleep(0.25)
    return count


async def until_drained(fleet: Fleet, build: str) -> bool:
    for _ in range(120):
        if any(one.id == build and one.status == "drained" for one in await fleet.builds()):
            return True
        await asyncio.sleep(0.5)
    return False


async def tell(at: House, title: str, fleet: Fleet) -> None:
    try:
        builds: tuple[Build, ...] = await fleet.builds()
    except EngineUnreachable as problem:
        at.console.print(str(problem))
        return
    table = Table("build", "status", "workers", "mentorships", "feeds", "what to do", title=title, title_justify="left")
    for one in builds:
        table.add_row(one.id, one.status, str(one.workers), str(one.mentorships), str(one.feeds), advice(one))
    at.console.print()
    at.console.print(table)


def main() -> int:
    """Exit code 0 only when every mentorship moved and nothing was lost."""
    options = argparse.ArgumentParser(prog="python -m demo.upgrade_drill", description=__doc__)
    options.add_argument("--size", type=int, default=SIZE, help="how many mentorships")
    options.add_argument("--quick", action="store_true", help="don't wait until the server has noticed a lost worker")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="trellis-upgrade-") as folder:
        found = asyncio.run(drill(Path(folder), given.size, patient=not given.quick))
    sys.stdout.write(json.dumps(found.figures) + "\n")
    return 0 if found.is_good else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
    os._exit(code)
