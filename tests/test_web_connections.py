"""The real server before the real application: what it logs, whom it believes, and how long it waits."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from settings import LOCAL_KEY, Settings
from tests.web_parts import BASE, Browser, PureEngine, ask_link, filled, journey_link, unsubscribe_link
from tests.web_routes import SECRET_WORDS, BreakingEngine
from web.app import create_app
from web.deadlines import PromptProtocol
from web.server import MOST_CONNECTIONS, configured

TYPED = "what-was-typed-by-a-person"


@asynccontextmanager
async def serving(engine: PureEngine, folder: Path, **chosen: object) -> AsyncIterator[int]:
    """The server as it is configured, at a port of its own; only its log is louder."""
    settings = Settings.model_validate({"base_url": BASE, "link_keys": LOCAL_KEY, "outbox_dir": folder, **chosen})
    config = configured(create_app(engine, settings), settings)
    config.port = 0
    server = uvicorn.Server(config)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger("uvicorn").propagate = True
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def said(port: int, *parts: bytes) -> bytes:
    """What a raw connection hears until it is closed, when it says these things one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.1)
    heard = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    return heard


async def test_no_log_holds_a_token_an_address_or_what_was_typed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = BreakingEngine()
    links = [ask_link("accept.mentee"), journey_link(), unsubscribe_link(), ask_link("accept.mentor")]
    form = {**filled(await Browser(engine).get(links[0]), {"decision": "yes"}), "reason": TYPED}
    stati = set()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("httpx").setLevel(logging.CRITICAL)  # the visitors' own client
        logging.getLogger("httpcore").setLevel(logging.CRITICAL)
        async with serving(engine, tmp_path, rates=True, rates_looks_per_person="30/minute") as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
                for down, broken in ((False, False), (True, False), (False, True)):
                    engine.down, engine.broken = down, broken
                    unanswered = {"nonce": form["nonce"], "reason": TYPED}
                    stati.add((await http.post(httpx.URL(links[0]).path, data=unanswered)).status_code)
                    for link in links:
                        path = httpx.URL(link).path
                        for address in (
                            path,
                            f"{path}/snooze",
                            f"{path}/pause",
                            f"{path[:-5]}xxxxx",
                            f"{path}?q={TYPED}",
                        ):
                            stati.add((await http.get(address)).status_code)
                            stati.add((await http.post(address, data=form)).status_code)
                        stati.add((await http.post(path, data={**form, "reason": TYPED * 50_000})).status_code)
                        stati.add((await http.post(path, data=form, headers={"Origin": "https://x.test"})).status_code)
                        stati.add((await http.delete(path)).status_code)
                for _ in range(40):
                    stati.add((await http.get(httpx.URL(links[3]).path)).status_code)
            token = links[0].rsplit("/", 1)[-1].encode()
            for raw in (
                b"GET /a/%b HTTP/1.1\r\n\r\n",
                b"BREW /a/%b\r\n\r\n",
                b"GET /a/%b HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nHost: x\r\n\r\n",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(raw % token)
                await asyncio.wait_for(reader.read(100), 15)
                writer.close()
    assert {303, 404, 405, 413, 422, 403, 429, 500, 503} <= stati
    assert any("A request failed" in record.getMessage() for record in caplog.records)
    assert any(record.name.startswith("uvicorn") for record in caplog.records)
    nonce = str(form["nonce"])
    tokens = [link.rsplit("/", 1)[-1] for link in links]
    secrets = [*tokens, *(part for token in tokens for part in token.split(".")), nonce, TYPED, SECRET_WORDS, LOCAL_KEY]
    secrets += ["ines@example.com", "jonas@example.com", "127.0.0.1:", "pair-1", "Ines", "Jonas"]
    for record in caplog.records:
        text = logging.Formatter("%(name)s %(message)s").format(record) + repr(record.args)
        if record.name.startswith("uvicorn") and "running on" in text:
            continue  # its own address
        assert not [one for one in secrets if one in text], text


@pytest.mark.parametrize(
    ("proxies", "forwarded", "stati"),
    [
        ("", ["203.0.113.1", "203.0.113.2"], [422, 429]),
        ("10.0.0.1", ["203.0.113.1", "203.0.113.2"], [422, 429]),
        ("127.0.0.1", ["203.0.113.1", "203.0.113.2"], [422, 422]),
        ("127.0.0.0/8", ["203.0.113.1", "203.0.113.1"], [422, 429]),
        ("127.0.0.1", ["6.6.6.1, 203.0.113.1", "6.6.6.2, 203.0.113.1"], [422, 429]),
        ("127.0.0.1,203.0.113.9", ["198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9"], [422, 422]),
    ],
)
async def test_only_a_named_proxy_says_whence_a_visitor_comes(
    tmp_path: Path, proxies: str, forwarded: list[str], stati: list[int]
) -> None:
    engine = PureEngine()
    url = ask_link("accept.mentee")
    form = filled(await Browser(engine).get(url), {})
    chosen = {"rates": True, "rates_presses_per_address": "1/minute", "trusted_proxies": proxies}
    async with serving(engine, tmp_path, **chosen) as port, httpx.AsyncClient() as http:
        seen = [
            (
                await http.post(
                    f"http://127.0.0.1:{port}{httpx.URL(url).path}", data=form, headers={"X-Forwarded-For": one}
                )
            ).status_code
            for one in forwarded
        ]
    assert seen == stati


async def test_who_says_nothing_or_only_half_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PromptProtocol, "headers_within", 0.3)
    async with serving(PureEngine(), tmp_path) as port:
        health = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        silent, half, second = await asyncio.gather(
            said(port, b""), said(port, b"GET /health HTTP/1.1\r\nHos"), said(port, health, b"GET /health")
        )
        assert silent == half == b""
        assert second.count(b"200 OK") == 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):  # a connection that is used goes on, longer than the deadline
            writer.write(health)
            assert b"200 OK" in await asyncio.wait_for(reader.read(4096), 15)
            await asyncio.sleep(0.2)
        writer.close()


async def test_a_body_that_never_ends_is_answered_with_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = PureEngine()
    monkeypatch.setattr("web.guards.BODY_WITHIN", 0.3)
    async with serving(engine, tmp_path) as port:
        path = httpx.URL(ask_link("accept.mentee")).path.encode()
        head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" % path
        for rest in (b"Content-Length: 100\r\n\r\nreason=slow", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + rest)
            answer = await asyncio.wait_for(reader.read(65536), 15)
            assert b"408 Request Timeout" in answer
            assert b"did not arrive in time" in answer
            writer.close()
    assert engine.calls == []


async def test_headers_without_end_and_connections_without_number_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.server.MOST_CONNECTIONS", 8)
    async with serving(PureEngine(), tmp_path) as port:
        assert b"400 Bad Request" in await said(port, b"GET / HTTP/1.1\r\nCookie: " + b"x" * 40_000)
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
        full = await said(port, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"503 Service Unavailable" in full
        for _, writer in idle:
            writer.close()
        await asyncio.sleep(0.1)
        assert b"200 OK" in await said(port, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert MOST_CONNECTIONS < 1024
