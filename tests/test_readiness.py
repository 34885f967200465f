"""Readiness: asked often, it asks Temporal seldom, in bounded time, and its reasons hold nothing secret."""

import asyncio
import time

import pytest
from temporalio.client import Client

from demo.ports import free_port
from settings import Settings
from telemetry import readiness as module
from telemetry.readiness import SILENT, STARTING, STOPPING, UNFIT, UNREACHABLE, Readiness, answers
from web.server import connect_lazily


class Temporal:
    """Says what the test wants, and counts how often it was asked."""

    def __init__(self) -> None:
        self.says = ""
        self.asked = 0

    async def check(self) -> str:
        self.asked += 1
        await asyncio.sleep(0.01)
        return self.says


async def test_many_who_ask_at_once_cost_one_question() -> None:
    temporal = Temporal()
    readiness = Readiness(temporal.check)
    assert await asyncio.gather(*(readiness.reason() for _ in range(50))) == [""] * 50
    assert temporal.asked == 1


async def test_it_notices_that_temporal_went_away() -> None:
    temporal = Temporal()
    readiness = Readiness(temporal.check, fresh_for=0)
    assert await readiness.reason() == ""
    temporal.says = UNREACHABLE
    assert await readiness.reason() == UNREACHABLE
    temporal.says = ""
    assert await readiness.reason() == ""


async def test_it_is_not_ready_before_it_works_and_after_it_was_told_to_stop() -> None:
    temporal = Temporal()
    readiness = Readiness(started=False)
    assert await readiness.reason() == STARTING
    readiness.start(temporal.check)
    assert await readiness.reason() == ""
    readiness.stop()
    assert await readiness.reason() == STOPPING


async def test_temporal_itself_is_asked(client: Client) -> None:
    assert await answers(client)() == ""


async def test_a_namespace_that_does_not_exist_is_no_readiness(temporal_address: str) -> None:
    elsewhere = await Client.connect(temporal_address, namespace="nowhere", lazy=True)
    assert await answers(elsewhere)() == UNFIT


async def test_nobody_at_the_address_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    assert await answers(await connect_lazily())() == UNREACHABLE


async def test_an_address_that_takes_the_connection_and_says_nothing_costs_two_seconds_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(60), "127.0.0.1", 0)
    async with silent:
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        begun = time.monotonic()
        assert await answers(await connect_lazily())() in (SILENT, UNREACHABLE)
        assert time.monotonic() - begun < 30


@pytest.mark.parametrize("wrong", ["9464", "localhost", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:http"])
def test_an_address_for_metrics_has_a_host_and_a_port(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be a host and a port"):
        Settings(worker_metrics=wrong)
