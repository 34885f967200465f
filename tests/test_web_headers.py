"""A snapshot of every route: how it ends in good times and bad ones, and with which headers."""

import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from demo.sendgrid_events import Key
from settings import Settings
from tests.api_parts import START as START_OF_API
from tests.test_web_asks import with_sessions
from tests.test_web_certificate import LIVES, completed, visit
from tests.test_web_outbox import written
from tests.web_parts import Browser, PureEngine, ask_link, coordinator_link, filled, journey_link, unsubscribe_link
from tests.web_routes import API_KEY, SECRET_WORDS, BreakingEngine, every_route, visitor, whole_app
from web.app import create_app

COMMON = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self' 'sha256-…'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}
UNSTYLED = {**COMMON, "content-security-policy": COMMON["content-security-policy"].replace(" 'sha256-…'", "")}
OF_THE_API = dict.fromkeys(("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-request-id"), "…")
SETS = {
    "page": {**COMMON, "content-type": "text/html; charset=utf-8"},
    "later": {**COMMON, "content-type": "text/html; charset=utf-8", "retry-after": "…"},
    "refused": {**COMMON, "content-type": "text/html; charset=utf-8", "allow": "…"},
    "way": {**UNSTYLED, "location": "…"},
    "word": {**UNSTYLED, "content-type": "application/json"},
    "nothing": UNSTYLED,
    "answer": {**UNSTYLED, "content-type": "application/json", **OF_THE_API},
    "lines": {**UNSTYLED, "content-type": "application/x-ndjson", **OF_THE_API},
    "problem": {**UNSTYLED, "content-type": "application/problem+json", **OF_THE_API},
    "problem-later": {**UNSTYLED, "content-type": "application/problem+json", "retry-after": "…", **OF_THE_API},
    "problem-method": {**UNSTYLED, "content-type": "application/problem+json", "allow": "…", **OF_THE_API},
    "problem-key": {
        **UNSTYLED, "content-type": "application/problem+json", "www-authenticate": "…", "x-request-id": "…"
    },
    "open-answer": {**UNSTYLED, "content-type": "application/json", "x-request-id": "…"},
    "open-problem": {**UNSTYLED, "content-type": "application/problem+json", "x-request-id": "…"},
    "nothing-later": {**UNSTYLED, "retry-after": "…"},
    "file": {
        **UNSTYLED,
        "content-type": "text/css; charset=utf-8",
        "cross-origin-resource-policy": "cross-origin",
        "accept-ranges": "bytes",
        "etag": "…",
        "last-modified": "…",
    },
    "public-page": {
        **COMMON, "content-type": "text/html; charset=utf-8", "cross-origin-resource-policy": "cross-origin"
    },
    "public-refused": {
        **COMMON,
        "content-type": "text/html; charset=utf-8",
        "cross-origin-resource-policy": "cross-origin",
        "allow": "…",
    },
    "frame": {
        **COMMON,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": f"{COMMON['content-security-policy']}; frame-src 'self'",
    },
    "mail": {
        **COMMON,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation",
    },
    "own-data": {**UNSTYLED, "content-type": "application/json", "content-disposition": "…"},
    "calendar": {
        **UNSTYLED, "content-type": "text/calendar; method=PUBLISH; charset=utf-8", "content-disposition": "…"
    },
    "download": {**UNSTYLED, "content-type": "application/ics", "content-disposition": "…"},
}  # fmt: skip
"""All headers of an answer, by what kind of answer it is. What differs from request to request is left out: `…`."""

