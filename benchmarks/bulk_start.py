"""Starting thousands by the API's bulk start, beside bare `start_workflow` calls, and what ops see of so many.

A platform's backend sends start requests as lines to a web process of its own, and reads the answers. In between, the
same process starts as many workflows of the same type with the same input by bare `start_workflow` calls: as many at
once, in another namespace of the same dev server (in memory), without what a mentorship's start has besides: checks,
search attributes, a memo. Both take turns, so that they see the same machine and a server that holds equally much.

No worker runs meanwhile. It would halve both rates alike, and so hide what the API costs. It comes afterwards, and its
time until every mentorship has its first timetable is told apart; then the lists are asked for.
"""

import asyncio
import json
import os
import socket
import statistics
import sys
import time
from argparse import ArgumentParser, Namespace
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryDirectory

import httpx
import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

import programs
from benchmarks._result import Figure, Goal, Result, run
from benchmarks._server import HOST, Server, temporal_server
from cli.app import app
from lifecycle.simulation import sample_start
from models.people import Start
from models.program import Program
from settings import ROOT
from web.api.bulk import AT_ONCE, NDJSON
from web.api.keys import Scope, mint
from workflows.begin import Begin, workflow_id
from workflows.mentorship import MentorshipWorkflow

OURS, BARE = "default", "bare"
"""The namespaces."""
TURNS = 10
QUEUE = "trellis"
COMMANDS = {"list": ("--json",), "count": (), "stuck": ("--json",), "report": ("--json",)}
"""Those of the command line that look at all of them, with their options."""


async def measure(arguments: Namespace) -> Result:
    """Starts so many both ways, lets a worker take them up, and looks at them."""
    program = programs.load(arguments.program)
    size = max(1, arguments.mentorships // TURNS)
    async with temporal_server(OURS, BARE) as server:
        bare, ours = await server.client(BARE), await server.client(OURS)
        async with _web(server) as (web, http):
            watched = psutil.Process(web.pid)
            before = watched.memory_info().rss
            memory = asyncio.create_task(_peak(watched))
            await _started_bare(bare, _pairs(program, "warm", 50), program)
            await _started_in_bulk(http, _pairs(program, "warm", 50))
            seconds = {"bare": 0.0, "bulk": 0.0}
            for turn in range(TURNS):
                pairs = _pairs(program, f"turn-{turn}", size)
                seconds["bare"] += await _started_bare(bare, pairs, program)
                seconds["bulk"] += await _started_in_bulk(http, pairs)
            again = await _started_in_bulk(http, _pairs(program, "turn-0", size))
            memory.cancel()
            peak = await memory
            count = TURNS * size
            async with _process(server, "worker.py"):
                taken_up = await _seconds_until_taken_up(ours)
                looks = await _looks(http, server, arguments.looks)
            result = Result(
                "bulk_start",
                figures={
                    "mentorships": count,
                    "bulk_starts_a_second": round(count / seconds["bulk"], 1),
                    "bare_starts_a_second": round(count / seconds["bare"], 1),
                    "known_starts_a_second": round(size / again, 1),
                    "web_megabytes_before": _megabytes(before),
                    "web_megabytes_peak": _megabytes(peak),
                    "seconds_until_a_worker_has_taken_all_up": round(taken_up, 1),
                    **looks,
                },
                ratios={
                    "bulk_vs_bare": round(seconds["bare"] / seconds["bulk"], 3),
                },
            )
    result.set_goal("bulk_vs_bare", Goal(0.7, at_least=True))
    return result


def _pairs(program: Program, prefix: str, count: int) -> list[Start]:
    sample = sample_start(program, "Europe/Berlin", "America/New_York")
    return [sample.evolve(id=f"{prefix}-{number}") for number in range(count)]


async def _started_bare(client: Client, pairs: Sequence[Start], program: Program) -> float:
    """The seconds that so many bare starts take."""
    waiting = iter(pairs)

    async def one_after_the_other() -> None:
        for pair in waiting:
            begin = Begin(start=pair, program=program)
            await client.start_workflow(MentorshipWorkflow.run, begin, id=workflow_id(pair.id), task_queue=QUEUE)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return time.perf_counter() - began


async def _started_in_bulk(http: httpx.AsyncClient, pairs: Sequence[Start]) -> float:
    """The seconds from the first line that is sent to the last answer that is read."""

    async def lines() -> AsyncIterator[bytes]:
        for pair in pairs:
            yield pair.model_dump_json().encode() + b"\n"

    began = time.perf_counter()
    async with http.stream("POST", "/mentorships/bulk", content=lines(), headers={"Content-Type": NDJSON}) as answer:
        told = [json.loads(line) async for line in answer.aiter_lines()]
    took = time.perf_counter() - began
    if (failed := [one for one in told if "started" not in one]) or len(told) != len(pairs):
        raise RuntimeError(f"{len(told)} answers to {len(pairs)} lines, of which failed: {failed[:3]}")
    return took


async def _peak(process: psutil.Process) -> int:
    """The most memory that a process is seen to have, until this is cancelled."""
    most = 0
    with suppress(asyncio.CancelledError):
        while True:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.05)
    return most


