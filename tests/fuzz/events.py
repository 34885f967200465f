"""SendGrid's events: the whole route, with signatures that are wrong, missing, or true."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from fastapi import FastAPI

from demo.sendgrid_events import Key
from models.mail import MailEvent
from web.engine import Engine
from web.webhooks import EVENTS, SIGNATURE, TIMESTAMP, webhook_routes
from workflows.begin import workflow_id

WORDS = (*(f'"{name}"' for name in EVENTS), '"event":', '"mid":', '"mentorship":', '"role":', '"mentee"', '"reason":',
         '"pair-1-0001"', '"pair-1"', '"type":"blocked"', '"\\ud800"', "[", "{")  # fmt: skip
NAMES = {200: "accepted", 400: "HTTP 400", 401: "HTTP 401", 403: "HTTP 403"}


class Listener:
    """An engine that hears what became of mails, and takes an id only where Temporal would."""

    async def mail_event(self, id: str, event: MailEvent) -> None:
        assert len(workflow_id(id).encode()) < 1000
        assert MailEvent.model_validate_json(event.model_dump_json()) == event


with tempfile.TemporaryDirectory() as folder:
    KEY = Key(Path(folder) / "key.pem")
_app = FastAPI()
_app.include_router(webhook_routes(cast(Engine, Listener()), KEY.public))
_loop = asyncio.new_event_loop()


def feed(data: bytes) -> str:
    """The first byte chooses: signed, or with what stands before the first zero byte as the signature."""
    signed, rest = bool(data) and data[0] % 4 > 0, data[1:]
    if signed:
        body, headers = rest, KEY.signed(rest, int(time.time()))
    else:
        signature, _, body = rest.partition(b"\0")
        stamp = str(int(time.time())) if data[:1] == b"\0" else signature[:12].decode("latin-1")
        headers = {SIGNATURE: signature.decode("latin-1"), TIMESTAMP: stamp}
    status = _loop.run_until_complete(_post(body, headers))
    assert signed or status in (401, 403), "nobody is heard without a true signature"
    return NAMES[status]


def seeds() -> Iterable[bytes]:
    """An event of each kind, and what only looks like one."""
    for name in EVENTS:
        event = {"event": name, "email": "a@example.com", "timestamp": 1_800_000_000, "mid": "pair-1-0001",
                 "mentorship": "pair-1", "role": "mentee", "reason": "550 no such user", "type": "blocked"}  # fmt: skip
        yield b"\1" + json.dumps([event, {**event, "sg_event_id": "x"}]).encode()
    yield b"\1" + b"[" * 5000
    yield b"\1" + b'[{"event": "bounce", "mid": "\\ud800-1", "mentorship": "\\ud800", "role": "mentor"}]'
    yield b"\0MEUCIQ==\0[]"
    yield b"\4MEUCIQ==\0[]"


async def _post(body: bytes, headers: dict[str, str]) -> int:
    status = 0

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = cast(int, message["status"])

    scope = {
        "type": "http", "method": "POST", "path": "/webhooks/sendgrid", "raw_path": b"", "query_string": b"",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("192.0.2.1", 1),
    }  # fmt: skip
    await _app(scope, receive, send)  # type: ignore[arg-type]
    return status