SNAPSHOT = {
    "GET /health": "200 word, 200 word, 200 word, 200 word, 200 word",
    "HEAD /health": "200 word, 200 word, 200 word, 200 word, 200 word",
    "GET /ready": "200 word, 200 word, 503 word, 200 word, 200 word",
    "HEAD /ready": "200 word, 200 word, 503 word, 200 word, 200 word",
    "GET /a/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /a/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "POST /a/{token}": "303 way, 404 page, 503 page, 500 page, 429 later",
    "GET /a/{token}/snooze": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /a/{token}/snooze": "200 page, 404 page, 503 later, 500 page, 429 later",
    "POST /a/{token}/snooze": "303 way, 404 page, 503 page, 500 page, 429 later",
    "GET /a/{token}/fresh": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /a/{token}/fresh": "200 page, 404 page, 503 later, 500 page, 429 later",
    "POST /a/{token}/fresh": "303 way, 404 page, 503 page, 500 page, 429 later",
    "GET /a/{token}/receipt/{receipt_id}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /a/{token}/receipt/{receipt_id}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "GET /j/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /j/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "GET /j/{token}/next.ics": "404 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /j/{token}/next.ics": "404 page, 404 page, 503 later, 500 page, 429 later",
    "GET /j/{token}/certificate": "404 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /j/{token}/certificate": "404 page, 404 page, 503 later, 500 page, 429 later",
    "GET /j/{token}/export": "200 own-data, 404 page, 503 later, 500 page, 429 later",
    "HEAD /j/{token}/export": "200 own-data, 404 page, 503 later, 500 page, 429 later",
    "GET /j/{token}/{act}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /j/{token}/{act}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "POST /j/{token}/{act}": "303 way, 404 page, 503 page, 500 page, 429 later",
    "GET /j/{token}/{act}/receipt/{receipt_id}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /j/{token}/{act}/receipt/{receipt_id}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "GET /c/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /c/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "GET /c/{token}/{deed}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /c/{token}/{deed}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "POST /c/{token}/{deed}": "303 way, 404 page, 503 page, 500 page, 429 later",
    "GET /c/{token}/receipt/{receipt_id}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /c/{token}/receipt/{receipt_id}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "GET /u/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "HEAD /u/{token}": "200 page, 404 page, 503 later, 500 page, 429 later",
    "POST /u/{token}": "200 page, 404 page, 503 page, 500 page, 429 later",
    "POST /webhooks/sendgrid": "200 nothing, 403 nothing, 503 nothing-later, 500 page, 200 nothing",
    "GET /": "303 way, 303 way, 303 way, 303 way, 429 later",
    "HEAD /": "303 way, 303 way, 303 way, 303 way, 429 later",
    "GET /outbox": "200 page, 200 page, 200 page, 500 page, 429 later",
    "HEAD /outbox": "200 page, 200 page, 200 page, 500 page, 429 later",
    "POST /outbox/skip": "303 way, 404 page, 503 page, 500 page, 429 later",
    "GET /outbox/{mail_id}": "200 frame, 404 page, 200 frame, 200 frame, 429 later",
    "HEAD /outbox/{mail_id}": "200 frame, 404 page, 200 frame, 200 frame, 429 later",
    "GET /outbox/{mail_id}/html": "200 mail, 404 page, 200 mail, 200 mail, 429 later",
    "HEAD /outbox/{mail_id}/html": "200 mail, 404 page, 200 mail, 200 mail, 429 later",
    "GET /outbox/{mail_id}/attachment/{index}": "200 download, 404 page, 200 download, 200 download, 429 later",
    "HEAD /outbox/{mail_id}/attachment/{index}": "200 download, 404 page, 200 download, 200 download, 429 later",
    "GET /api/v1/openapi.json": "200 answer, 200 open-answer, 200 answer, 200 answer, 429 problem-later",
    "HEAD /api/v1/openapi.json": "200 answer, 200 open-answer, 200 answer, 200 answer, 429 problem-later",
    "GET /api/v1/problems/{code}": "200 answer, 404 open-problem, 200 answer, 200 answer, 429 problem-later",
    "POST /api/v1/mentorships": "201 answer, 401 problem-key, 503 problem-later, 500 problem, 429 problem-later",
    "GET /api/v1/mentorships": "200 answer, 401 problem-key, 503 problem-later, 500 problem, 429 problem-later",
    "GET /api/v1/count": "200 answer, 401 problem-key, 503 problem-later, 500 problem, 429 problem-later",
    "POST /api/v1/mentorships/bulk": "200 lines, 401 problem-key, 200 lines, 200 lines, 429 problem-later",
    "GET /api/v1/mentorships/{id}": "200 answer, 401 problem-key, 503 problem-later, 500 problem, 429 problem-later",
    "GET /api/v1/mentorships/{id}/summary": "200 answer, 401 problem-key, 503 problem-later, 500 problem, "
    "429 problem-later",
    "GET /api/v1/mentorships/{id}/export": "200 answer, 401 problem-key, 503 problem-later, 500 problem, "
    "429 problem-later",
    "POST /api/v1/mentorships/{id}/commands": "200 answer, 401 problem-key, 503 problem-later, 500 problem, "
    "429 problem-later",
    "POST /api/v1/mentorships/{id}/replace-mentor": "422 problem, 401 problem-key, 503 problem-later, 500 problem, "
    "429 problem-later",
    "POST /api/v1/people/forget": "200 answer, 401 problem-key, 503 problem-later, 500 problem, 429 problem-later",
    "GET /static/{path}": "200 file, 404 public-page, 200 file, 200 file, 200 file",
    "HEAD /static/{path}": "200 file, 404 public-page, 200 file, 200 file, 200 file",
}
"""Each route: how it answers when all is well, to a token or name that nobody was given, while the engine is away, when
something unforeseen happens, and when it comes too often."""


