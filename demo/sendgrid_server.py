"""A SendGrid of one's own, for the demo and the tests: `python -m demo.sendgrid_server --folder … --port …`.

It takes POST /v3/mail/send by the published contract, keeps what it took as files (as the outbox mailer does, so that
the simulated people can read them), can fail in every way that a provider does, and reports signed events.
Everything below /local is its own: figures, faults to come, and waiting until all events were heard.
"""

import argparse
import asyncio
import base64
import contextlib
import hmac
import json
import os
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from demo import sendgrid_contract as contract
from demo.sendgrid_events import Key, Reporter, events

HOST = "127.0.0.1"
HANGS_FOR = 60.0
SETTLES_WITHIN = 30.0
ABORT = "trellis.abort"


class Trouble(StrEnum):
    """What can go wrong with a request; `after` means that the mail was taken all the same."""

    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    HANG_BEFORE = "hang_before"
    HANG_AFTER = "hang_after"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    THROTTLE = "throttle"
    REDIRECT = "redirect"

    @property
    def takes_the_mail(self) -> bool:
        return self.value.endswith("_after")


TROUBLES = (
    (Trouble.DROP_BEFORE, Trouble.DROP_AFTER),
    (Trouble.HANG_BEFORE, Trouble.HANG_AFTER),
    (Trouble.ERROR_BEFORE, Trouble.ERROR_AFTER),
    (Trouble.THROTTLE,),
    (Trouble.REDIRECT,),
)
"""The kinds of trouble: each comes as often as the others, and its forms equally often."""


@dataclass(slots=True)
class Desk:
    """What the server knows: how often each mail came, how often it was taken, and what was wrong."""

    folder: Path
    key: str
    seed: int
    trouble_rate: float
    reporter: Reporter
    forced: deque[Trouble] = field(default_factory=deque)
    attempts: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, set[int]] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)
    violations: list[dict[str, str]] = field(default_factory=list)

    def trouble(self, mid: str) -> Trouble | None:
        """What will go wrong, by the seed, the mail and which attempt at it this is: never by the order of requests."""
        if self.forced:
            return self.forced.popleft()
        chance = Random(f"{self.seed}/{mid}/{self.attempts[mid]}")  # noqa: S311 - the seed makes it repeatable  # nosec B311
        dice = chance.random()
        for number, forms in enumerate(TROUBLES):
            if dice < (number + 1) * self.trouble_rate:
                return chance.choice(forms)
        return None

    def take(self, mid: str, request: dict[str, Any]) -> str:
        """Keeps the mail and reports on it. Returns its message id, as the API's header does."""
        message_id = uuid.uuid4().hex
        self.accepted[mid] += 1
        path = self.folder / f"{mid}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(rebuilt(request).as_bytes())
        unfinished.replace(path)
        self.reporter.report(mid, events(request, message_id))
        return message_id

    def note(self, **line: object) -> None:
        """One line of the log."""
        with (self.folder / "sendgrid.jsonl").open("a") as log:
            log.write(json.dumps({"at": time.time(), **line}) + "\n")

    def figures(self) -> dict[str, Any]:
        """Everything that was counted."""
        return {
            "attempts": self.attempts,
            "accepted": self.accepted,
            "different_bodies": sorted(mid for mid, seen in self.bodies.items() if len(seen) > 1),
            "troubles": self.troubles,
            "violations": self.violations,
            "events_posted": self.reporter.posted,
            "events_refused": self.reporter.refused,
            "events_told_twice": self.reporter.told_twice,
            "events_told_late": self.reporter.told_late,
        }


def create_app(desk: Desk) -> ASGIApp:
    """The application, over one desk."""

    @contextlib.asynccontextmanager
    async def reporting(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(desk.reporter.run())
        yield
        task.cancel()

    app = FastAPI(title="Local SendGrid", lifespan=reporting, openapi_url=None)

    @app.post("/v3/mail/send")
    async def send(request: Request) -> Response:
        if refusal := _refusal(request, desk):
            return refusal
        raw = await request.body()
        if len(raw) > contract.LARGEST:
            return JSONResponse(contract.answer([contract.Fault("", "content too large")]), 413)
        faults = contract.faults(raw)
        if faults:
            desk.violations += [asdict(fault) for fault in faults]
            desk.note(status=400, faults=[asdict(fault) for fault in faults])
            return JSONResponse(contract.answer(faults), 400)
        content = json.loads(raw)
        mid = str(content.get("custom_args", {}).get("mid") or uuid.uuid4().hex)
        desk.bodies.setdefault(mid, set()).add(hash(raw))
        desk.attempts[mid] += 1
        trouble = desk.trouble(mid)
        taken = trouble is None or trouble.takes_the_mail
        message_id = desk.take(mid, content) if taken else ""
        desk.note(mid=mid, attempt=desk.attempts[mid], trouble=trouble, accepted=taken)
        if trouble is None:
            return Response(status_code=202, headers={"X-Message-Id": message_id})
        desk.troubles[trouble] += 1
        return await _gone_wrong(trouble, request)

    @app.get("/v3/scopes")
    async def scopes(request: Request) -> Response:
        """What the key may do; it answers only who has it."""
        return _stranger(request, desk) or JSONResponse({"scopes": ["mail.send"]})

    @app.api_route("/elsewhere", methods=["GET", "POST"])
    async def elsewhere(request: Request) -> Response:
        """Where a redirect leads: nobody should come here, and certainly not with the key."""
        desk.violations.append({"field": "redirect", "message": "followed a redirect"})
        return Response(status_code=200)

    _local_routes(app, desk)
    return _droppable(app)


def _stranger(request: Request, desk: Desk) -> Response | None:
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {desk.key}".encode()):
        fault = contract.Fault("", "The provided authorization grant is invalid, expired, or revoked")
        return JSONResponse(contract.answer([fault]), 401)
    return None


def _refusal(request: Request, desk: Desk) -> Response | None:
    if stranger := _stranger(request, desk):
        return stranger
    if request.headers.get("Content-Type", "").split(";")[0] != "application/json":
        return JSONResponse(contract.answer([contract.Fault("", "unsupported media type")]), 415)
    return None


async def _gone_wrong(trouble: Trouble, request: Request) -> Response:
    match trouble:
        case Trouble.THROTTLE:
            limits = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0"}
            limits["X-RateLimit-Reset"] = str(int(time.time()) + 2)
            return JSONResponse(contract.answer([contract.Fault("", "too many requests")]), 429, headers=limits)
        case Trouble.REDIRECT:
            return Response(status_code=302, headers={"Location": "/elsewhere"})
        case Trouble.ERROR_BEFORE | Trouble.ERROR_AFTER:
            return JSONResponse(contract.answer([contract.Fault("", "internal server error")]), 500)
        case Trouble.HANG_BEFORE | Trouble.HANG_AFTER:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HANGS_FOR):
                    while (await request.receive())["type"] != "http.disconnect":
                        pass
    request.scope[ABORT]()
    await asyncio.sleep(0.01)
    return Response()


