"""The highest rate that this machine holds, what it costs in memory, and what happens past it: `make load SECONDS=600`.

The real worker and web app on a real dev server (in memory), all on this machine, this program included. A life is a
start, two acceptances and two more acts, the nudges that nobody answers, and the end: mails go into an outbox. Its
clock is skipped through its timers by one call of the server's, so that each fires as a timer does, and nobody waits
for days. Beside it a bare workflow has as many timers, updates and activities, which make as many mails, and no rules;
both take turns, so that both see the same machine.

Then, for the longest part, lives begin at a steady share of that rate; then far more begin at once than can be worked
off; and at last memory is weighed, with mentorships in the worker's cache and asleep.
"""

import asyncio
import os
import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks import _bare_life
from benchmarks._lives import Bare, Driver, Ours, shape_of
from benchmarks._result import Goal, Result, run
from benchmarks._watching import EVERY, Watch, backlog, megabytes, processor_seconds, quantile
from demo.server import Parts, Ports
from links import Links, Purpose
from models.base import Role
from settings import ROOT
from workflows.client import Mentorships
from workflows.connection import EngineUnreachable

QUEUE = "trellis"
TURNS = 2
SPRINTS, STEADY = 0.4, 0.45
"""Which parts of the time are for the comparison and for the steady load; the rest is for what is too much."""
STEADY_SHARE = 0.7
"""Of the highest rate. Beyond about this share queues grow by chance alone."""
PROBES = 20
OFTEN = 0.1
"""Seconds between two presses, and two looks at a page, of those who are there besides."""
A_SMALL_CACHE = "20"
WARM_UP = 100
"""Mentorships after which a fresh worker has loaded its code and grown its threads."""
PATIENCE = 300


async def measure(arguments: Namespace) -> Result:
    """All phases, one after the other, on one set of parts."""
    result = Result("load")
    with TemporaryDirectory() as folder:
        parts = Parts(Path(folder), Ports.free(), headless=True, in_memory=True)
        async with parts, _bare_worker(parts.address, folder) as bare:
            load = Load(parts, bare, arguments, result)
            await load.compare()
            await load.run_steadily()
            await load.overdo()
            if arguments.sleepers:
                await load.weigh(arguments.sleepers)
                result.set_goal("cached_kilobytes_each", Goal(150))
                result.set_goal("asleep_kilobytes_each", Goal(10))
    result.set_goal("rate_vs_bare", Goal(0.7, at_least=True))
    result.set_goal("steady_backlog_at_end", Goal(0))
    result.set_goal("overload_presses_unanswered", Goal(0))
    return result