async def _seconds_until_taken_up(client: Client) -> float:
    """Until no task waits for the worker: every mentorship has its timer, and what mail was due has left."""
    began = time.perf_counter()
    while await _waiting_tasks(client):  # noqa: ASYNC110 - the tasks wait in another process
        await asyncio.sleep(0.5)
    return time.perf_counter() - began


async def _waiting_tasks(client: Client) -> int:
    waiting = 0
    for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
        asked = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=QUEUE), task_queue_type=kind, report_stats=True
        )
        waiting += (await client.workflow_service.describe_task_queue(asked)).stats.approximate_backlog_count
    return waiting


async def _looks(http: httpx.AsyncClient, server: Server, looks: int) -> dict[str, Figure]:
    """How long who asks for lists waits, with all of them open."""

    async def page() -> None:
        (await http.get("/mentorships", params={"limit": 200})).raise_for_status()

    async def count() -> None:
        (await http.get("/count", params={"stage": "intro"})).raise_for_status()

    async def every_page() -> None:
        cursor: str | None = ""
        while cursor is not None:
            answer = await http.get("/mentorships", params={"limit": 200, "cursor": cursor})
            cursor = answer.raise_for_status().json()["cursor"]

    found: dict[str, Figure] = {
        "open": (await http.get("/count")).json()["count"],
        "api_page_of_200_ms": await _median_ms(page, looks),
        "api_every_page_ms": await _median_ms(every_page, looks),
        "api_count_ms": await _median_ms(count, looks),
    }
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    for name in (one for one in COMMANDS if one in known):

        async def told(name: str = name) -> None:
            async with _process(server, "starter.py", name, *COMMANDS[name]) as process:
                if await process.wait():
                    raise RuntimeError(f"starter.py {name} left with {process.returncode}")

        found[f"command_{name}_ms"] = await _median_ms(told, looks)
    return found


async def _median_ms(ask: Callable[[], Awaitable[None]], looks: int) -> int:
    times = []
    for _ in range(looks):
        began = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - began)
    return round(1000 * statistics.median(times))


@asynccontextmanager
async def _web(server: Server) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """A web process of its own, and a client with a key for its API."""
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    key, entry = mint("benchmark", Scope.WRITE)
    address = f"http://{HOST}:{port}"
    own = {"TRELLIS_WEB_PORT": str(port), "TRELLIS_API_KEYS": entry, "TRELLIS_API_RATE": "1000000/minute"}
    bearer = {"Authorization": f"Bearer {key}"}
    async with (
        _process(server, "-m", "web.server", **own) as web,
        httpx.AsyncClient(base_url=f"{address}/api/v1", headers=bearer, timeout=120, trust_env=False) as http,
    ):
        async with asyncio.timeout(60):
            while web.returncode is None:
                with suppress(httpx.TransportError):
                    await http.get(f"{address}/health")
                    break
                await asyncio.sleep(0.1)
        yield web, http


@asynccontextmanager
async def _process(server: Server, *arguments: str, **own: str) -> AsyncIterator[Process]:
    """Python with these arguments, on this server only; killed at the end if it still runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "TRELLIS_"))}
    with TemporaryDirectory() as outbox:
        environment = {
            **kept,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "TEMPORAL_ADDRESS": f"{HOST}:{server.port}",
            "TRELLIS_OUTBOX_DIR": outbox,
            **own,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _megabytes(size: int) -> float:
    return round(size / 1e6, 1)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description="Bulk start beside bare start_workflow calls, and lists with all of them open.")
    parser.add_argument("--mentorships", type=int, default=1000, help="how many are started each way (default 1000)")
    parser.add_argument("--looks", type=int, default=3, help="how often each list is asked for; the median is told")
    parser.add_argument("--program", default="career")
    return parser


if __name__ == "__main__":
    run(_parser(), measure)
