"""Worker and web as an operator runs them: processes of their own, outside local mode, on free ports."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.ports import free_port
from settings import ROOT
from tests.leaks.left import LEFT, Kind
from tests.payload_keys import entries

KEY = "a-key-of-the-tests-alone-and-no-secret"
READY_WITHIN = 60.0


async def until(happened: Callable[[], bool]) -> None:
    """Fails when it does not happen."""
    async with asyncio.timeout(READY_WITHIN):
        while not happened():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)


@dataclass
class Running:
    """One process. `url` is where it is asked for its health, `log` what it said."""

    process: asyncio.subprocess.Process
    url: str
    log: Path
    pages: str = ""

    async def asked(self, path: str) -> httpx.Response:
        """What it answers to an operator."""
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"{self.url}{path}")
        if path == "/metrics":
            LEFT.leave(Kind.METRICS, answer.content)
        return answer

    async def until_ready(self) -> None:
        """Fails when it is not ready in time, with what it said."""
        async with asyncio.timeout(READY_WITHIN):
            while self.process.returncode is None:
                try:
                    if (await self.asked("/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"it ended with {self.process.returncode}:\n{self.said}")

    def stop(self) -> None:
        """Asks it to stop."""
        self.process.send_signal(signal.SIGTERM)

    async def status(self) -> int:
        """How it ended."""
        async with asyncio.timeout(READY_WITHIN):
            return await self.process.wait()

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")


@asynccontextmanager
async def running(what: str, folder: Path, temporal: str, *before: str, **environment: str) -> AsyncIterator[Running]:
    """A `worker` or a `web`. `before` stands before its command; `environment` are settings without their prefix."""
    metrics, pages = free_port(), free_port()
    command = ["worker.py"] if what == "worker" else ["-m", "web.server"]
    own = {
        "LOCAL": "false",
        "LINK_KEYS": KEY,
        "PAYLOAD_KEYS": entries("a"),
        # Of the builds in the tests' namespace, none was made current.
        "VERSIONED": "false",
        "OUTBOX_DIR": str(folder / "outbox"),
        "BASE_URL": "http://127.0.0.1:8000",
        "WEB_PORT": str(pages),
        f"{what.upper()}_METRICS": f"127.0.0.1:{metrics}",
        **environment,
    }
    log = folder / f"{what}-{metrics}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *before, sys.executable, *command,
            cwd=ROOT,
            env={**os.environ, "TEMPORAL_ADDRESS": temporal, **_prefixed(own)},
            stdout=output,
            stderr=output,
        )  # fmt: skip
    it = Running(process, f"http://127.0.0.1:{metrics}", log, f"http://127.0.0.1:{pages}")
    try:
        yield it
    finally:
        if process.returncode is None:
            with contextlib.suppress(httpx.TransportError):
                await it.asked("/metrics")
            process.kill()
            await process.wait()


def _prefixed(own: dict[str, str]) -> dict[str, str]:
    return {name if name.startswith("OTEL_") else f"TRELLIS_{name}": value for name, value in own.items()}