class Load:
    """The phases. Each writes its figures into the result."""

    def __init__(self, parts: Parts, bare_worker: int, arguments: Namespace, result: Result) -> None:
        self.parts, self.bare_worker, self.result = parts, bare_worker, result
        self.seconds: float = arguments.seconds
        self.lanes: int = arguments.lanes
        self.client = parts.client
        self.mentorships = Mentorships(self.client)
        self.ours = Driver(self.client, Ours(self.mentorships, "life"))
        self.rate = 0.0
        self.operations = 0
        self.unanswered = 0
        self.probes = [f"probe-{number}" for number in range(PROBES)]
        self.numbers = count()

    async def compare(self) -> None:
        """Ours and the bare one in turns, each flat out."""
        await self.ours.live()
        shape = await shape_of(self.client, "mentorship/life-0")
        self.operations = 1 + shape.timers + shape.updates + shape.activities
        bare = Driver(self.client, Bare(self.client, "bare", shape))
        await bare.live()
        drivers = {"bare": bare, "ours": self.ours}
        rates: dict[str, list[float]] = {name: [] for name in drivers}
        costs: dict[str, defaultdict[str, float]] = {name: defaultdict(float) for name in drivers}
        for _ in range(TURNS):
            for name, driver in drivers.items():
                with self._costing(costs[name], driver):
                    rates[name].append(await driver.flat_out(self.seconds * SPRINTS / TURNS / 2, self.lanes))
        self.rate, bare_rate = (sum(rates[name]) / TURNS for name in ("ours", "bare"))
        self.result.figures |= {
            "operations_in_a_life": self.operations,
            "in_a_life": {
                "timers": shape.timers,
                "presses": shape.updates,
                "activities": shape.activities,
                "mails": shape.mails,
            },
            "highest_lives_per_second": round(self.rate, 2),
            "highest_operations_per_second": round(self.rate * self.operations, 1),
            "bare_operations_per_second": round(bare_rate * self.operations, 1),
        }
        for name, cost in costs.items():
            lives = cost.pop("lives")
            self.result.figures[f"{name}_processor_ms_a_life"] = {
                process: round(1000 * spent / lives) for process, spent in cost.items()
            }
        self.result.ratios["rate_vs_bare"] = round(self.rate / bare_rate, 2)

    @contextmanager
    def _costing(self, cost: defaultdict[str, float], driver: Driver) -> Iterator[None]:
        """Adds what each process spent meanwhile, and how many lives that was for."""
        pids = {"server": self.parts.running["temporal"].process.pid, "driver": os.getpid()}
        pids["worker"] = self.bare_worker if driver is not self.ours else self.parts.running["worker"].process.pid
        lived, before = driver.lived, processor_seconds(pids.values())
        yield
        after = processor_seconds(pids.values())
        for name, pid in pids.items():
            cost[name] += after[pid] - before[pid]
        cost["lives"] += driver.lived - lived

    async def run_steadily(self) -> None:
        """A share of the highest rate for long: latencies, memory, what waits."""
        seconds, rate = self.seconds * STEADY, self.rate * STEADY_SHARE
        driver = Driver(self.client, Ours(self.mentorships, "steady"))
        await self._begin("probe", PROBES)
        pages: list[float] = []
        async with self._watch() as watch, self._looking(pages):
            began = time.monotonic()
            await driver.steadily(seconds, rate)
            took = time.monotonic() - began
        await asyncio.sleep(1)
        self.result.figures |= {
            "steady_seconds": round(took),
            "steady_lives": driver.lived,
            "steady_operations_per_second": round(driver.lived * self.operations / took, 1),
            **_latencies("steady_press", driver.latencies),
            **_latencies("steady_page", pages),
            "steady_backlog_most": max(watch.waiting, default=0),
            "steady_backlog_at_end": await backlog(self.client, QUEUE),
        }
        for name in watch.processes:
            self.result.figures |= {
                f"steady_{name}_megabytes": round(quantile(watch.memory[name], 0.5), 1),
                f"steady_{name}_growth_megabytes": round(watch.growth(name), 1),
            }

    async def overdo(self) -> None:
        """As many starts at once as would take a while at the highest rate: those who press must not notice."""
        starts = max(int(self.rate * self.operations * self.seconds * (1 - SPRINTS - STEADY) / 4), 20)
        crowd = Ours(self.mentorships, "crowd")
        presses: list[float] = []
        async with self._pressing(presses):
            began = time.monotonic()
            await _some_at_once((crowd.begin(number) for number in range(starts)), 50)
            starting = time.monotonic() - began
            mailing = 2 * starts - self._mailed("crowd")
            await self._until_mailed("crowd", 2 * starts)
            recovering = time.monotonic() - began - starting
        after: list[float] = []
        async with self._pressing(after):
            await asyncio.sleep(min(5, self.seconds / 10))
        self.result.figures |= {
            "overload_starts": starts,
            "overload_starts_per_second": round(starts / starting, 1),
            "overload_mails_waiting": mailing,
            "overload_presses": len(presses),
            "overload_presses_unanswered": self.unanswered,
            **_latencies("overload_press", presses),
            "overload_recovered_after_seconds": round(recovering, 1),
            **_latencies("recovered_press", after),
        }

    async def weigh(self, sleepers: int) -> None:
        """What a worker grows by with each mentorship that it keeps, and with each that it has put to sleep."""
        for name, cache in (("cached", str(10 * sleepers)), ("asleep", A_SMALL_CACHE)):
            await self.parts.end("worker")
            told = {"TRELLIS_CACHED_MENTORSHIPS": cache}
            await self.parts.start("worker", [sys.executable, "worker.py"], told)
            pid = self.parts.running["worker"].process.pid
            await self._begin(f"{name}-warm", WARM_UP)
            before = megabytes(pid)
            await self._begin(name, sleepers)
            self.result.figures[f"{name}_kilobytes_each"] = round(1000 * (megabytes(pid) - before) / sleepers, 1)

    async def _begin(self, name: str, number: int) -> None:
        """Begins so many mentorships, and waits until they are asleep again: each has mailed both its people."""
        lives = Ours(self.mentorships, name)
        await _some_at_once((lives.begin(one) for one in range(number)), 10)
        await self._until_mailed(name, 2 * number)
        await asyncio.sleep(1)

    async def _until_mailed(self, name: str, mails: int) -> None:
        async with asyncio.timeout(PATIENCE):
            # They are files that another process writes.
            while self._mailed(name) < mails:  # noqa: ASYNC110
                await asyncio.sleep(EVERY)

    def _mailed(self, name: str) -> int:
        return sum(1 for _ in self.parts.outbox.glob(f"{name}-[0-9]*.eml"))

    def _watch(self) -> Watch:
        pids = {name: self.parts.running[name].process.pid for name in ("worker", "web")}
        return Watch(self.client, QUEUE, pids)

    @asynccontextmanager
    async def _looking(self, pages: list[float]) -> AsyncIterator[None]:
        """Someone opens a journey page, again and again."""
        key = (self.parts.folder / "link-key").read_text().strip()
        links = Links(self.parts.web_url, [key])
        now = datetime.now(UTC)
        urls = [links.mint(Purpose.JOURNEY, probe, Role.MENTEE, "", "load", now) for probe in self.probes]
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

            async def look() -> None:
                (await http.get(random.choice(urls))).raise_for_status()

            async with _again_and_again(look, pages):
                yield

    @asynccontextmanager
    async def _pressing(self, presses: list[float]) -> AsyncIterator[None]:
        """Someone presses, again and again."""
        probes = Ours(self.mentorships, "probe")

        async def press() -> None:
            number = next(self.numbers)
            # The first two presses are acceptances; those after them may come as often as one likes.
            try:
                await probes.press(number % PROBES, 2 + number)
            except EngineUnreachable:
                self.unanswered += 1

        async with _again_and_again(press, presses):
            yield


