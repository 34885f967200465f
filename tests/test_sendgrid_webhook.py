"""SendGrid's signed events: only genuine, fresh ones are heard, each counts once, none is lost."""

import asyncio
import base64
import json
import logging
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from activities.mail import Courier
from activities.sendgrid import SendGridMailer
from demo.sendgrid_events import Key
from links import Links
from models.base import Role
from models.mail import MailEvent, MailKind
from settings import Settings
from tests.letters import ID, delivery, letter
from tests.local_sendgrid import KEY, local_sendgrid
from tests.web_parts import PureEngine
from web import webhooks
from web.app import create_app
from web.webhooks import SIGNATURE, TIMESTAMP
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable

PATH = "/webhooks/sendgrid"


class Listener(PureEngine):
    """An engine that only hears what became of mails."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, MailEvent]] = []
        self.fails: Exception | None = None
        self.refused = 0

    async def mail_event(self, id: str, event: MailEvent) -> None:
        if self.fails is not None:
            self.refused += 1
            await asyncio.sleep(0)
            raise self.fails
        self.heard.append((id, event))

    @property
    def events(self) -> list[str]:
        return [event.event for _, event in self.heard]


@pytest.fixture
def engine() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return Key(tmp_path_factory.mktemp("key") / "signing-key.pem")


@pytest.fixture
def http(engine: Listener, key: Key) -> httpx.AsyncClient:
    app = create_app(engine, Settings(sendgrid_webhook_key=key.public))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


def happened(event: str = "delivered", number: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": "amara@example.com",
        "timestamp": 1_800_000_000,
        "sg_event_id": "rbtnWrG1DVDGGGFHFyun0A==",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "mid": f"{ID}-{number:04}",
        "mentorship": ID,
        "role": "mentee",
        **more,
    }


def signed(key: Key, *events: dict[str, Any], at: int = 0) -> dict[str, Any]:
    body = json.dumps(events).encode()
    return {"content": body, "headers": key.signed(body, int(time.time()) + at)}


async def test_a_batch_is_heard(http: httpx.AsyncClient, engine: Listener, key: Key) -> None:
    answer = await http.post(PATH, **signed(key, happened(), happened("processed", 8), happened(number=9)))
    assert answer.status_code == 200
    assert [(id, event.letter, event.event) for id, event in engine.heard] == [
        (ID, f"{ID}-0007", "delivered"), (ID, f"{ID}-0008", "processed"), (ID, f"{ID}-0009", "delivered"),
    ]  # fmt: skip
    assert {event.to for _, event in engine.heard} == {Role.MENTEE}


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ({"event": "processed"}, "processed"),
        ({"event": "delivered", "response": "250 OK"}, "delivered"),
        ({"event": "bounce", "type": "bounce", "reason": "550 No such mailbox"}, "bounced"),
        ({"event": "bounce", "reason": "550 No such mailbox"}, "bounced"),
        ({"event": "bounce", "type": "blocked", "reason": "452 Full"}, "blocked"),
        ({"event": "dropped", "reason": "Bounced Address"}, "dropped"),
        ({"event": "spamreport"}, "complained"),
        ({"event": "unsubscribe"}, "unsubscribed"),
        ({"event": "group_unsubscribe", "asm_group_id": 1}, "unsubscribed"),
        ({"event": "deferred", "response": "400 try again later"}, None),
        ({"event": "open"}, None),
        ({"event": "click", "url": "https://mentoring.example.com"}, None),
        ({"event": "group_resubscribe"}, None),
        ({"event": "something_new"}, None),
    ],
)
async def test_events_have_our_names(
    http: httpx.AsyncClient, engine: Listener, key: Key, told: dict[str, Any], heard: str | None
) -> None:
    assert (await http.post(PATH, **signed(key, happened(**told)))).status_code == 200
    assert engine.events == ([heard] if heard else [])
    if heard:
        assert engine.heard[0][1].reason == told.get("reason", "")


def tampered(request: dict[str, Any]) -> dict[str, Any]:
    content = bytearray(request["content"])
    content[30] ^= 1
    return {**request, "content": bytes(content)}


def shifted(request: dict[str, Any]) -> dict[str, Any]:
    stamp = request["headers"][TIMESTAMP]
    return {**request, "headers": {**request["headers"], TIMESTAMP: stamp[:-1] + str((int(stamp[-1]) + 1) % 10)}}


def with_headers(request: dict[str, Any], **changes: str | bytes | None) -> dict[str, Any]:
    names = {"signature": SIGNATURE, "timestamp": TIMESTAMP}
    headers = {**request["headers"], **{names[name]: value for name, value in changes.items()}}
    return {**request, "headers": {name: value for name, value in headers.items() if value is not None}}


async def test_what_was_not_signed_is_refused(
    http: httpx.AsyncClient, engine: Listener, key: Key, tmp_path: Path
) -> None:
    good = signed(key, happened())
    other = signed(Key(tmp_path / "other.pem"), happened())
    stamp = good["headers"][TIMESTAMP]
    signature = good["headers"][SIGNATURE]
    for request, status in (
        (tampered(good), 403),
        (shifted(good), 403),
        (other, 403),
        (with_headers(good, signature=None), 401),
        (with_headers(good, timestamp=None), 401),
        ({"content": good["content"]}, 401),
        (with_headers(good, timestamp=f"{stamp} "), 403),
        (with_headers(good, timestamp=f"+{stamp}"), 403),
        (with_headers(good, timestamp=f"{stamp}.0"), 403),
        (with_headers(good, timestamp="".join("⁰¹²³"[int(digit) % 4] for digit in stamp).encode()), 403),
        (with_headers(good, timestamp="9" * 400), 403),
        (with_headers(good, signature="not base64!"), 403),
        (with_headers(good, signature=base64.b64encode(b"short").decode()), 403),
        (with_headers(good, signature=signature[:-8]), 403),
        ({**good, "content": good["content"] + b" "}, 403),
        (signed(key, happened(), at=-601), 403),
        (signed(key, happened(), at=660), 403),
    ):
        assert (await http.post(PATH, **request)).status_code == status, request.get("headers")
    assert engine.heard == []
    assert (await http.post(PATH, **good)).status_code == 200


async def test_a_body_of_a_megabyte_is_refused_and_one_of_the_providers_size_is_not(
    http: httpx.AsyncClient, engine: Listener, key: Key
) -> None:
    large = signed(key, happened("open", note="x" * 1024 * 1024))
    assert (await http.post(PATH, **large)).status_code == 413
    usual = signed(key, happened("open", note="x" * 768 * 1024))
    assert (await http.post(PATH, **usual)).status_code == 200


async def test_a_replay_and_repetitions_are_harmless(http: httpx.AsyncClient, engine: Listener, key: Key) -> None:
    request = signed(key, happened(), happened(), happened(sg_event_id="another"))
    for _ in range(3):
        assert (await http.post(PATH, **request)).status_code == 200
    later = signed(key, happened(sg_event_id="yet another"), happened(timestamp=1_800_000_060))
    assert (await http.post(PATH, **later)).status_code == 200
    assert engine.events == ["delivered", "delivered"], "one for each time that it happened"


async def test_processed_is_not_told_of_a_mail_that_is_known_to_be_through(
    http: httpx.AsyncClient, engine: Listener, key: Key
) -> None:
    await http.post(PATH, **signed(key, happened(), happened("processed"), happened("processed", 8)))
    assert sorted((event.letter, event.event) for _, event in engine.heard) == [
        (f"{ID}-0007", "delivered"), (f"{ID}-0008", "processed"),
    ]  # fmt: skip


async def test_while_temporal_is_away_the_provider_keeps_the_events(
    http: httpx.AsyncClient, engine: Listener, key: Key
) -> None:
    engine.fails = EngineUnreachable("away")
    batch = [happened(mentorship=f"pair-{number}", mid=f"pair-{number}-0001") for number in range(100)]
    request = signed(key, *batch)
    assert (await http.post(PATH, **request)).status_code == 503
    assert engine.refused <= webhooks.AT_ONCE, "nobody is asked a hundred times while nobody answers"
    engine.fails = None
    assert (await http.post(PATH, **request)).status_code == 200
    assert engine.events == ["delivered"] * 100


@pytest.mark.parametrize("problem", [NoSuchMentorship(ID), ActRejected("ended", "This mentorship has ended.")])
async def test_events_that_nobody_waits_for_are_counted_without_personal_data(
    http: httpx.AsyncClient, engine: Listener, key: Key, problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="trellis.webhooks")
    engine.fails = problem
    for _ in range(2):
        assert (await http.post(PATH, **signed(key, happened()))).status_code == 200
    assert "1 of no known mentorship" in caplog.text or "1 after the end" in caplog.text
    assert "1 repeated" in caplog.text
    assert "amara" not in caplog.text.replace(ID, "")


@pytest.mark.parametrize(
    "changes",
    [
        {"mid": None, "mentorship": None, "role": None},
        {"mid": 7},
        {"mid": "other-pair-0007"},
        {"role": "nobody"},
        {"mentorship": ["x"]},
        {"mentorship": ""},
        {"mid": "x" * 5000, "mentorship": "x" * 4000},
    ],
)
async def test_events_without_our_arguments_mean_nobody(
    http: httpx.AsyncClient, engine: Listener, key: Key, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="trellis.webhooks")
    answer = await http.post(PATH, **signed(key, happened("bounce", **changes), happened(number=8)))
    assert answer.status_code == 200
    assert engine.events == ["delivered"]
    assert "1 bounced without our arguments" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'"text"', b"\xff"])
async def test_signed_nonsense_is_a_bad_request(http: httpx.AsyncClient, key: Key, content: bytes) -> None:
    answer = await http.post(PATH, content=content, headers=key.signed(content, int(time.time())))
    assert answer.status_code == 400


async def test_strange_members_of_a_batch_do_no_harm(http: httpx.AsyncClient, engine: Listener, key: Key) -> None:
    body = json.dumps([None, 3, "x", [], {}, {"event": None}, happened()]).encode()
    answer = await http.post(PATH, content=body, headers=key.signed(body, int(time.time())))
    assert answer.status_code == 200
    assert engine.events == ["delivered"]


async def test_a_forgotten_event_is_told_again_and_memory_is_bounded(
    http: httpx.AsyncClient, engine: Listener, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "REMEMBERED", 2)
    for number in (1, 2, 3, 3, 1):
        await http.post(PATH, **signed(key, happened(number=number)))
    assert [event.letter[-1] for _, event in engine.heard] == ["1", "2", "3", "1"]


async def test_without_a_key_there_is_no_such_address(engine: Listener, key: Key) -> None:
    transport = httpx.ASGITransport(app=create_app(engine, Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        assert (await http.post(PATH, **signed(key, happened()))).status_code == 404


async def test_the_local_sendgrid_is_understood(tmp_path: Path, engine: Listener) -> None:
    """From a mail that was taken to the event that is heard, all by way of the wire format."""
    with local_sendgrid(tmp_path / "sendgrid", webhook="http://127.0.0.1:1/") as sendgrid:
        courier = Courier(
            Links("https://mentoring.example.com", ["k" * 32]),
            SendGridMailer(SecretStr(KEY), sendgrid.host, 1),
            "trellis.example.com",
        )
        one = letter(MailKind.REPORT, Role.MENTEE)
        two = letter(MailKind.CONFIRM, Role.MENTOR, number=8)
        two = two.evolve(to=two.to.evolve(email="bounce@example.com"))
        assert [result.result for result in courier.deliver(delivery(one, two))] == ["sent", "sent"]
        events = [event for _, _, event in sendgrid.desk.reporter._due]
        own = sendgrid.desk.reporter.key
    app = create_app(engine, Settings(sendgrid_webhook_key=own.public))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as http:
        assert (await http.post(PATH, **signed(own, *events))).status_code == 200
    assert sorted((event.letter[-1], event.to, event.event) for _, event in engine.heard) == [
        ("7", Role.MENTEE, "delivered"), ("8", Role.MENTOR, "bounced"),
    ]  # fmt: skip
