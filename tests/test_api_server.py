"""The API before a real Temporal server, and a web process that is killed in the middle of a bulk start."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from demo.ports import free_port
from settings import ROOT
from tests.api_parts import API_KEYS, KEY, START, Platform, fields, problem
from tests.recorded_mail import RecordedMail
from tests.test_api_bulk import NDJSON
from web.api.keys import Scope
from workflows.begin import workflow_id
from workflows.client import Mentorships
from workflows.time_skipping import idle

LINES = 300
OWN = "by_api"


async def test_a_mentor_is_replaced_once(mentorships: Mentorships, client: Client) -> None:
    platform = Platform(mentorships)
    await platform.ask("POST", "/mentorships", json={**START, "id": "replaced"})
    await idle(client, "replaced")
    path, new = "/mentorships/replaced/replace-mentor", {**START["mentor"], "email": "lena@example.com"}
    wanted = {"id": "replaced-2", "mentor": new}
    problem(await platform.ask("POST", path, Scope.WRITE, json=wanted), 403, "scope")
    same = {"id": "replaced-2", "mentor": {**new, "email": START["mentee"]["email"]}}
    problem(await platform.ask("POST", path, json=same), 422, "invalid")
    told = problem(await platform.ask("POST", path, json={**wanted, "id": "replaced"}), 422, "invalid")
    assert set(fields(told)) == {"id"}
    first, again = [await platform.ask("POST", path, json=wanted) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] == "replaced-2"
    seen = (await platform.ask("GET", "/mentorships/replaced")).json()
    assert (seen["outcome"], seen["successor"]) == ("cancelled", "replaced-2")
    problem(await platform.ask("POST", path, json={**wanted, "id": "replaced-3"}), 409, "ended")
    problem(await platform.ask("POST", "/mentorships/nobody/replace-mentor", json=wanted), 404, "no_such_mentorship")


async def soon(look: Callable[[], Awaitable[Any]], expected: object) -> None:
    """Lists are a moment behind what happens."""
    for _ in range(100):
        if (seen := await look()) == expected:
            return
        await asyncio.sleep(0.2)
    assert seen == expected


def body(number: int) -> dict[str, Any]:
    return {**START, "id": f"bulk-{number}"}


async def test_one_is_started_twice_found_steered_and_ended(
    mentorships: Mentorships, client: Client, tmp_path: Path
) -> None:
    # A program of its own: lists and counts hold what other tests left behind.
    text = (ROOT / "programs" / "onboarding.yaml").read_text().replace("name: onboarding", f"name: {OWN}")
    (tmp_path / f"{OWN}.yaml").write_text(text)
    platform = Platform(mentorships, programs_dir=tmp_path)
    start = {**START, "id": "by-api", "program": OWN}
    first = await platform.ask("POST", "/mentorships", Scope.WRITE, json=start)
    again = await platform.ask("POST", "/mentorships", Scope.WRITE, json=start)
    assert (first.status_code, again.status_code) == (201, 200)
    other = {**start, "mentee": {**START["mentee"], "bio": "Another one."}}
    told = problem(await platform.ask("POST", "/mentorships", Scope.WRITE, json=other), 409, "start_conflict")
    assert set(fields(told)) == {"mentee.bio"}
    await idle(client, "by-api")

    async def found(**wanted: str) -> list[str]:
        answer = await platform.ask("GET", "/mentorships", Scope.READ, params=wanted)
        return [one["id"] for one in answer.json()["mentorships"] if one["program"] == OWN]

    await soon(lambda: found(stage="intro", status="active", program=OWN), ["by-api"])
    assert await found(stage="ended", program=OWN) == []
    for number in (2, 3):
        await platform.ask("POST", "/mentorships", json={**start, "id": f"by-api-{number}"})
    await soon(lambda: found(program=OWN), ["by-api-3", "by-api-2", "by-api"])
    page = (await platform.ask("GET", "/mentorships", params={"program": OWN, "limit": 2})).json()
    rest = await found(program=OWN, cursor=page["cursor"])
    assert rest == ["by-api"]
    count = await platform.ask("GET", "/count", Scope.READ, params={"program": OWN})
    assert count.json() == {"count": 3}

    commands = "/mentorships/by-api/commands"
    message = {"command": "message", "to": "mentor", "text": "How is it going?"}
    once = {"Idempotency-Key": "ticket-1"}
    done = [await platform.ask("POST", commands, Scope.WRITE, json=message, headers=once) for _ in range(2)]
    assert done[0].json() == done[1].json()
    assert done[0].json()["recorded"] == "Your message goes to Jo alone."
    told = problem(await platform.ask("POST", commands, json={"command": "resume"}), 409, "refused")
    assert told["detail"] == "It is not paused."
    assert (await platform.ask("GET", "/mentorships/by-api", Scope.READ)).json()["status"] == "active"
    assert (await platform.ask("GET", "/mentorships/by-api/summary", Scope.READ)).json()["sessions_held"] == 0
    export = await platform.ask("GET", "/mentorships/by-api/export", params={"role": "mentee"})
    assert export.json()["me"]["email"] == "al@example.com"

    ending = {"Idempotency-Key": "ticket-2"}
    ended = await platform.ask("POST", commands, json={"command": "end"}, headers=ending)
    assert ended.json()["recorded"] == "The mentorship has ended."
    problem(await platform.ask("POST", commands, json=message), 409, "ended")
    again = await platform.ask("POST", commands, json={"command": "end"}, headers=ending)
    assert again.json() == ended.json(), "sent again it is answered as the first time, after the end too"
    assert (await platform.ask("POST", "/mentorships", json=start)).status_code == 200
    problem(await platform.ask("GET", "/mentorships/nobody"), 404, "no_such_mentorship")
    problem(await platform.ask("POST", "/mentorships/nobody/commands", json=message), 404, "no_such_mentorship")


@asynccontextmanager
async def web_process(temporal: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A web server of its own, and its port. It is killed at the end, if it still runs."""
    port = free_port()
    environment = {
        **os.environ,
        "TRELLIS_WEB_PORT": str(port),
        "TRELLIS_API_KEYS": API_KEYS,
        "TRELLIS_TASK_QUEUE": RecordedMail.TASK_QUEUE,
        "TEMPORAL_ADDRESS": temporal,
    }
    server = await asyncio.create_subprocess_exec(sys.executable, "-m", "web.server", cwd=ROOT, env=environment)
    try:
        async with httpx.AsyncClient() as http:
            for _ in range(300):
                try:
                    await http.get(f"http://127.0.0.1:{port}/health")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        yield server, port
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