def _local_routes(app: FastAPI, desk: Desk) -> None:
    @app.get("/local/figures")
    async def figures() -> dict[str, Any]:
        return desk.figures()

    @app.post("/local/trouble")
    async def next_trouble(coming: list[Trouble]) -> None:
        desk.forced.extend(coming)

    @app.get("/local/settled")
    async def settled(mentorship: str = "") -> Response:
        """Answers once the webhook has heard of everything (of one mentorship); 504 when that takes too long."""
        until = time.monotonic() + SETTLES_WITHIN
        waited = not desk.reporter.settled(mentorship)
        while not desk.reporter.settled(mentorship):
            if time.monotonic() > until:
                return Response(status_code=504)
            await asyncio.sleep(0.01)
        return JSONResponse({"waited": waited})


def _droppable(app: ASGIApp) -> ASGIApp:
    """Gives requests a way to end their connection without an answer, which ASGI does not have: uvicorn's own."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cycle: Any = getattr(send, "__self__", None)
            scope[ABORT] = cycle.transport.abort
        await app(scope, receive, send)

    return outer


def rebuilt(request: dict[str, Any]) -> EmailMessage:
    """The mail as its reader gets it."""
    message = EmailMessage(policy=SMTP)
    (to,) = request["personalizations"][0]["to"]
    for name, person in (("From", request["from"]), ("To", to), ("Reply-To", request.get("reply_to"))):
        if person:
            message[name] = formataddr((person.get("name", ""), person["email"]))
    message["Subject"] = request["subject"]
    headers = request.get("headers", {})
    sent = datetime.fromisoformat(headers["X-Trellis-At"]) if "X-Trellis-At" in headers else datetime.now(UTC)
    message["Date"] = format_datetime(sent)
    for name, value in headers.items():
        message[name] = value
    parts = request["content"]
    message.set_content(parts[0]["value"], subtype=parts[0]["type"].split("/")[1])
    for part in parts[1:]:
        kind, _, method = part["type"].partition(";")
        params = {"method": method.partition("=")[2]} if method else {}
        message.add_alternative(part["value"], subtype=kind.split("/")[1], params=params)
    for file in request.get("attachments", []):
        content, name = base64.b64decode(file["content"]), file["filename"]
        maintype, _, subtype = file["type"].partition("/")
        page = message.get_body(("html",)) if file.get("disposition") == "inline" else None
        if page is None:
            message.add_attachment(content, maintype, subtype, filename=name)
        else:
            page.add_related(
                content, maintype, subtype, filename=name, disposition="inline", cid=f"<{file['content_id']}>"
            )
    return message


def main() -> int:
    """Serves until SIGTERM. The key that it asks for is TRELLIS_SENDGRID_KEY."""
    options = argparse.ArgumentParser(prog="python -m demo.sendgrid_server", description=__doc__.split("\n\n")[0])
    options.add_argument("--folder", type=Path, required=True, help="where the mails and the log are kept")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--signing-key", type=Path, required=True, help="a PEM file; made if it is not there")
    options.add_argument("--webhook", default="", help="where events are posted")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--trouble", type=float, default=0.0, help="how often each kind of trouble comes, 0 to 0.2")
    options.add_argument("--belated", type=float, default=0.0, help="how often an event comes very late, 0 to 1")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    reporter = Reporter(Key(given.signing_key), given.webhook, given.seed, given.belated)
    desk = Desk(given.folder, os.environ["TRELLIS_SENDGRID_KEY"], given.seed, given.trouble, reporter)
    uvicorn.run(create_app(desk), host=HOST, port=given.port, access_log=False, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
