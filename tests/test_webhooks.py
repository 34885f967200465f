"""One webhook on its way: signed as Standard Webhooks says, bounded, and never to an internal address."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import httpcore
import pytest
import pytest_asyncio
from standardwebhooks import Webhook, WebhookVerificationError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import settings as settings_module
from activities import network, webhooks
from activities.webhooks import GONE, REFUSED, Endpoint, announce
from demo.ports import free_port
from lifecycle.events import events
from models.events import Announcement, AnyEvent
from tests.builders import Story
from tests.receiver import SECRETS, Answer, Receiver, receiver

EVENT: AnyEvent = events(None, Story().m, datetime(2026, 9, 7, 8, tzinfo=UTC))[0]
METADATA = (
    "127.0.0.1",
    "::1",
    "10.0.0.7",
    "169.254.169.254",
    "fe80::1",
    "fc00::1",
    "224.0.0.1",
    "240.0.0.1",
    "0.0.0.0",
)


@pytest_asyncio.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    async with receiver() as one:
        configure(monkeypatch, URL=one.url, SECRETS=SECRETS[0], ALLOW_INTERNAL="true")
        yield one
    settings_module.settings.cache_clear()


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"TRELLIS_WEBHOOK_{name}", value)
    settings_module.settings.cache_clear()


async def sent(gone: str = "") -> None:
    await ActivityEnvironment().run(announce, Announcement(event=EVENT, gone=gone))


async def failure(gone: str = "") -> ApplicationError:
    with pytest.raises(ApplicationError) as raised:
        await sent(gone)
    told = f"{raised.value!r} {raised.value.details}"
    assert "SECRET-PATH" not in told
    assert "127.0.0.1" not in told
    assert raised.value.__cause__ is None
    return raised.value


async def test_a_receiver_can_verify_it_and_reads_type_timestamp_and_data(platform: Receiver) -> None:
    await sent()
    (got,) = platform.got
    assert got.id == got.headers["webhook-id"] == EVENT.id
    assert got.headers["content-type"] == "application/json"
    assert list(json.loads(got.body)) == ["type", "timestamp", "data"]
    assert json.loads(got.body)["timestamp"] == "2026-09-07T08:00:00Z"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[1]).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(got.body.replace("pair", "pear"), got.headers)


@pytest.mark.parametrize("known", [0, 1])
async def test_while_secrets_rotate_the_old_and_the_new_one_verify(
    platform: Receiver, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    configure(monkeypatch, SECRETS=f"{SECRETS[0]}, {SECRETS[1]}")
    platform.secret = SECRETS[known]
    await sent()
    assert len(platform.got[0].headers["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize("answer", [200, 201, 202, 204, 299, "flood"])
async def test_every_2xx_is_a_yes_and_its_body_is_not_read(platform: Receiver, answer: Answer) -> None:
    platform.usual = answer
    await sent()
    assert len(platform.got) == 1


@pytest.mark.parametrize("answer", [400, 401, 404, 429, 500, 503, "reset"])
async def test_everything_else_is_tried_again(platform: Receiver, answer: Answer) -> None:
    platform.usual = answer
    problem = await failure()
    assert (problem.type, problem.non_retryable) == (REFUSED, False)
    assert answer == "reset" or str(answer) in str(problem)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(platform: Receiver, status: int) -> None:
    platform.usual = status
    platform.extra = f"Location: {platform.url}\r\n"
    assert "redirect" in str(await failure())
    assert len(platform.got) == 1


async def test_a_receiver_that_hangs_is_left(platform: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)
    platform.usual = "hang"
    assert "no answer within 0.2 seconds" in str(await failure())


async def test_nobody_listening_is_tried_again(platform: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, URL=f"http://127.0.0.1:{free_port()}/")
    assert "ConnectError" in str(await failure())


@pytest.mark.parametrize(
    ("wish", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("999999999999", timedelta(hours=1)),
        ("0", None),
        ("soon", None),
        ("²", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
async def test_a_busy_receiver_may_say_when_to_come_back(platform: Receiver, wish: str, wait: timedelta | None) -> None:
    platform.usual, platform.extra = 429, f"Retry-After: {wish}\r\n"
    assert (await failure()).next_retry_delay == wait


async def test_after_a_410_nothing_is_sent_until_the_endpoint_is_another(
    platform: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.usual = 410
    problem = await failure()
    assert (problem.type, problem.non_retryable) == (GONE, True)
    mark = problem.details[0]
    assert (await failure(gone=mark)).type == GONE
    assert len(platform.got) == 1
    platform.usual = 204
    configure(monkeypatch, URL=f"{platform.url}/moved")
    await sent(gone=mark)
    assert len(platform.got) == 2


async def test_without_an_address_events_are_dropped(platform: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, URL="")
    await sent()
    assert platform.got == []


async def test_an_internal_address_is_refused_unless_it_is_allowed(
    platform: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, URL=platform.url.replace("http:", "https:"), ALLOW_INTERNAL="false")
    assert "TRELLIS_WEBHOOK_ALLOW_INTERNAL" in str(await failure())
    assert platform.got == []


@pytest.mark.parametrize(
    "text",
    [
        *METADATA,
        *("::", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "192.0.2.1", "255.255.255.255"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::"),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fec0::1", "ff02::1", "ff0e::1"),
    ],
)
def test_internal_addresses_are_known_in_every_dress(text: str) -> None:
    assert not network.is_public(ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_let_through(text: str) -> None:
    assert network.is_public(ip_address(text))


class Names:
    """A resolver that gives another answer each time it is asked."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        return [(0, 0, 0, "", (address, port)) for address in self.answers.pop(0)]


async def test_one_internal_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in METADATA:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", Names(("8.8.8.8", address)))
        with pytest.raises(network.InternalAddress):
            await network.OutsideNetwork().connect_tcp("hooks.example.com", 443)


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to(
    platform: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is judged and internal when it is looked up again gains nothing."""
    names = Names(("8.8.8.8",), ("127.0.0.1",))
    connected: list[str] = []

    class Wire(httpcore.AnyIOBackend):
        async def connect_tcp(self, host: str, *_: Any, **__: Any) -> Any:
            connected.append(host)
            raise httpcore.ConnectError

    outside = network.OutsideNetwork()
    monkeypatch.setattr(outside, "_network", Wire())
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names)
    with pytest.raises(httpcore.ConnectError):
        await outside.connect_tcp("rebinding.example.com", 443)
    assert (names.asked, connected) == (1, ["8.8.8.8"])


async def test_the_next_address_is_tried_when_one_does_not_answer(
    platform: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = platform.url.rpartition(":")[2].partition("/")[0]
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", Names(("::1", "127.0.0.1")))
    endpoint = Endpoint(f"http://hooks.example.com:{port}/", [SECRETS[0]], allow_internal=True)
    assert (await endpoint.post(EVENT)).status == 204
    assert platform.got[0].headers["host"] == f"hooks.example.com:{port}"
