"""What the local SendGrid reports of mails it took: signed events, in batches, some late, some twice, until heard."""

import asyncio
import base64
import heapq
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

BATCH_EVERY = 0.05
RETRY_AFTER = 0.3
LATEST = 0.15
"""Seconds that an event may be late at the first try."""
OFTEN_TWICE = 0.1
VERY_LATE = (2.0, 6.0)
"""Seconds that a belated event takes. To a mentorship whose clock is skipped they are weeks."""

Event = dict[str, Any]


class Key:
    """The pair of keys of one folder: the webhook is given the public one."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            path.touch(mode=0o600)
            path.write_bytes(
                made.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        read = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(read, ec.EllipticCurvePrivateKey)
        self._private = read

    @property
    def public(self) -> str:
        """As SendGrid shows it: base64 of the DER form."""
        der = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def signed(self, body: bytes, timestamp: int) -> dict[str, str]:
        """The headers of a request with this body."""
        signature = self._private.sign(str(timestamp).encode() + body, ec.ECDSA(SHA256()))
        return {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": str(timestamp),
        }


def events(request: dict[str, Any], message_id: str) -> list[Event]:
    """What will happen to a mail, in order. The local part of its address decides: bounce@, blocked@, complaint@."""
    email = request["personalizations"][0]["to"][0]["email"]
    common: Event = {
        **request.get("custom_args", {}),
        "email": email,
        "smtp-id": f"<{message_id}@geopod-ismtpd-1>",
        "sg_message_id": f"{message_id}.recvd-1",
        "category": request.get("categories", []),
    }

    def happened(event: str, **more: str) -> Event:
        return {**common, "event": event, "sg_event_id": uuid.uuid4().hex, **more}

    delivered = happened("delivered", response="250 2.0.0 OK")
    refused = "550 5.1.1 There is no such mailbox"
    ends: dict[str, list[Event]] = {
        "bounce": [happened("bounce", type="bounce", status="5.1.1", reason=refused)],
        "blocked": [happened("bounce", type="blocked", status="4.2.2", reason="452 4.2.2 The mailbox is full")],
        "complaint": [delivered, happened("spamreport")],
    }
    return [happened("processed"), *ends.get(email.split("@")[0], [delivered])]


@dataclass(slots=True)
class Reporter:
    """Posts events to a webhook. Without an address it reports nothing.

    `belated` is how often an event comes very late. The first one of a mail never does: that a mail was taken is told
    soon.
    """

    key: Key
    url: str
    seed: int
    belated: float = 0.0
    posted: int = 0
    refused: int = 0
    told_twice: int = 0
    told_late: int = 0
    _due: list[tuple[float, int, Event]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _under_way: list[Event] = field(default_factory=list)

    def report(self, mid: str, happened: list[Event]) -> None:
        """Events that will be posted some time soon, not always in their order."""
        if not self.url:
            return
        chance = Random(f"{self.seed}/{mid}/events")  # noqa: S311 - the seed makes it repeatable  # nosec B311
        for number, event in enumerate(happened):
            event["timestamp"] = int(time.time())
            times = 2 if chance.random() < OFTEN_TWICE else 1
            self.told_twice += times - 1
            for _ in range(times):
                late = number > 0 and chance.random() < self.belated
                self.told_late += late
                self._push(event, chance.uniform(*VERY_LATE) if late else chance.random() * LATEST)

    def settled(self, mentorship: str = "") -> bool:
        """Whether the webhook has heard everything, or everything of one mentorship that is not belated."""
        soon = time.monotonic() + LATEST + RETRY_AFTER
        due = [event for at, _, event in self._due if not mentorship or at <= soon]
        return not any(not mentorship or event.get("mentorship") == mentorship for event in (*due, *self._under_way))

    async def run(self) -> None:
        """Posts what is due until cancelled."""
        async with httpx.AsyncClient(timeout=10) as http:
            while True:
                batch = []
                while self._due and self._due[0][0] <= time.monotonic():
                    batch.append(heapq.heappop(self._due)[2])
                if batch:
                    await self._post(http, batch)
                await asyncio.sleep(BATCH_EVERY)

    async def _post(self, http: httpx.AsyncClient, batch: list[Event]) -> None:
        self._under_way = batch
        body = json.dumps(batch).encode()
        try:
            answer = await http.post(self.url, content=body, headers=self.key.signed(body, int(time.time())))
            taken = answer.is_success
        except httpx.HTTPError:
            taken = False
        if taken:
            self.posted += len(batch)
        else:
            self.refused += 1
            for event in batch:
                self._push(event, RETRY_AFTER)
        self._under_way = []

    def _push(self, event: Event, delay: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay, next(self._numbers), event))
