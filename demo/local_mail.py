"""The local SendGrid as a part of the demo: how it is started, what the other parts are told, and when it is quiet."""

import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from demo.sendgrid_events import Key

HOST = "127.0.0.1"


class Mailer(StrEnum):
    """Who carries the demo's mail."""

    OUTBOX = "outbox"
    SENDGRID_LOCAL = "sendgrid-local"


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often each kind of trouble comes (0 to 0.2), by which seed, and how long the mailer waits for an answer.

    `belated` is how often an event of the provider's comes very late (0 to 1).
    """

    rate: float = 0.0
    seed: int = 1
    timeout: float = 2.0
    belated: float = 0.0


@dataclass(frozen=True, slots=True)
class LocalMail:
    """A local SendGrid that keeps its mails where the outbox would be."""

    folder: Path
    outbox: Path
    port: int
    web_url: str
    trouble: Trouble
    key: str

    @classmethod
    def of(cls, folder: Path, outbox: Path, port: int, web_url: str, trouble: Trouble) -> "LocalMail":
        """One with a key of its own."""
        return cls(folder, outbox, port, web_url, trouble, f"SG.{secrets.token_urlsafe(24)}")

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def signing_key(self) -> Path:
        return self.folder / "sendgrid-signing-key.pem"

    def command(self) -> Sequence[str]:
        """What starts it."""
        command = [sys.executable, "-m", "demo.sendgrid_server", "--folder", str(self.outbox), "--port", str(self.port)]
        command += ["--signing-key", str(self.signing_key), "--webhook", f"{self.web_url}/webhooks/sendgrid"]
        command += ["--seed", str(self.trouble.seed), "--trouble", str(self.trouble.rate)]
        return [*command, "--belated", str(self.trouble.belated)]

    def environment(self) -> dict[str, str]:
        """What the worker and the web app have to know."""
        return {
            "TRELLIS_MAILER": "sendgrid",
            "TRELLIS_MAIL_TIMEOUT": str(self.trouble.timeout),
            "TRELLIS_SENDGRID_KEY": self.key,
            "TRELLIS_SENDGRID_HOST": self.url,
            "TRELLIS_SENDGRID_WEBHOOK_KEY": Key(self.signing_key).public,
        }

    async def settled(self, mentorship: str = "") -> bool:
        """Waits until every event (of one mentorship) was heard. Whether there was anything to wait for."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            answer = (await http.get("/local/settled", params={"mentorship": mentorship})).raise_for_status()
            return bool(answer.json()["waited"])

    async def meets(self, trouble: str) -> None:
        """The next request meets this trouble."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            (await http.post("/local/trouble", json=[trouble])).raise_for_status()

    async def figures(self) -> dict[str, Any]:
        """Everything that it counted; see `demo.sendgrid_server.Desk.figures`."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            counted: dict[str, Any] = (await http.get("/local/figures")).raise_for_status().json()
            return counted