DIFFERING = (
    *("retry-after", "allow", "location", "etag", "last-modified", "content-disposition", "www-authenticate"),
    *OF_THE_API,
)
LINKS_BY_PATH = {
    "/a": ask_link("accept.mentee"),
    "/c": coordinator_link(),
    "/j": journey_link(),
    "/u": unsubscribe_link(),
}


def kind(answer: httpx.Response) -> str:
    """Which of the sets an answer's headers are, exactly."""
    seen = {name: value for name, value in answer.headers.items() if name != "content-length"}
    seen["content-security-policy"] = re.sub(r"sha256-[\w+/=]+", "sha256-…", seen["content-security-policy"])
    for name in DIFFERING:
        if name in seen:
            seen[name] = "…"
    found = [name for name, headers in SETS.items() if headers == seen]
    assert found, f"no set has these headers of {answer.request.method} {answer.url.path[:12]}: {seen}"
    return found[0]


class InBetterTimes:
    """Lets the engine work for a moment, whatever it is meant to do."""

    def __init__(self, engine: BreakingEngine) -> None:
        self.engine = engine

    def __enter__(self) -> None:
        self.before = self.engine.down, self.engine.broken
        self.engine.down = self.engine.broken = False

    def __exit__(self, *problem: object) -> None:
        self.engine.down, self.engine.broken = self.before


async def _of_a_platform(http: httpx.AsyncClient, method: str, path: str, *, genuine: bool) -> httpx.Response:
    """A request to the API, with a key or with a wrong one."""
    body: dict[str, Any] = {}
    if method == "POST":
        sent, media_type = START_OF_API, "application/json"
        if path.endswith("/commands"):
            sent = {"command": "message", "to": "both", "text": "Hm."}
        if path.endswith("/replace-mentor"):
            # With the id of the old one: it must not end for the routes that come after.
            sent = {"id": "pair-1", "mentor": START_OF_API["mentor"]}
        if path.endswith("/forget"):
            sent = {"email": "theo@example.com"}
        if path.endswith("/bulk"):
            media_type = "application/x-ndjson"
        body = {"content": json.dumps(sent), "headers": {"Content-Type": media_type}}
    if path.endswith("/export"):
        body = {"params": {"role": "mentee"}}
    http.headers["Authorization"] = f"Bearer {API_KEY[0] if genuine else 'trellis_wrong'}"
    address = path.format(id="pair-1", code="invalid" if genuine else "none")
    return await http.request(method, address, **body)


