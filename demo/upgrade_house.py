"""Where upgrades are rehearsed: a Temporal server, and workers and commands of several sources, as in production."""

import asyncio
import os
import secrets
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from temporalio.client import Client
from temporalio.service import RPCError

from demo.ports import HOST
from demo.server import Ports, server_binary
from settings import Settings
from workflows.connection import data_converter
from workflows.payload_keys import new_payload_key
from workflows.search_attributes import REGISTRY
from workflows.time_skipping import server_arguments

# The server looks every few minutes whether a version is drained: here every second.
DRAINS_SOON = ("VersionDrainageStatusVisibilityGracePeriod", "VersionDrainageStatusRefreshInterval")
SAYS_ITS_BUILD = b'"message": "build '


@dataclass(frozen=True, slots=True)
class House:
    """The server and the folder in which all of it happens, and the keys that all have."""

    folder: Path
    address: str
    console: Console
    client: Client
    keys: dict[str, str] = field(repr=False)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "TRELLIS_"))}
        return kept | {
            "TEMPORAL_ADDRESS": self.address,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "TRELLIS_LOCAL": "false",
            "TRELLIS_OUTBOX_DIR": str(self.folder / "outbox"),
            "COLUMNS": "160",
            "NO_COLOR": "1",
            **self.keys,
        }

    @asynccontextmanager
    async def worker(self, source: Path) -> AsyncIterator[Process]:
        """The worker of a source, from when it has said whether its build is current."""
        log = self.folder / f"worker-{source.name}.log"
        said = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "worker.py", cwd=source, env=self.environment(), stdout=output, stderr=output
            )
        try:
            async with asyncio.timeout(60):
                while SAYS_ITS_BUILD not in log.read_bytes()[said:]:  # noqa: ASYNC110 - another process writes it
                    await asyncio.sleep(0.1)
            yield process
        finally:
            await stop(process)

    async def starter(self, source: Path, *arguments: str) -> tuple[int, str]:
        """A command of a source: its exit code, and what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "starter.py",
            *arguments,
            cwd=source,
            env=self.environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, complained = await process.communicate()
        return process.returncode or 0, (out or complained).decode().strip()


async def stop(process: Process) -> None:
    """Asks it to stop, and waits until it has."""
    if process.returncode is None:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """A Temporal server in memory, on free ports."""
    ports = Ports.free()
    command = [str(server_binary()), "server", "start-dev", "--headless", "--ip", HOST, "--log-level", "warn"]
    command += ["--port", str(ports.temporal), "--metrics-port", str(ports.ui), *server_arguments()]
    for name in DRAINS_SOON:
        command += ["--dynamic-config-value", f'matching.wv.{name}="1s"']
    for key in REGISTRY:
        command += ["--search-attribute", f"{key.name}=Keyword"]
    with (folder / "temporal.log").open("wb") as output:
        server = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    try:
        address = f"{HOST}:{ports.temporal}"
        keys = {
            "TRELLIS_PAYLOAD_KEYS": new_payload_key("drill"),
            "TRELLIS_LINK_KEYS": secrets.token_urlsafe(32),
        }
        client = await _connected(address, keys["TRELLIS_PAYLOAD_KEYS"])
        yield House(folder, address, Console(stderr=True, width=150), client, keys)
    finally:
        await stop(server)


async def _connected(address: str, key: str) -> Client:
    converter = data_converter(Settings(payload_keys=(SecretStr(key),)))
    async with asyncio.timeout(60):
        while True:
            try:
                client = await Client.connect(address, data_converter=converter)
                await client.count_workflows("")
            except (RuntimeError, RPCError):
                await asyncio.sleep(0.1)
            else:
                return client
