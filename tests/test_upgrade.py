"""Another build takes over: sleepers move to it and nobody notices. Two workers of one source, under two names."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from cli.upgrade import advice
from models.base import Role
from models.commands import EndCommand
from models.pages import PageQuery
from models.state import Outcome
from settings import ROOT
from tests.pairs import a_program, a_start, accepts, goals
from tests.receiver import SECRETS, Receiver, receiver
from tests.temporal_server import temporal_server
from workflows.build import FOLDERS, LOCK, build_id, digest
from workflows.client import Mentorships
from workflows.connection import EngineUnreachable, connect
from workflows.events import PlatformEventsWorkflow, events_id
from workflows.fleet import Build, Fleet, UpgradeRefused
from workflows.time_skipping import idle, skip_to_next
from workflows.upgrading import upgrade

QUEUE = "trellis"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own: which build is current is a matter of the whole namespace."""
    with temporal_server(tmp_path_factory.mktemp("upgrade") / "server.log") as address:
        yield address


@pytest_asyncio.fixture(scope="module")
async def client(address: str) -> Client:
    return await connect(address)


@pytest_asyncio.fixture(scope="module")
async def platform() -> AsyncIterator[Receiver]:
    async with receiver() as one:
        yield one


@asynccontextmanager
async def worker(
    address: str, build: str, platform: Receiver, outbox: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process of a build, once it asks for work."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "worker.py",
        cwd=ROOT,
        env=os.environ
        | {
            "TEMPORAL_ADDRESS": address,
            "TRELLIS_BUILD_ID": build,
            "TRELLIS_OUTBOX_DIR": str(outbox),
            "TRELLIS_WEBHOOK_URL": platform.url,
            "TRELLIS_WEBHOOK_SECRETS": SECRETS[0],
            "TRELLIS_WEBHOOK_ALLOW_INTERNAL": "true",
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(60):
            async for line in process.stderr:
                if f"build {build}".encode() in line:
                    break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def starter(address: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "starter.py",
        *arguments,
        cwd=ROOT,
        env=os.environ | {"TEMPORAL_ADDRESS": address, "COLUMNS": "200", "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def counted(fleet: Fleet, build: str, runs: int) -> Build:
    """A build, once the server's list shows so many open workflows on it."""
    async with asyncio.timeout(30):
        while True:
            found = next((one for one in await fleet.builds() if one.id == build), None)
            if found is not None and found.runs == runs:
                return found
            await asyncio.sleep(0.2)


async def test_mentorships_move_to_another_build_with_their_answers_and_the_first_one_empties(
    address: str, client: Client, platform: Receiver, tmp_path: Path
) -> None:
    mentorships, fleet = Mentorships(client, webhooks=True), Fleet(client)
    down, gone, open_ids = a_start("receiver-down"), a_start("ended"), [f"open-{number}" for number in range(4)]
    platform.answers[down.id] = [500] * 20
    async with worker(address, "one", platform, tmp_path) as first:
        for id in (*open_ids, down.id, gone.id):
            await mentorships.start(a_start(id), a_program())
            await idle(client, id)
        for id in open_ids[1:]:
            await mentorships.act(id, accepts(Role.MENTEE), update_id=f"{id}-1")
        await mentorships.act("open-2", accepts(Role.MENTOR), update_id="open-2-2")
        await mentorships.act("open-2", goals(), update_id="open-2-3")
        await mentorships.act("open-3", accepts(Role.MENTOR), update_id="open-3-2")
        await mentorships.command(gone.id, EndCommand(reason="over"))
        while await skip_to_next(client, gone.id) is not None:
            pass
        await client.get_workflow_handle_for(PlatformEventsWorkflow.run, events_id(gone.id)).result()
        before = {id: await mentorships.overview(id) for id in open_ids}
        assert (await counted(fleet, "one", 10)).status == "current"
        with pytest.raises(UpgradeRefused, match="has not started a worker here yet"):
            await fleet.make_current("two")

        async with worker(address, "two", platform, tmp_path):
            code, said, _ = await starter(address, "upgrade", "--build", "two", "--dry-run")
            assert (code, "10 workflows would be woken" in said) == (0, True)
            assert (await counted(fleet, "one", 10)).status == "current"

            code, said, complained = await starter(address, "upgrade", "--build", "two", "--json", "--rate", "100")
            done = json.loads(said or complained)
            assert (code, done["left"], done["deserted"], done["before"]) == (0, 0, 0, 10), said
            one, two = await counted(fleet, "one", 0), await counted(fleet, "two", 10)
            assert (one.status, two.status, two.mentorships, two.feeds) == ("draining", "current", 5, 5)

            # The first worker goes. Nobody misses it: neither who goes on nor who looks back at what has ended.
            first.terminate()
            await first.wait()
            after = {id: await mentorships.overview(id) for id in open_ids}
            assert [one.acts for one in after.values()] == [one.acts for one in before.values()] == [0, 1, 3, 2]
            assert [one.waiting for one in after.values()] == [one.waiting for one in before.values()]
            assert [one.next_at for one in after.values()] == [one.next_at for one in before.values()]
            await mentorships.act("open-3", goals(), update_id="open-3-3")
            assert (await mentorships.overview("open-3")).stage == "grow_sessions"
            assert (await mentorships.act("open-3", goals(), update_id="open-3-3")).act == "set_goals"
            assert (await mentorships.overview(gone.id)).outcome is Outcome.CANCELLED
            assert (await mentorships.journey(gone.id, PageQuery(role=Role.MENTEE))).page.status == "ended"

            # What a receiver that is down has not taken is not lost on the way.
            platform.answers[down.id].clear()
            async with asyncio.timeout(30):
                while not platform.of(down.id, taken=True):  # noqa: ASYNC110 - the requests come from another process
                    await asyncio.sleep(0.1)

            with pytest.raises(UpgradeRefused, match="is older than the current one"):
                await fleet.make_current("one")
    # No worker at all: an ended mentorship can still be read.
    assert (await mentorships.overview(gone.id)).outcome is Outcome.CANCELLED


async def test_a_build_whose_worker_went_too_early_heals_when_it_returns(
    client: Client, address: str, platform: Receiver, tmp_path: Path
) -> None:
    mentorships, fleet = Mentorships(client), Fleet(client)
    async with worker(address, "two", platform, tmp_path):
        for id in ("early-1", "early-2"):
            await mentorships.start(a_start(id), a_program())
            await idle(client, id)
        await mentorships.act("early-1", accepts(Role.MENTEE), update_id="early-1-1")
        before = await counted(fleet, "two", 12)
    async with worker(address, "three", platform, tmp_path):
        done = await upgrade(fleet, "three", rate=100, patience=2)
        assert (done.left + done.deserted, done.builds[0].id, done.builds[0].runs) == (before.runs, "three", 0)
        await mentorships.start(a_start("later"), a_program())
        await idle(client, "later")
        with pytest.raises(EngineUnreachable):
            await mentorships.overview("early-1")
        async with worker(address, "two", platform, tmp_path):
            await counted(fleet, "three", before.runs + 1)
            await counted(fleet, "two", 0)
        assert (await mentorships.overview("early-1")).acts == 1
        assert (await mentorships.act("early-1", accepts(Role.MENTEE), update_id="early-1-1")).act == "accept"


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (Build(id="a", status="draining", since=None, workers=0, mentorships=3, feeds=0), "Start its worker again"),
        (Build(id="a", status="draining", since=None, workers=1, mentorships=3, feeds=0), "upgrade moves them"),
        (Build(id="a", status="draining", since=None, workers=1, mentorships=0, feeds=0), "can be stopped"),
        (Build(id="a", status="current", since=None, workers=0, mentorships=0, feeds=0), "Start its worker"),
        (Build(id="a", status="waiting", since=None, workers=1, mentorships=0, feeds=0), "makes it current"),
        (Build(id="", status="unversioned", since=None, workers=0, mentorships=1, feeds=0), "upgrade brings them"),
    ],
)
def test_operators_are_told_what_to_do_about_a_build(build: Build, told: str) -> None:
    assert told in advice(build)


def test_the_build_is_the_same_in_every_checkout_and_another_with_every_change_of_rules_or_locks(
    tmp_path: Path,
) -> None:
    def checkout(name: str) -> Path:
        for folder in FOLDERS:
            shutil.copytree(ROOT / folder, tmp_path / name / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / LOCK, tmp_path / name)
        return tmp_path / name

    there = checkout("there")
    assert digest(there) == build_id()
    rules = there / "lifecycle" / "manners.py"
    rules.write_bytes(rules.read_bytes().replace(b"\n", b"\r\n"))
    assert digest(there) == build_id(), "line ends are no change"
    rules.write_text(rules.read_text() + "# a change\n")
    assert digest(there) != build_id()
    other = checkout("other")
    lock = other / LOCK
    lock.write_text(lock.read_text().replace("tzdata==", "tzdata==2"))
    assert digest(other) != build_id()