@asynccontextmanager
async def _again_and_again(do: Callable[[], Awaitable[None]], took: list[float]) -> AsyncIterator[None]:
    stop = asyncio.Event()

    async def on() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            await do()
            took.append(time.perf_counter() - began)
            await asyncio.sleep(OFTEN)

    task = asyncio.create_task(on())
    try:
        yield
    finally:
        stop.set()
        await task


async def _some_at_once(doings: Iterable[Coroutine[None, None, object]], most: int) -> None:
    turn = asyncio.Semaphore(most)

    async def one(doing: Coroutine[None, None, object]) -> None:
        async with turn:
            await doing

    await asyncio.gather(*map(one, doings))


@asynccontextmanager
async def _bare_worker(address: str, folder: str) -> AsyncIterator[int]:
    """Runs it; the value is its pid."""
    command = [sys.executable, "-m", _bare_life.__name__, address, folder]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _latencies(name: str, seconds: list[float]) -> dict[str, float]:
    parts = (("median", 0.5), ("p95", 0.95), ("p99", 0.99))
    return {f"{name}_{word}_ms": round(1000 * quantile(seconds, part), 1) for word, part in parts}


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description="The highest rate that this machine holds, and what happens past it.")
    parser.add_argument("--seconds", type=float, default=60, help="for all phases but the last, which weighs memory")
    parser.add_argument("--lanes", type=int, default=12, help="how many lives go on at once when it is flat out")
    parser.add_argument("--sleepers", type=int, default=400, help="how many mentorships are weighed; 0: none")
    return parser


if __name__ == "__main__":
    run(_parser(), measure)
