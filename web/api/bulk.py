"""Bulk start: lines in, lines out, a bounded number at once. A line that was started before is answered as such.

That makes it resumable: whoever lost the answers sends the same lines again, and each mentorship begins once.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from models.people import Start
from web.api.bodies import BulkLine
from web.api.problems import ApiProblem, invalid
from workflows.client import Started

log = logging.getLogger("trellis.api")

NDJSON = "application/x-ndjson"
AT_ONCE = 32
"""Starts in flight. More make a dev server no faster, and hold more memory."""
LONGEST_LINE = 64 * 1024
IDLE = 30.0
"""Seconds without a byte of the body, after which no more is waited for. The whole may take as long as it likes."""

Begin = Callable[[Start], Awaitable[Started]]
"""Starts one mentorship. Raises ApiProblem."""
Line = tuple[int, bytes]
"""A line with its number, from 1 on."""


class LinesResponse(Response):
    """Answers while it is still being asked.

    Starlette's own streaming response reads the request too, to hear of a client that leaves, and would eat lines. And
    it begins at once, when a client that waits for `100 Continue` has not sent a line yet.
    """

    media_type = NDJSON

    def __init__(self, answers: AsyncGenerator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self.answers = answers

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        begun = False
        try:
            async with aclosing(self.answers) as answers:
                async for line in answers:
                    if not begun:
                        await send(start)
                        begun = True
                    await send({"type": "http.response.body", "body": line, "more_body": True})
        except ClientDisconnect:
            return
        if not begun:
            await send(start)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def answers(body: AsyncIterator[bytes], begin: Begin, request_id: str) -> AsyncGenerator[bytes]:
    """One JSON line for each line that is not blank, as they are done. Reads no further ahead than it can work."""
    coming = lines(body)
    reading: asyncio.Task[Line | None] | None = None
    working: set[asyncio.Task[BulkLine]] = set()
    more, seen = True, 0
    try:
        while more or working:
            if more and reading is None and len(working) < AT_ONCE:
                reading = asyncio.create_task(_next(coming))
            waited: list[asyncio.Task[Any]] = [*working, *([reading] if reading is not None else [])]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            done = {one for one in working if one.done()}
            working -= done
            for one in done:
                yield _line(one.result())
            if reading is None or not reading.done():
                continue
            finished, reading = reading, None
            try:
                line = finished.result()
            except TimeoutError:
                line = None
                slow = ApiProblem("too_slow", f"Nothing came for {IDLE:.0f} s. Send what has no answer yet again.")
                yield _line(BulkLine(line=seen + 1, problem=slow.details(request_id)))
            if line is None:
                more = False
            else:
                seen = line[0]
                working.add(asyncio.create_task(_answer(*line, begin, request_id)))
    finally:
        # The caller went away: what is on its way to Temporal may still arrive, and counts once when sent again.
        left: list[asyncio.Task[Any]] = [*working, *([reading] if reading is not None else [])]
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await coming.aclose()


async def lines(body: AsyncIterator[bytes]) -> AsyncGenerator[Line]:
    """The lines that are not blank. One that is too long is given as far as shows it. TimeoutError if none comes."""
    number, rest = 1, b""
    while (chunk := await _within_idle(body)) is not None:
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            if text.strip():
                yield number, text[: LONGEST_LINE + 1]
            number += 1
        # Of a line that never ends no more is kept than shows that it is too long.
        rest = rest[: LONGEST_LINE + 1]
    if rest.strip():
        yield number, rest


async def _next(coming: AsyncIterator[Line]) -> Line | None:
    return await anext(coming, None)


async def _within_idle(body: AsyncIterator[bytes]) -> bytes | None:
    async with asyncio.timeout(IDLE):
        return await anext(body, None)


async def _answer(number: int, text: bytes, begin: Begin, request_id: str) -> BulkLine:
    try:
        return BulkLine(line=number, started=await begin(_read(text)))
    except ApiProblem as problem:
        return BulkLine(line=number, problem=problem.details(request_id))
    except Exception as problem:
        # One line must not take the others along. Its message may quote the line, and is kept nowhere.
        log.error("Request %s: line %d of a bulk start failed with %s", request_id, number, type(problem).__name__)
        return BulkLine(line=number, problem=ApiProblem("internal", "Send this line again.").details(request_id))


def _read(text: bytes) -> Start:
    if len(text) > LONGEST_LINE:
        raise ApiProblem("too_large", f"A line may have {LONGEST_LINE} bytes.")
    try:
        return Start.model_validate_json(text.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        errors = error.errors(include_url=False)
        if any(one["type"] == "json_invalid" for one in errors):
            raise ApiProblem("not_json", "This line is not JSON in UTF-8: each line is one start request.") from None
        raise invalid(errors) from None


def _line(answer: BulkLine) -> bytes:
    return answer.model_dump_json(exclude_defaults=True).encode() + b"\n"
