"""Being asked to stop, and Temporal being away: real processes, under load, and as the first process of a container."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from bs4 import BeautifulSoup

from demo.ports import free_port
from links import Links, Purpose
from models.acts import StopContact
from models.base import Role
from telemetry.readiness import SILENT, UNREACHABLE
from tests.pairs import a_program, a_start
from tests.payload_keys import client_with
from tests.processes import KEY, running, until
from tests.temporal_server import temporal_server
from tests.web_parts import filled
from worker import build
from workflows.client import Mentorships
from workflows.time_skipping import idle

BASE = "http://127.0.0.1:8000"
LINKS = Links(BASE, [KEY])
PEOPLE = 8
"""Each presses again and again."""


class SlowPost:
    """A mail server that takes its time over each mail, so that a stop comes in the middle of many."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begun = 0
        self.has_begun = threading.Event()
        self.taken: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.begun += 1
        self.has_begun.set()
        await asyncio.sleep(self.seconds)
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return "250 OK"


@contextmanager
def slow_post(seconds: float) -> Iterator[tuple[SlowPost, int]]:
    post, port = SlowPost(seconds), free_port()
    server = Controller(post, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield post, port
    finally:
        server.stop()


async def test_a_worker_that_is_stopped_finishes_the_mails_it_has_begun(temporal_address: str, tmp_path: Path) -> None:
    queue, client = "stopped-while-mailing", await client_with(temporal_address, "a")
    mentorships = Mentorships(client, task_queue=queue)
    with slow_post(seconds=0.5) as (post, port):
        chosen = {
            "TASK_QUEUE": queue,
            "MAILER": "smtp",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_SECURITY": "none",
        }
        async with running("worker", tmp_path, temporal_address, **chosen) as first:
            await first.until_ready()
            ids = [(await mentorships.start(a_start(), a_program())).id for _ in range(PEOPLE)]
            acts = [mentorships.act(id, StopContact(by=Role.MENTEE), update_id=f"{id}-stop") for id in ids]
            pressing = asyncio.gather(*acts)
            await asyncio.to_thread(post.has_begun.wait, 30)
            first.stop()
            first.stop()
            assert (await first.asked("/ready")).json() == {"status": "not ready", "reason": "it is stopping"}
            assert await first.status() == 0
            begun = post.begun
            assert len(post.taken) == begun, "it left mails half sent"
        async with running("worker", tmp_path, temporal_address, **chosen):
            assert len(await pressing) == PEOPLE
            for id in ids:
                await idle(client, id)
    letters = [message_from_bytes(mail)["Message-ID"] for mail in post.taken]
    assert len(letters) == len(set(letters)), "a mail was sent twice"
    assert {id for id in ids if any(one.startswith(f"<{id}-") for one in letters)} == set(ids)


async def test_a_web_that_is_stopped_answers_every_press_that_it_took(temporal_address: str, tmp_path: Path) -> None:
    queue, client = "stopped-web", await client_with(temporal_address, "a")
    mentorships = Mentorships(client, task_queue=queue)
    ids = [(await mentorships.start(a_start(), a_program())).id for _ in range(PEOPLE)]
    async with build(client, task_queue=queue), running("web", tmp_path, temporal_address) as web:
        await web.until_ready()
        people = [asyncio.create_task(_presses_until_nobody_listens(web.pages, id)) for id in ids]
        await asyncio.sleep(1)
        web.stop()
        web.stop()
        pressed = await asyncio.gather(*people)
        assert await web.status() == 0
        assert min(pressed) > 0
        assert [(await mentorships.overview(id)).acts for id in ids] == pressed
        assert "Traceback" not in web.said


async def _presses_until_nobody_listens(pages: str, id: str) -> int:
    """Someone who changes their mind all the time. How often they were told that it is recorded."""
    link = LINKS.mint(Purpose.ASK, id, Role.MENTEE, "accept.mentee", f"{id}-0001", datetime.now(UTC))
    path, pressed = link.removeprefix(BASE), 0
    async with httpx.AsyncClient(base_url=pages, trust_env=False, timeout=30) as browser:
        try:
            while True:
                page = await browser.get(path)
                assert page.status_code == 200
                form = filled(BeautifulSoup(page.text, "lxml"), {"decision": "yes"})
                answer = await browser.post(path, data=form)
                assert answer.status_code == 303
                pressed += 1
        except httpx.ConnectError:
            # Refused: this connection was never taken.
            return pressed


async def test_a_web_that_drains_says_so_and_serves_on(temporal_address: str, tmp_path: Path) -> None:
    async with running("web", tmp_path, temporal_address, DRAIN_SECONDS="1.5") as web:
        await web.until_ready()
        web.stop()
        async with httpx.AsyncClient(base_url=web.pages, trust_env=False) as browser:
            async with asyncio.timeout(1):
                while (ready := await browser.get("/ready")).status_code == 200:
                    pass
            assert ready.json() == {"status": "not ready", "reason": "it is stopping"}
            still = await browser.get("/health")
        assert (still.status_code, still.headers["connection"]) == (200, "close")
        assert await web.status() == 0


def _first_process() -> tuple[str, ...]:
    command = ("unshare", "--map-root-user", "--pid", "--fork", "--kill-child")
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system lets nobody have a first process of their own (unshare)")
    return command


def _inside(process: asyncio.subprocess.Process) -> int:
    """The process that believes itself the first, as it is numbered out here."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


async def test_the_first_process_of_a_container_stops_when_it_is_told_to(temporal_address: str, tmp_path: Path) -> None:
    """The kernel keeps every signal from it for which it has no handler."""
    before, chosen = _first_process(), {"TASK_QUEUE": "first-process"}
    async with (
        running("worker", tmp_path, temporal_address, *before, **chosen) as worker,
        running("web", tmp_path, temporal_address, *before, **chosen) as web,
    ):
        for part in (worker, web):
            await part.until_ready()
            os.kill(_inside(part.process), signal.SIGTERM)
        assert (await worker.status(), await web.status()) == (0, 0)


async def test_a_worker_waits_for_temporal_if_it_is_told_to_and_stops_while_it_waits(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    async with running("worker", tmp_path, nobody, TEMPORAL_WAIT="60") as worker:
        await until(lambda: "waiting for Temporal" in worker.said)
        assert (await worker.asked("/health")).status_code == 200
        ready = await worker.asked("/ready")
        assert (ready.status_code, ready.json()["reason"]) == (503, "it has not begun to work")
        worker.stop()
        assert await worker.status() == 0


async def test_both_tell_that_temporal_is_away_and_can_be_stopped_nevertheless(tmp_path: Path) -> None:
    with ExitStack() as away:
        address = away.enter_context(temporal_server(tmp_path / "temporal.log"))
        async with running("worker", tmp_path, address) as worker, running("web", tmp_path, address) as web:
            await asyncio.gather(worker.until_ready(), web.until_ready())
            away.close()
            for part in (worker, web):
                async with asyncio.timeout(10):
                    while (ready := await part.asked("/ready")).status_code == 200:
                        pass
                assert ready.json()["reason"] in (UNREACHABLE, SILENT)
                assert (await part.asked("/health")).status_code == 200
                assert "trellis_ready 0.0" in (await part.asked("/metrics")).text
            for part in (worker, web):
                part.stop()
            assert (await worker.status(), await web.status()) == (0, 0)


async def test_an_address_for_metrics_that_is_taken_is_named(temporal_address: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with (
            running("worker", tmp_path, temporal_address, WORKER_METRICS=f"127.0.0.1:{port}") as worker,
            running("web", tmp_path, temporal_address, WEB_METRICS=f"127.0.0.1:{port}") as web,
        ):
            assert (await worker.status(), await web.status()) == (1, 1)
    for part in (worker, web):
        assert part.said.splitlines() == [f"Metrics can't be served at 127.0.0.1:{port}: Address already in use"]
