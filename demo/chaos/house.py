"""The house that chaos is made in: the demo's parts, with two workers, a gate, a disk and a platform, clocks wrong."""

import sys
from pathlib import Path

from cli.start_file import read_start
from demo.chaos.disk import Disk
from demo.chaos.gate import Gate
from demo.chaos.plan import Channel, Plan, Role
from demo.chaos.platform import Platform
from demo.local_mail import Trouble
from demo.ports import free_ports
from demo.server import Parts, Ports
from models.people import Start
from settings import ROOT
from workflows.client import Mentorships

SAMPLE = ROOT / "examples" / "demo.yaml"
EACH_TROUBLE = 0.02
BELATED = 0.3
ANSWER_WITHIN = 1.0


class House(Parts):
    """Use it as an async context. Each channel has its worker: one speaks with the local SendGrid, through the gate;
    the other writes to the disk."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        trouble = Trouble(EACH_TROUBLE, plan.seed, ANSWER_WITHIN, BELATED)
        super().__init__(folder, Ports.free(), headless=True, trouble=trouble)
        gate, platform = free_ports(2)
        self.plan = plan
        self.sample = read_start(SAMPLE)
        self.gate = Gate(gate, 0)
        self.platform = Platform(platform, plan.seed)
        self.disk = Disk(folder.resolve() / "disk")

    def start_of(self, role: Role) -> Start:
        """How a platform hands this pair over: everybody is the pair of the sample."""
        return self.sample.evolve(id=role.cast.id, program=role.cast.program)

    def mentorships_of(self, channel: Channel) -> Mentorships:
        """Where mentorships of this channel are started."""
        return Mentorships(self.client, task_queue=channel.task_queue, webhooks=True)

    def mails_of(self, channel: Channel) -> Path:
        """Where their mails lie."""
        return self.outbox if channel is Channel.SENDGRID else self.disk.path / "outbox"

    async def bring_up(self) -> None:
        """Starts the parts, each when those it needs answer."""
        assert self.sendgrid is not None
        await self.disk.insert()
        await self.platform.open()
        self.gate.to = self.sendgrid.port
        await self.gate.open()
        await self.start("temporal", self.server_command())
        self._client = await self.connected()
        await self.start("sendgrid", self.sendgrid.command())
        await self.answers(f"{self.sendgrid.url}/local/figures")
        for channel in Channel:
            await self.start(channel.worker, self._skewed(channel.worker, "worker.py"), self._told(channel))
        await self.start("web", self._skewed("web", "web.server"))
        await self.answers(self.web_url)

    async def stop(self) -> None:
        """Stops everything; the mails on the disk are kept in the folder."""
        for channel in Channel:
            await self.end(channel.worker)
        await super().stop()
        await self.gate.shut()
        self.platform.close()
        await self.disk.remove(self.folder / "disk-kept")

    async def kill_and_wait(self, name: str) -> None:
        """Kills a part, and waits until it serves again."""
        await self.kill(name)
        if name == "temporal":
            await self.connected()
        elif name == "web":
            await self.answers(self.web_url)

    def _skewed(self, machine: str, program: str) -> list[str]:
        return [sys.executable, "-m", "demo.chaos.skewed_clock", str(self.plan.skews[machine]), program]

    def _told(self, channel: Channel) -> dict[str, str]:
        told = {"TRELLIS_TASK_QUEUE": channel.task_queue, **self.platform.environment}
        if channel is Channel.SENDGRID:
            return told | {"TRELLIS_SENDGRID_HOST": self.gate.url}
        return told | {"TRELLIS_MAILER": "outbox", "TRELLIS_OUTBOX_DIR": str(self.mails_of(channel))}
