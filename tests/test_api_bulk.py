"""Bulk start: one answer a line, whatever the lines are, and never more in hand than a bounded number."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from models.people import Start
from models.program import Program
from tests.api_parts import START, Platform, problem
from tests.web_parts import PureEngine
from web.api import bulk
from web.api.bulk import AT_ONCE, LONGEST_LINE, answers
from web.api.keys import Scope
from workflows.client import Started

NDJSON = {"Content-Type": "application/x-ndjson"}


def a_line(number: int) -> bytes:
    return json.dumps({**START, "id": f"pair-{number}"}).encode()


async def sent(platform: Platform, body: bytes | AsyncIterator[bytes]) -> dict[int, dict[str, Any]]:
    """The answers by their lines' numbers, each of which was answered once."""
    answer = await platform.ask("POST", "/mentorships/bulk", Scope.WRITE, content=body, headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    found = [json.loads(line) for line in answer.text.splitlines()]
    by_line = {one["line"]: one for one in found}
    assert len(by_line) == len(found)
    return by_line


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


async def test_every_line_is_started_and_sending_them_again_starts_nothing_new() -> None:
    platform = Platform()
    body = b"\n".join(a_line(number) for number in range(100))
    first = await sent(platform, body)
    assert {one["started"]["already_running"] for one in first.values()} == {False}
    assert {one["started"]["id"] for one in first.values()} == platform.engine.starts.keys()
    again = await sent(platform, body)
    assert again.keys() == set(range(1, 101))
    assert {one["started"]["already_running"] for one in again.values()} == {True}
    assert len(platform.engine.starts) == 100


async def test_one_bad_line_does_not_stop_the_others() -> None:
    platform = Platform()
    other = json.dumps({**START, "id": "pair-1", "shared": ["x"]}).encode()
    bad = json.dumps({**START, "mentor": {**START["mentor"], "email": "nobody"}}).encode()
    found = await sent(platform, b"\n".join([a_line(1), b"{", b"[]", bad, other, b"\xff\xfe", a_line(7)]))
    codes = {line: one["problem"]["code"] for line, one in found.items() if "problem" in one}
    assert codes == {2: "not_json", 3: "invalid", 4: "invalid", 5: "start_conflict", 6: "not_json"}
    assert found[4]["problem"]["errors"][0]["field"] == "mentor.email"
    assert found[5]["problem"]["errors"][0]["field"] == "shared"
    assert platform.engine.starts.keys() == {"pair-1", "pair-7"}


async def test_an_engine_that_is_away_or_fails_is_told_of_each_line() -> None:
    platform = Platform(Failing())
    found = await sent(platform, a_line(1) + b"\n" + a_line(2))
    assert {one["problem"]["code"] for one in found.values()} == {"internal"}
    assert "jo@example.com" not in json.dumps(found)
    platform.engine = PureEngine(down=True)
    found = await sent(Platform(platform.engine), a_line(1))
    assert found[1]["problem"]["code"] == "unreachable"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", set()),
        (b"\n\r\n  \n", set()),
        (a_line(1), {1}),
        (a_line(1) + b"\n", {1}),
        (a_line(1) + b"\r\n" + a_line(2) + b"\r\n", {1, 2}),
        (b"\n\n" + a_line(1) + b"\n \t \n" + a_line(2), {3, 5}),
        (b"\xef\xbb\xbf" + a_line(1) + b"\n", {1}),
        (json.dumps({**START, "id": "pair-1", "shared": ["Ünïcode ✓"]}, ensure_ascii=False).encode(), {1}),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_lines_are_lines_however_they_end_and_arrive(body: bytes, lines: set[int], size: int) -> None:
    found = await sent(Platform(), in_pieces(body, size))
    assert found.keys() == lines
    assert all("started" in one for one in found.values())


async def test_a_line_over_the_cap_is_refused_and_not_kept() -> None:
    platform = Platform()

    async def long() -> AsyncIterator[bytes]:
        yield b'{"id": "'
        for _ in range(200):
            yield b"x" * LONGEST_LINE
        yield b'"}\n' + a_line(2)

    found = await sent(platform, long())
    assert found[1]["problem"]["code"] == "too_large"
    assert "started" in found[2]
    kept = [len(text) async for _, text in bulk.lines(long())]
    assert max(kept) == LONGEST_LINE + 1


async def test_a_line_of_just_the_cap_is_taken() -> None:
    room = LONGEST_LINE - len(a_line(1))
    found = await sent(Platform(), a_line(1) + b" " * room + b"\n" + a_line(2) + b" " * (room + 1))
    assert "started" in found[1]
    assert found[2]["problem"]["code"] == "too_large"


class Failing(PureEngine):
    """Fails as nobody foresaw, and quotes what it was given."""

    async def start(self, start: Start, program: Program) -> Started:
        raise RuntimeError(f"Can't start for {start.mentor.email}")


class Slow:
    """Starts that take their time, and what is in hand meanwhile."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.in_flight = self.most = 0
        self.held = asyncio.Event()
        self.held.set()

    async def begin(self, start: Start) -> Started:
        self.begun.append(start.id)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(0.02)
            await self.held.wait()
        finally:
            self.in_flight -= 1
        return Started(id=start.id, workflow_id="w", already_running=False)


class Sender:
    """A body that counts how far it was read."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.lines = lines
        self.read = 0

    async def body(self) -> AsyncIterator[bytes]:
        for line in self.lines:
            self.read += 1
            yield line + b"\n"


async def test_thousands_of_lines_are_never_in_hand_at_once() -> None:
    slow, sender = Slow(), Sender(a_line(number) for number in range(5000))
    answered = 0
    async for _ in answers(sender.body(), slow.begin, "id"):
        answered += 1
        assert sender.read - answered <= AT_ONCE + 1
    assert answered == sender.read == 5000
    assert slow.most == AT_ONCE
    assert len(set(slow.begun)) == 5000


async def test_while_the_engine_is_slow_nothing_more_is_read() -> None:
    slow, sender = Slow(), Sender(a_line(number) for number in range(5000))
    slow.held.clear()
    stream = answers(sender.body(), slow.begin, "id")
    first = asyncio.ensure_future(anext(stream))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert slow.in_flight == sender.read == AT_ONCE
    slow.held.set()
    await first
    await stream.aclose()


async def test_who_stops_reading_answers_is_read_no_further_and_leaving_leaves_nothing_behind() -> None:
    slow, sender = Slow(), Sender(a_line(number) for number in range(5000))
    stream = answers(sender.body(), slow.begin, "id")
    await anext(stream)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert sender.read <= AT_ONCE + 1
    before = len(asyncio.all_tasks())
    await stream.aclose()
    assert slow.in_flight == 0
    assert len(asyncio.all_tasks()) <= before


async def test_answers_come_while_the_body_is_still_open() -> None:
    goes_on = asyncio.Event()

    async def talk() -> AsyncIterator[bytes]:
        yield a_line(1) + b"\n"
        await goes_on.wait()
        yield a_line(2)

    stream = answers(talk(), Slow().begin, "id")
    assert json.loads(await anext(stream))["line"] == 1
    goes_on.set()
    assert [json.loads(one)["line"] async for one in stream] == [2]


async def test_a_body_that_stops_coming_is_answered_and_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "IDLE", 0.05)

    async def stopping() -> AsyncIterator[bytes]:
        yield a_line(1) + b"\n" + a_line(2)[:20]
        await asyncio.sleep(30)

    found = await sent(Platform(), stopping())
    assert "started" in found[1]
    assert found[2]["problem"]["code"] == "too_slow"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
async def test_lines_are_called_lines(content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = await Platform().ask("POST", "/mentorships/bulk", content=a_line(1), headers=headers)
    assert "application/x-ndjson" in problem(answer, 415, "media_type")["detail"]
