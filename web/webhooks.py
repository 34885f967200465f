"""Where SendGrid reports what became of mails: its signed Event Webhook, turned into signals to mentorships.

See https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from models.mail import MailEvent
from telemetry import metrics
from web.engine import Engine
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable

log = logging.getLogger("trellis.webhooks")

SIGNATURE, TIMESTAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
FRESH_FOR = 600
"""Seconds that a signed request may be old, or ahead of our clock. Later copies of it are replays."""
REMEMBERED = 100_000
AT_ONCE = 16
"""Mentorships that are signalled at the same time."""
LONGEST_REASON = 200
OURS = re.compile(r"[A-Za-z0-9_.-]{1,200}")
"""How every id of a mail of ours looks, and with it every id of a mentorship: Temporal takes no others."""

EVENTS = {
    "processed": "processed",
    "delivered": "delivered",
    "bounce": "bounced",
    "dropped": "dropped",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
"""SendGrid's names of events, and ours. A bounce of type `blocked` is a soft one. Those not named here tell nothing
that anything follows from: deferred, open, click, group_resubscribe."""


def webhook_routes(engine: Engine, public_key: str) -> APIRouter:
    """POST /webhooks/sendgrid. 2xx tells the provider to forget the events, anything else to bring them again."""
    router = APIRouter()
    seal = Seal(public_key)
    inbox = Inbox(engine)

    @router.post("/webhooks/sendgrid")
    async def sendgrid(request: Request) -> Response:
        body = await request.body()
        signature, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
        if not signature or not timestamp:
            return Response(status_code=401)
        if not seal.is_on(body, signature, timestamp, now=time.time()):
            log.warning("Refused events that SendGrid did not sign, or not within the last %s seconds", FRESH_FOR)
            return Response(status_code=403)
        try:
            events = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if not isinstance(events, list):
            return Response(status_code=400)
        try:
            await inbox.take(events)
        except EngineUnreachable:
            return Response(status_code=503, headers={"Retry-After": "30"})
        return Response(status_code=200)

    return router


class Seal:
    """The signature over timestamp and raw body: ECDSA with SHA-256 on P-256."""

    def __init__(self, public_key: str) -> None:
        key = load_der_public_key(base64.b64decode(public_key))
        assert isinstance(key, EllipticCurvePublicKey)
        self._key = key

    def is_on(self, body: bytes, signature: str, timestamp: str, *, now: float) -> bool:
        """Whether the body was signed with the key, at a time near `now` (epoch seconds)."""
        if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > FRESH_FOR:
            return False
        try:
            self._key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Report:
    """One event that a mentorship should hear of. `key` tells repetitions: the provider's own id may change."""

    mentorship: str
    event: MailEvent
    key: tuple[str, str, str, str]


@dataclass
class Inbox:
    """Passes events on, each once while this process remembers it. The workflow takes a repeated one in its stride."""

    engine: Engine
    counts: Counter[str] = field(default_factory=Counter)
    _seen: OrderedDict[tuple[str, str, str, str], None] = field(default_factory=OrderedDict)

    async def take(self, events: Iterable[object]) -> None:
        """Raises EngineUnreachable when some could not be passed on; those that were are remembered."""
        before = self.counts.copy()
        by_mentorship: dict[str, list[Report]] = {}
        for report in _news(self._read(events)):
            by_mentorship.setdefault(report.mentorship, []).append(report)
        turn = asyncio.Semaphore(AT_ONCE)
        away: list[EngineUnreachable] = []

        async def tell(reports: list[Report]) -> None:
            async with turn:
                for report in reports:
                    if away:  # each further one would only wait for the same
                        return
                    try:
                        await self._pass_on(report)
                    except EngineUnreachable as problem:
                        away.append(problem)

        await asyncio.gather(*map(tell, by_mentorship.values()))
        new = self.counts - before
        for what, count in new.items():
            metrics.MAIL_EVENTS.labels(what.replace(" ", "_")).inc(count)
        log.info("SendGrid events: %s", ", ".join(f"{count} {what}" for what, count in new.items()) or "none")
        if away:
            raise away[0]

    def _read(self, events: Iterable[object]) -> Iterable[Report]:
        for event in map(_plain, events):
            kind = _kind(event)
            report = _report(event, kind) if kind else None
            if not kind:
                self.counts["ignored"] += 1
            elif report is None:
                # An address alone is not enough: it may be in several mentorships, and mean none of them.
                self.counts[f"{kind} without our arguments"] += 1
            elif report.key in self._seen:
                self.counts["repeated"] += 1
            else:
                yield report

    async def _pass_on(self, report: Report) -> None:
        try:
            await self.engine.mail_event(report.mentorship, report.event)
            self.counts[report.event.event] += 1
        except NoSuchMentorship:
            self.counts["of no known mentorship"] += 1
        except ActRejected:
            self.counts["after the end"] += 1
        self._seen[report.key] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def _plain(event: object) -> dict[str, Any]:
    """Its words and numbers. What is nested tells us nothing, and may be deep enough to make any use of it fail."""
    members = event.items() if isinstance(event, dict) else ()
    return {name: value for name, value in members if isinstance(value, str | int | float)}


def _kind(event: dict[str, Any]) -> str:
    """Our name of an event, or nothing."""
    kind = EVENTS.get(str(event.get("event")), "")
    return "blocked" if kind == "bounced" and event.get("type") == "blocked" else kind


def _report(event: dict[str, Any], kind: str) -> Report | None:
    """The event as its mentorship should hear it, if it carries the arguments that we gave the mail."""
    mid, mentorship = event.get("mid"), event.get("mentorship")
    if not (isinstance(mid, str) and isinstance(mentorship, str) and OURS.fullmatch(mid)):
        return None
    if not mid.startswith(f"{mentorship}-"):
        return None
    reason = " ".join(str(event.get("reason") or "").split())[:LONGEST_REASON]
    try:
        told = MailEvent.model_validate({"letter": mid, "to": event.get("role"), "event": kind, "reason": reason})
    except ValidationError:
        return None
    address = hashlib.sha256(repr(event.get("email")).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return Report(mentorship, told, (kind, mid, address, str(event.get("timestamp"))))


def _news(reports: Iterable[Report]) -> list[Report]:
    """Each event once, and no `processed` of a mail whose end is told too: a signal costs an action."""
    once = list({report.key: report for report in reports}.values())
    known = {report.event.letter for report in once if report.event.event != "processed"}
    return [one for one in once if one.event.event != "processed" or one.event.letter not in known]
