"""From the press of a button to its receipt, beside a bare Temporal update: the real web app, worker and dev server.

One person at a time presses on mentorships in turn, each press after its form was opened (which is not timed, as
nobody waits for it): the form is sent, the answer's redirect followed, and the receipt read to its end, over one
connection that stays open, as a browser keeps it. The client is the plain one of the standard library: a comfortable
one spends as long on the addresses as the web app on the press. Between the
presses the same process sends updates to workflows that do nothing but count, in a worker process of their own, so
that both see the same machine. Everything is warm, and each workflow stays in its worker's cache.
"""

import asyncio
import sys
import time
import urllib.parse
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from temporalio.client import Client, WorkflowHandle

import programs
from benchmarks import _bare
from benchmarks._bare import Bare
from benchmarks._result import Goal, Result, run
from demo.forms import encode, open_page
from demo.server import HOST, Parts, Ports
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
        async with parts, _bare_worker(parts.address):
            http = HTTPConnection(HOST, parts.ports.web, timeout=30)
            pages = await _started(parts, MENTORSHIPS)
            handles = await _bare_workflows(parts.client, MENTORSHIPS)
            presses, updates, sizes = [], [], []
            rounds = -(-arguments.presses // MENTORSHIPS) + WARM_UP
            for number in range(rounds):
                for page, handle in zip(pages, handles, strict=True):
                    took, size = _press(http, page, number)
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


def _press(http: HTTPConnection, url: str, number: int) -> tuple[float, int]:
    """Milliseconds from the press to the end of the receipt, and the receipt's bytes."""
    status, opened, _ = _asked(http, "GET", url)
    form = open_page(url, status, opened.decode()).form
    if form is None:
        raise RuntimeError(f"no form to press: the page answered {status}")
    values = form.prefilled | {"preferences.mail": ("all", "partner_only")[number % 2]}
    typed = urllib.parse.urlencode(encode(values), doseq=True)
    began = time.perf_counter()
    status, _, receipt_url = _asked(http, "POST", form.url, typed)
    if status != 303:
        raise RuntimeError(f"the press was answered with {status}")
    status, receipt, _ = _asked(http, "GET", receipt_url)
    took = 1000 * (time.perf_counter() - began)
    if status != 200:
        raise RuntimeError(f"the receipt was answered with {status}")
    return took, len(receipt)


def _asked(http: HTTPConnection, method: str, url: str, body: str | None = None) -> tuple[int, bytes, str]:
    """The status, the whole body, and where it leads."""
    headers = {} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}
    http.request(method, urllib.parse.urlsplit(url).path, body, headers)
    answer = http.getresponse()
    return answer.status, answer.read(), answer.headers.get("Location", "")


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