class Scene:
    """An application in which every route leads somewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = BreakingEngine()
        self.events = 0
        self.mail = written(folder, 1, "mentee")
        self.app = whole_app(self.engine, folder)
        few = {"rates_looks": "1/hour", "rates_presses": "1/hour", "api_rate": "1/hour"}
        self.bounded = whole_app(self.engine, folder, rates=True, **few)

    async def request(self, method: str, path: str, *, genuine: bool, bounded: bool = False) -> httpx.Response:
        """A request as its route wants it."""
        http = visitor(self.bounded if bounded else self.app)
        if path.startswith("/api/"):
            return await _of_a_platform(http, method, path, genuine=genuine)
        token = LINKS_BY_PATH.get(path[:2], "/x")
        address = path.format(
            token=token.rsplit("/", 1)[-1] if genuine else "forged",
            deed="message",
            act="ask_help" if "receipt" not in path else "fresh_link",
            receipt_id=await self.receipt(path) if "{receipt_id}" in path else "",
            mail_id=self.mail if genuine else "nobody-0001",
            index=0,
            path="style.css" if genuine else "nothing.css",
        )
        if method != "POST":
            return await http.request(method, address)
        if path.startswith("/webhooks/"):
            signed = Key(self.folder / "signing-key.pem" if genuine else self.folder / "another.pem")
            self.events += 1
            event = {"event": "delivered", "mid": "pair-1-0001", "mentorship": "pair-1", "role": "mentee"}
            body = json.dumps([{**event, "timestamp": self.events}]).encode()
            return await http.post(address, content=body, headers=signed.signed(body, int(time.time())))
        if path == "/outbox/skip":
            return await http.post(address, data={"mentorship": "pair-1" if genuine else "nobody"})
        values = {
            "/a/{token}": {"decision": "yes"},
            "/a/{token}/snooze": {"days": "1"},
            "/u/{token}": {"mail": "closing_only"},
        }
        values["/j/{token}/{act}"] = {"message": "Hm."}
        values["/c/{token}/{deed}"] = {"to": "both", "text": "Hm."}
        return await http.post(address, data=await self.form(address, genuine, values.get(path, {})))

    async def form(self, address: str, genuine: bool, values: dict[str, str]) -> dict[str, str | list[str]]:
        """What a browser would send, from a page that was opened in better times."""
        if not genuine:
            return {}
        with InBetterTimes(self.engine):
            return filled(BeautifulSoup((await visitor(self.app).get(address)).text, "lxml"), values)

    async def receipt(self, path: str) -> str:
        """The id of something that was recorded by the link of that path."""
        browser = Browser(self.engine)
        url, values = ask_link("accept.mentee"), {"decision": "yes"}
        if path.startswith("/j"):
            url, values = f"{journey_link()}/fresh_link", {}
        if path.startswith("/c"):
            url, values = f"{coordinator_link()}/message", {"to": "both", "text": "Hm."}
        with InBetterTimes(self.engine):
            answer = await browser.send(url, await browser.get(url), values)
        return str(answer.headers["location"]).rsplit("/", 1)[-1]


@pytest.mark.parametrize(("method", "path"), every_route())
async def test_a_route_ends_as_its_snapshot_says(method: str, path: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    ends = []
    for trouble in ("none", "forged", "away", "broken", "often"):
        scene.engine.down, scene.engine.broken = trouble == "away", trouble == "broken"
        genuine = trouble != "forged"
        answer = await scene.request(method, path, genuine=genuine, bounded=trouble == "often")
        if trouble == "often":
            answer = await scene.request(method, path, genuine=genuine, bounded=True)
        assert "set-cookie" not in answer.headers
        assert SECRET_WORDS not in answer.text
        assert "Traceback" not in answer.text
        ends.append(f"{answer.status_code} {kind(answer)}")
    assert ", ".join(ends) == SNAPSHOT.get(f"{method} {path}", "no snapshot yet: see SETS and write one")


async def test_what_a_journey_hands_out_has_the_same_headers() -> None:
    _, browser = await with_sessions()
    assert kind(await browser.http.get(f"{journey_link()}/next.ics")) == "calendar"
    done = visit(completed(*LIVES["plain"]))
    assert kind(await done.http.get(f"{journey_link()}/certificate")) == "page"


async def test_there_is_no_snapshot_of_a_route_that_is_gone() -> None:
    assert {f"{method} {path}" for method, path in every_route()} == SNAPSHOT.keys()


async def test_what_a_route_does_not_do_it_refuses_with_the_same_headers(tmp_path: Path) -> None:
    engine = PureEngine()
    http = visitor(whole_app(engine, tmp_path))
    known = every_route()
    for path in sorted({path for _, path in known}):
        token = LINKS_BY_PATH.get(path[:2], "/x")
        address = path.format(
            token=token.rsplit("/", 1)[-1],
            act="pause",
            deed="message",
            receipt_id="x",
            mail_id="x",
            index=0,
            path="style.css",
            id="pair-1",
            code="invalid",
        )
        http.headers["Authorization"] = f"Bearer {API_KEY[0]}" if path.startswith("/api/") else ""
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"):
            if (method, path) in known:
                continue
            answer = await http.request(method, address)
            if method == "POST" and re.fullmatch(r"/j/\{token\}/[a-z.]+", path):
                assert answer.status_code == 404, "an act of that name is not known"
                continue
            refused = "public-refused" if path.startswith("/static/") else "refused"
            if path.startswith("/api/"):
                refused = "problem-method"
            assert f"{answer.status_code} {kind(answer)}" == f"405 {refused}", (method, path)
    assert engine.effects == 0


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ({"content": b"x" * 600_000}, "413 page"),
        ({"headers": {"Content-Length": "many"}}, "413 page"),
        ({"headers": {"Origin": "https://evil.example.com"}}, "403 page"),
        ({"content": b"--", "headers": {"Content-Type": "multipart/form-data"}}, "400 page"),
        ({}, "403 page"),
    ],
)
async def test_a_press_that_is_refused_early_has_the_same_headers(
    sent: dict[str, Any], end: str, tmp_path: Path
) -> None:
    answer = await visitor(whole_app(PureEngine(), tmp_path)).post(ask_link("accept.mentee"), **sent)
    assert f"{answer.status_code} {kind(answer)}" == end


async def test_who_is_reached_by_https_stays_with_https(tmp_path: Path) -> None:
    secure = create_app(PureEngine(), Settings.model_validate({"base_url": "https://mentoring.example.com"}))
    for path in ("/health", "/nowhere", "/static/style.css"):
        answer = await visitor(secure).get(path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "strict-transport-security" not in (await Browser(PureEngine()).http.get(path)).headers
