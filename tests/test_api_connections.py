"""Bulk starts over real connections: clients that wait, that never read, and that leave."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from tests.api_parts import API_KEYS, KEY
from tests.test_api_bulk import NDJSON, a_line
from tests.test_web_connections import serving
from tests.web_parts import PureEngine
from web.api.bulk import AT_ONCE
from web.api.keys import Scope
from web.deadlines import PromptProtocol

AUTHORIZATION = f"Bearer {KEY[Scope.WRITE]}"
HEAD = (
    f"POST /api/v1/mentorships/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: {AUTHORIZATION}\r\n"
    "Content-Type: application/x-ndjson\r\n"
)


async def opened(port: int, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which a bulk start has begun."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(f"{HEAD}{head}\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def test_a_client_that_waits_for_a_word_before_it_sends_gets_it(tmp_path: Path) -> None:
    async with serving(PureEngine(), tmp_path, api_keys=API_KEYS) as port:
        line = a_line(1)
        reader, writer = await opened(port, f"Content-Length: {len(line)}\r\nExpect: 100-continue")
        assert b"100 Continue" in await asyncio.wait_for(reader.readline(), 15)
        writer.write(line)
        heard = await asyncio.wait_for(reader.readuntil(b"}}\n"), 15)
        assert b"200 OK" in heard
        assert b'"started"' in heard
        writer.close()


async def test_lines_are_answered_while_more_are_coming(tmp_path: Path) -> None:
    async with serving(PureEngine(), tmp_path, api_keys=API_KEYS) as port:
        reader, writer = await opened(port, "Transfer-Encoding: chunked")
        for number in range(3):
            line = a_line(number) + b"\n"
            writer.write(b"%x\r\n%b\r\n" % (len(line), line))
            heard = await asyncio.wait_for(reader.readuntil(b"}}\n"), 15)
            assert f'"pair-{number}"'.encode() in heard
        writer.write(b"0\r\n\r\n")
        assert b"0\r\n" in await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 15)
        writer.close()


async def test_who_never_reads_an_answer_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PromptProtocol, "reads_within", 0.5)
    engine = PureEngine()
    async with serving(engine, tmp_path, api_keys=API_KEYS, programs_dir=tmp_path) as port:
        # Without a program each line is answered at length, and starts nothing.
        reader, writer = await opened(port, "Transfer-Encoding: chunked")
        line = a_line(1) + b"\n"
        sent = 0

        async def send_on() -> None:
            nonlocal sent
            while True:
                writer.write(b"%x\r\n%b\r\n" % (len(line), line))
                await writer.drain()
                sent += 1

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(send_on(), 120)
        assert sent > AT_ONCE
        assert not reader.at_eof()


async def test_who_leaves_in_the_middle_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    engine = PureEngine()
    async with serving(engine, tmp_path, api_keys=API_KEYS) as port:
        before = len(asyncio.all_tasks())
        _, writer = await opened(port, "Content-Length: 100000")
        writer.write(a_line(1) + b"\n" + a_line(2)[:10])
        await writer.drain()
        while not engine.starts:  # noqa: ASYNC110 - it is another connection's doing
            await asyncio.sleep(0.01)
        writer.close()
        for _ in range(200):
            if len(asyncio.all_tasks()) <= before:
                break
            await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) <= before


async def test_a_client_that_sends_all_before_it_reads_may_send_a_thousand_lines(tmp_path: Path) -> None:
    body = b"\n".join(a_line(number) for number in range(1000))
    async with (
        serving(PureEngine(), tmp_path, api_keys=API_KEYS) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as http,
    ):
        headers = {**NDJSON, "Authorization": AUTHORIZATION}
        answer = await http.post("/mentorships/bulk", content=body, headers=headers)
    assert len([json.loads(line) for line in answer.text.splitlines()]) == 1000
