"""From the press of a button to its receipt, beside a bare Temporal update: the real web app, worker and dev server.

One person at a time presses on mentorships in turn, each press after its form was opened (which is not timed, as
nobody waits for it): the form is sent, the answer's redirect followed, and the receipt read to its end. Between the
presses the same process sends updates to workflows that do nothing but count, in a worker process of their own, so
that both see the same machine. Everything is warm, and each workflow stays in its worker's cache.
"""

import asyncio
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

import httpx
from temporalio.client import Client, WorkflowHandle

import programs
from benchmarks import _bare
from benchmarks._bare import Bare
from benchmarks._result import Goal, Result, run
from demo.forms import encode, open_page
from demo.server import Parts, Ports
from lifecycle.simulation import sample_start
from links import Links, Purpose, form_url
from models.base import Role
from settings import ROOT

MENTORSHIPS = 25
"""Presses go round, so that no history grows longer than those of real mentorships do."""
WARM_UP = 2
"""Rounds before the clock counts."""


async def measure(arguments: Namespace) -> Result:
    """Starts the parts, presses, and compares."""
    with TemporaryDirectory() as folder:
        parts = Parts(Path(folder), Ports.free(), headless=True, in_memory=True)
        async with parts, _bare_worker(parts.address), httpx.AsyncClient(trust_env=False, timeout=30) as http:
            pages = await _started(parts, MENTORSHIPS)
            handles = await _bare_workflows(parts.client, MENTORSHIPS)
            presses, updates, sizes = [], [], []
            rounds = -(-arguments.presses // MENTORSHIPS) + WARM_UP
            for number in range(rounds):
                for page, handle in zip(pages, handles, strict=True):
                    took, size = await _press(http, page, number)
                    bare = await _update(handle, f"press {number}")
                    if number >= WARM_UP:
                        presses.append(took)
                        updates.append(bare)
                        sizes.append(size)
    result = Result(
        "pages",
        figures={
            "presses": len(presses),
            "press_to_receipt_median_ms": _at(presses, 0.5),
            "press_to_receipt_p99_ms": _at(presses, 0.99),
            "bare_update_median_ms": _at(updates, 0.5),
            "bare_update_p99_ms": _at(updates, 0.99),
            "receipt_kilobytes": round(max(sizes) / 1000, 1),
        },
        ratios={
            "median_vs_bare_update": round(_at(presses, 0.5) / _at(updates, 0.5), 2),
            "p99_vs_bare_update": round(_at(presses, 0.99) / _at(updates, 0.99), 2),
        },
    )
    result.set_goal("median_vs_bare_update", Goal(2))
    return result


async def _started(parts: Parts, count: int) -> list[str]:
    """The settings forms of so many mentees, whose mentorships have sent their first mail."""
    program = programs.load("career")
    key = (parts.folder / "link-key").read_text().strip()
    links = Links(parts.web_url, [key])
    found = []
    for number in range(count):
        start = sample_start(program, "Europe/Berlin", "Europe/Lisbon").evolve(id=f"pair-{number}")
        await parts.mentorships.start(start, program)
        now = (await parts.mentorships.overview(start.id)).now
        journey = links.mint(Purpose.JOURNEY, start.id, Role.MENTEE, "", "benchmark", now)
        found.append(form_url(journey, "change_preferences"))
    return found


async def _press(http: httpx.AsyncClient, url: str, number: int) -> tuple[float, int]:
    """Milliseconds from the press to the end of the receipt, and the receipt's bytes."""
    opened = await http.get(url)
    form = open_page(url, opened.status_code, opened.text).form
    if form is None:
        raise RuntimeError(f"no form to press: the page answered {opened.status_code}")
    values = form.prefilled | {"preferences.mail": ("all", "partner_only")[number % 2]}
    began = time.perf_counter()
    pressed = await http.post(form.url, data=encode(values))
    if pressed.status_code != 303:
        raise RuntimeError(f"the press was answered with {pressed.status_code}")
    receipt = await http.get(urljoin(url, pressed.headers["location"]))
    took = 1000 * (time.perf_counter() - began)
    if receipt.status_code != 200:
        raise RuntimeError(f"the receipt was answered with {receipt.status_code}")
    return took, len(receipt.content)


async def _update(handle: WorkflowHandle[Bare, int], value: str) -> float:
    began = time.perf_counter()
    await handle.execute_update(Bare.press, value)
    return 1000 * (time.perf_counter() - began)


async def _bare_workflows(client: Client, count: int) -> list[WorkflowHandle[Bare, int]]:
    return [
        await client.start_workflow(Bare.run, id=f"bare/{number}", task_queue=_bare.TASK_QUEUE)
        for number in range(count)
    ]


@asynccontextmanager
async def _bare_worker(address: str) -> AsyncIterator[None]:
    worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks._bare", address, cwd=ROOT)
    try:
        yield
    finally:
        worker.kill()
        await worker.wait()


def _at(times: list[float], share: float) -> float:
    """The time that this share of all stays within."""
    return round(sorted(times)[min(len(times) - 1, int(share * len(times)))], 2)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description="Milliseconds from press to receipt, beside a bare Temporal update.")
    parser.add_argument("--presses", type=int, default=1000, help="how many presses are timed (default 1000)")
    return parser


if __name__ == "__main__":
    run(_parser(), measure)
