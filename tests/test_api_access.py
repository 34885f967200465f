"""Who may ask the API what, how often, and how it says no."""

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.api_parts import API_KEYS, KEY, START, Platform, problem
from tests.test_settings import problem as settings_problem
from tests.web_parts import Browser, PureEngine, journey_link
from tests.web_routes import SECRET_WORDS, BreakingEngine
from web import guards
from web.api.access import STRANGERS
from web.api.keys import Scope, mint, read_keys, recognised

READING = ("/mentorships", "/count", "/mentorships/pair-1", "/mentorships/pair-1/summary")
WRITING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/mentorships", {"json": START}),
    ("/mentorships/bulk", {"content": b"{}", "headers": {"Content-Type": "application/x-ndjson"}}),
    ("/mentorships/pair-1/commands", {"json": {"command": "patience", "days": 3}}),
)
FOR_ADMINS: tuple[dict[str, Any], ...] = (
    {"command": "end"},
    {"command": "change_person", "role": "mentor", "email": "new@example.com"},
    {"command": "revoke_links", "role": "mentee"},
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time by which is counted; it moves only where a test moves it."""
    moved = SimpleNamespace(now=1_800_000_000.0)
    for module in ("limits.aio.storage.memory", "limits.aio.strategies", "web.rates"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=lambda: moved.now, monotonic=lambda: moved.now))
    return moved


# Keys.


def test_a_key_is_kept_as_its_digest_only() -> None:
    key, entry = mint("platform", Scope.WRITE)
    assert re.fullmatch(r"trellis_[\w-]{43}", key)
    assert entry == f"platform:write:{hashlib.sha256(key.encode()).hexdigest()}"
    (known,) = read_keys([entry])
    assert recognised([known], key) is known
    assert recognised([known], f"{key}x") is None
    assert recognised([known], known.digest) is None, "who sees the settings has no key"


@pytest.mark.parametrize("entry", ["trellis_secret", "a:write:abc", "A:read:" + "0" * 64, "a:root:" + "0" * 64])
def test_an_entry_that_is_wrong_is_named_by_its_place(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = settings_problem(monkeypatch, API_KEYS=f"{API_KEYS},{entry}")
    assert "TRELLIS_API_KEYS: entry 4 must be name:scope:sha256" in text
    assert entry not in text


def test_a_rate_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "TRELLIS_API_RATE" in settings_problem(monkeypatch, API_RATE="often")


async def test_without_keys_there_is_no_api() -> None:
    browser = Browser(PureEngine())
    for path in ("/api/v1/mentorships", "/api/v1/openapi.json", "/api"):
        answer = await browser.http.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


async def test_without_a_key_nothing_is_told_but_how_to_use_it() -> None:
    platform = Platform()
    for path in (*READING, "/nowhere"):
        answer = await platform.ask("GET", path, None)
        problem(answer, 401, "no_key")
        assert answer.headers["www-authenticate"] == "Bearer"
    for path, body in WRITING:
        problem(await platform.ask("POST", path, None, **body), 401, "no_key")
    assert (await platform.ask("GET", "/openapi.json", None)).status_code == 200
    assert (await platform.ask("GET", "/problems/no_key", None)).json()["status"] == 401
    assert platform.engine.calls == []
    assert platform.engine.starts == {}


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Basic dXNlcjpwYXNz", "trellis_x", f"Basic {KEY[Scope.ADMIN]}", "Bearer \xff\xfe"],
    ids=["nothing", "short", "a password", "bare", "another scheme", "no text"],  # the keys are new in every process
)
async def test_a_key_that_is_not_known_opens_nothing(header: str) -> None:
    platform = Platform()
    told = await platform.ask("GET", "/count", None, headers={"Authorization": header.encode("latin-1")})
    assert "TRELLIS_API_KEYS" in problem(told, 401, "unknown_key")["detail"]
    assert "invalid_token" in told.headers["www-authenticate"]


async def test_a_key_is_rotated_by_naming_two_for_a_while() -> None:
    old, old_entry = mint("platform", Scope.READ)
    new, new_entry = mint("platform", Scope.READ)

    async def works(entries: str, key: str) -> bool:
        platform = Platform(api_keys=entries)
        answer = await platform.ask("GET", "/count", None, headers={"Authorization": f"bearer {key}"})
        return answer.status_code == 200

    assert await works(f"{old_entry}, {new_entry}", old)
    assert await works(f"{old_entry}, {new_entry}", new)
    assert not await works(new_entry, old)


# Scopes.


async def test_a_read_key_reads_and_never_writes() -> None:
    platform = Platform()
    before = platform.engine.m
    for path in READING:
        assert (await platform.ask("GET", path, Scope.READ)).status_code == 200
    for path, body in WRITING:
        told = problem(await platform.ask("POST", path, Scope.READ, **body), 403, "scope")
        assert "'read'" in told["detail"]
        assert "needs write" in told["detail"]
    assert platform.engine.m is before
    assert platform.engine.starts == {}


async def test_only_an_admin_key_ends_and_touches_people_and_links() -> None:
    platform = Platform()
    for body in FOR_ADMINS:
        problem(await platform.command(body, Scope.WRITE), 403, "scope")
    assert platform.engine.effects == 0
    for path, body in WRITING:
        assert (await platform.ask("POST", path, Scope.WRITE, **body)).is_success
    for body in reversed(FOR_ADMINS):
        assert (await platform.command(body)).status_code == 200


# Rates.


async def test_a_key_has_a_rate_and_is_told_what_is_left(clock: SimpleNamespace) -> None:
    platform = Platform(api_rate="3/minute")
    left = []
    for _ in range(3):
        answer = await platform.ask("GET", "/count", Scope.READ)
        assert answer.headers["ratelimit-limit"] == "3"
        left.append(answer.headers["ratelimit-remaining"])
    assert left == ["2", "1", "0"]
    answer = await platform.ask("GET", "/count", Scope.READ)
    assert "3 per 1 minute" in problem(answer, 429, "too_many_requests")["detail"]
    assert answer.headers["ratelimit-remaining"] == "0"
    assert (await platform.ask("GET", "/count", Scope.WRITE)).status_code == 200, "another key has its own"
    clock.now += int(answer.headers["retry-after"])
    assert (await platform.ask("GET", "/count", Scope.READ)).status_code == 200


async def test_wrong_keys_are_bounded_by_address_and_lock_nobody_out(clock: SimpleNamespace) -> None:
    platform = Platform()
    stranger = platform.client(None)
    for _ in range(STRANGERS.amount):
        assert (await stranger.get("/count", headers={"Authorization": "Bearer guess"})).status_code == 401
    answer = await stranger.get("/count", headers={"Authorization": "Bearer guess"})
    problem(answer, 429, "too_many_requests")
    assert (await stranger.get("/openapi.json")).status_code == 429
    assert (await platform.ask("GET", "/count")).status_code == 200, "the platform may share the stranger's address"
    assert (await platform.client(None, "198.51.100.9").get("/count")).status_code == 401
    clock.now += int(answer.headers["retry-after"])
    assert (await stranger.get("/openapi.json")).status_code == 200


async def test_the_rates_of_pages_do_not_count_for_the_api() -> None:
    platform = Platform(rates=True, rates_looks="1/hour", rates_looks_per_address="1/hour")
    for _ in range(5):
        assert (await platform.ask("GET", "/count")).status_code == 200
    page = platform.client(None)
    answers = [(await page.get(journey_link(), headers={"Accept": "text/html"})).status_code for _ in range(2)]
    assert answers == [200, 429]


async def test_web_processes_count_together_where_they_share_a_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []

    async def hit(self: object, rate: object, key: str) -> int:
        counted.append(key)
        return 0

    monkeypatch.setattr("web.rates.Rates.hit", hit)
    platform = Platform()
    await platform.ask("GET", "/count", Scope.READ)
    await platform.ask("GET", "/count", None)
    assert counted[0] == "api.read"
    assert re.fullmatch(r"api\.stranger\.\d+", counted[1]), "no address is kept"


# How it says no.


@pytest.mark.parametrize("path", ["", "/", "/nowhere", "/mentorships/", "/mentorships/a/b/c", "/problems/strange"])
async def test_an_address_that_is_none_is_a_problem(path: str) -> None:
    problem(await Platform().ask("GET", path), 404, "not_found")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/mentorships"])
async def test_so_it_is_beside_the_mounted_application(path: str) -> None:
    answer = await Platform().client().get(f"http://127.0.0.1:8000{path}")
    problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/mentorships", "GET, POST"),
        ("HEAD", "/count", "GET"),
        ("PUT", "/mentorships/pair-1", "GET"),
        ("GET", "/mentorships/pair-1/commands", "POST"),
        ("OPTIONS", "/mentorships/bulk", "GET, POST"),
    ],
)
async def test_a_method_that_is_none_is_answered_with_those_that_are(method: str, path: str, allowed: str) -> None:
    answer = await Platform().ask(method, path)
    if method != "HEAD":
        problem(answer, 405, "method")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_a_body_that_is_too_long_is_a_problem() -> None:
    json_type = {"Content-Type": "application/json"}
    answer = await Platform().ask("POST", "/mentorships", content=b"x" * 600_000, headers=json_type)
    assert "bulk" in problem(answer, 413, "too_large")["detail"]


async def test_a_body_of_a_stranger_is_not_even_read() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    for path, _ in WRITING:
        problem(await Platform().ask("POST", path, None, content=endless()), 401, "no_key")
    assert read == 0


async def test_a_body_that_does_not_arrive_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "BODY_WITHIN", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    problem(await Platform().ask("POST", "/mentorships", content=slow()), 408, "too_slow")


async def test_a_page_of_another_site_is_refused() -> None:
    headers = {"Origin": "https://elsewhere.example.com"}
    answer = await Platform().ask("POST", "/mentorships", json=START, headers=headers)
    problem(answer, 403, "cross_site")
    assert "access-control-allow-origin" not in answer.headers


async def test_what_nobody_foresaw_is_a_problem_and_its_message_stays_here(caplog: pytest.LogCaptureFixture) -> None:
    platform = Platform(BreakingEngine(broken=True))
    with caplog.at_level(logging.DEBUG):
        answer = await platform.ask("GET", "/mentorships/pair-1")
    problem(answer, 500, "internal")
    assert SECRET_WORDS not in answer.text
    assert SECRET_WORDS not in caplog.text
    assert "RuntimeError" in caplog.text


async def test_no_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await Platform().ask("GET", "/count")
        await Platform().ask("GET", "/count", None, headers={"Authorization": "Bearer trellis_guessed"})
    assert KEY[Scope.ADMIN] not in caplog.text
    assert "trellis_guessed" not in caplog.text


@pytest.mark.parametrize(("given", "kept"), [("order-7.b_2", True), ("a b", False), ("x" * 65, False), ("", False)])
async def test_every_answer_has_an_id_the_callers_own_where_it_is_plain(given: str, kept: bool) -> None:
    platform = Platform()
    for path, scope in (("/count", Scope.READ), ("/count", None), ("/nowhere", Scope.READ), ("/openapi.json", None)):
        answer = await platform.ask("GET", path, scope, headers={"X-Request-Id": given})
        own = answer.headers["x-request-id"]
        assert own == given if kept else re.fullmatch(r"[0-9a-f]{16}", own)
    page = await platform.client(None).get(journey_link())
    assert "x-request-id" not in page.headers


async def test_the_headers_of_pages_are_on_every_answer() -> None:
    for scope in (Scope.READ, None):
        answer = await Platform().ask("GET", "/count", scope)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
