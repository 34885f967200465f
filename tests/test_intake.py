"""More starts than workers can take up: those wait their turn, and whoever presses does not wait behind them."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from models.base import Role
from tests.pairs import a_program, a_start, accepts
from tests.payload_keys import entries
from tests.processes import running, until
from tests.temporal_server import temporal_server
from workflows import intake
from workflows.client import Mentorships
from workflows.connection import connect
from workflows.intake import PORTION, Intake

CROWD = 4 * PORTION
FOR_EVER = 600.0
A_WHILE = 2.0


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of its own: which build is current is a matter of the whole namespace."""
    with temporal_server(tmp_path / "server.log") as address:
        yield address


@pytest.fixture(autouse=True)
def _in_their_turn_or_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LONGEST", FOR_EVER)


def _begin(mentorships: Mentorships, name: str) -> list[asyncio.Task[object]]:
    """A crowd that comes at once."""
    starts = (mentorships.start(a_start(f"{name}-{number}"), a_program()) for number in range(CROWD))
    return [asyncio.create_task(start) for start in starts]


async def _all(starts: list[asyncio.Task[object]]) -> None:
    async with asyncio.timeout(60):
        await asyncio.gather(*starts)


async def test_where_no_worker_runs_nobody_waits(address: str) -> None:
    await _all(_begin(Mentorships(await connect(address)), "early"))


async def test_a_server_that_does_not_tell_holds_nobody_back(address: str) -> None:
    elsewhere = Intake(await Client.connect(address, namespace="no-such-namespace"), task_queue="trellis")
    async with asyncio.timeout(60):
        for number in range(CROWD):
            await elsewhere.turn(f"mentorship/{number}")


@pytest.mark.parametrize("versioned", ["true", "false"])
async def test_starts_wait_for_workers_that_are_behind(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versioned: str
) -> None:
    mentorships = Mentorships(await connect(address))
    async with running("worker", tmp_path, address, VERSIONED=versioned, PAYLOAD_KEYS=entries("tests")) as worker:
        await worker.until_ready()
        if versioned == "true":
            await until(lambda: "is current" in worker.said)
        await _all(_begin(mentorships, "easy"))

        worker.process.send_signal(signal.SIGSTOP)
        held = _begin(mentorships, "held")
        await asyncio.sleep(A_WHILE)
        assert sum(start.done() for start in held) <= 2 * PORTION, "the others wait for those two portions"
        worker.process.send_signal(signal.SIGCONT)
        await _all(held)
        receipt = await mentorships.act("held-0", accepts(Role.MENTEE), update_id="press")
        assert receipt.by == Role.MENTEE

        monkeypatch.setattr(intake, "LONGEST", A_WHILE)
        worker.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        await _all(_begin(mentorships, "late"))
        assert time.monotonic() - began >= A_WHILE, "some had to wait, but they begin in the end"
        worker.process.send_signal(signal.SIGCONT)