@asynccontextmanager
async def sent(port: int, lines: bytes) -> AsyncIterator[httpx.Response]:
    """A bulk start with these lines, its answers still to be read."""
    headers = {**NDJSON, "Authorization": f"Bearer {KEY[Scope.WRITE]}"}
    async with (
        httpx.AsyncClient(timeout=60) as http,
        http.stream(
            "POST", f"http://127.0.0.1:{port}/api/v1/mentorships/bulk", content=lines, headers=headers
        ) as answer,
    ):
        assert answer.status_code == 200
        yield answer


@pytest.mark.usefixtures("mentorships")
async def test_a_web_process_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    temporal_address: str, client: Client, recorded_mail: RecordedMail
) -> None:
    lines = b"\n".join(json.dumps(body(number)).encode() for number in range(LINES))
    answered = 0
    async with web_process(temporal_address) as (server, port), sent(port, lines) as answer:
        with suppress(httpx.RemoteProtocolError):
            async for _ in answer.aiter_lines():
                answered += 1
                if answered == 10:
                    server.kill()
    assert 10 <= answered < LINES, "it was killed in the middle"

    async with web_process(temporal_address) as (_, port), sent(port, lines) as answer:
        told = [json.loads(line) async for line in answer.aiter_lines()]
    assert sorted(one["line"] for one in told) == list(range(1, LINES + 1))
    known = Counter(one["started"]["already_running"] for one in told)
    assert known[True] >= answered
    assert known[False] > 0, "there was something left to start"

    async def running() -> int:
        query = f"WorkflowType = 'Mentorship' AND WorkflowId STARTS_WITH '{workflow_id('bulk-')}'"
        return (await client.count_workflows(query)).count

    await soon(running, LINES)
    for number in (0, 1, LINES // 2, LINES - 1):
        await idle(client, f"bulk-{number}")
        first = [letter.to.role for letter in recorded_mail.of(f"bulk-{number}") if letter.kind == "accept"]
        assert len(first) == len(set(first)) <= 2
