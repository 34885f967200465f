"""Every route under fire: whatever is sent, nothing breaks, nothing tells how it is made, and looking never acts."""

import asyncio
import json
import tempfile
import time
import warnings
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import schemathesis
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from schemathesis.specs.openapi.schemas import OpenApiSchema

import lifecycle
from demo.sendgrid_events import Key
from models.base import Role
from models.commands import EndCommand
from models.state import Mentorship
from settings import LOCAL_KEY, ROOT
from tests.test_web_asks import with_sessions
from tests.test_web_outbox import written
from tests.web_parts import Browser, PureEngine, ask_link, coordinator_link, filled, journey_link, unsubscribe_link
from tests.web_routes import all_routes, every_route, visitor, whole_app
from web import steps, words
from web.coordinating import DEEDS

T = TypeVar("T")
SLOW_IS_FINE = list(HealthCheck)


def waited(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs it on a loop of its own, and leaves the loop of the other tests alone."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


TASK = steps.Step("task", {"title": "x", "due": "2030-01-01", "owner": "mentee"}, ("obstacle", "plan", "confidence"))
LONG_FORMS = {
    "": (*steps.HELD, *steps.NOT_HELD, steps.PULSE, steps.COURSE, *steps.TERMS, *steps.REFLECT),
    "goals.0.": steps.GOAL,
    "progress.0.": (steps.PROGRESS,),
    "tasks.0.": (TASK,),
}
"""The pages of long forms, of which each shows one only, by what their fields stand below."""


@dataclass(repr=False)
class Range:
    """An application to fire at: a pair at its beginning, in the middle and after its end, and what leads somewhere."""

    folder: Path
    engine: PureEngine
    beginning: Mentorship
    middle: Mentorship
    ended: Mentorship
    fields: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = whole_app(self.engine, self.folder)
        self.key = Key(self.folder / "signing-key.pem")
        self.asks = [ask_link(one.id) for one in lifecycle.all_asks(self.middle)]
        own = f"{journey_link()}/"
        self.forms = [
            *self.asks,
            unsubscribe_link(),
            *(f"{own}{act}" for act in sorted(words.ACTS)),
            *(f"{own}{act}?session={number}" for act in ("move_session", "cancel_session") for number in (3, 4)),
        ]
        desk = coordinator_link()
        self.forms += [f"{desk}/{deed}" for deed in ("message", "patience", "pause", "rematch", "end")]
        links = [*self.asks, *map(ask_link, self.middle.answers), journey_link(), journey_link(Role.MENTOR), desk]
        self.known = {
            "token": sorted({url.rsplit("/", 1)[-1] for url in [*links, unsubscribe_link()]}),
            "act": sorted(words.ACTS),
            "deed": sorted(DEEDS),
            "receipt_id": [one.id for one in self.middle.receipts][-5:],
            "mail_id": [written(self.folder, 1, "mentee")],
            "mentorship": [self.middle.id],
        }

    def begin(self, m: Mentorship) -> None:
        """As if nothing had been sent yet."""
        self.engine.m, self.engine.down = m, False
        self.engine.calls.clear()

    def __repr__(self) -> str:
        """Short: it stands in what Hypothesis tells of a failure."""
        return "Range(…)"

    async def learn_fields(self) -> None:
        """The names of all fields, and the values of all choices."""
        for url in self.forms:
            page = BeautifulSoup((await visitor(self.app).get(url)).text, "lxml")
            for tag in page.select("form input, form textarea"):
                self.fields.setdefault(str(tag["name"]), set()).add(str(tag.get("value", "")))
        for above, pages in LONG_FORMS.items():
            for step in pages:
                for part in (*step.least, *step.optional):
                    self.fields.setdefault(f"{above}{step.prefix}{part}", set()).add(step.least.get(part, ""))
        self.fields["step"] = {"next", "back", "without.0", "look", "goals.0.measure"}

    @property
    def description(self) -> dict[str, Any]:
        """What FastAPI knows of the routes, with words that lead somewhere, and the forms that it does not know."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GET and HEAD of a route share an operation id
            spec: dict[str, Any] = self.app.openapi()
        some = {name: {"anyOf": [{"enum": sorted(at)}, {"type": "string"}]} for name, at in self.fields.items()}
        form = {"type": "object", "properties": some, "additionalProperties": {"type": "string"}}
        kinds = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
        for path, operations in spec["paths"].items():
            for method, operation in operations.items():
                operation["operationId"] = f"{method} {path}"
                for parameter in operation.get("parameters", ()):
                    if values := self.known.get(parameter["name"]):
                        parameter["schema"] = {"anyOf": [{"enum": values}, {"enum": values}, {"type": "string"}]}
                if method == "post":
                    operation["requestBody"] = {"content": {kind: {"schema": form} for kind in kinds}}
        return spec


@lru_cache(maxsize=1)
def prepared() -> Range:
    """Made once, when the first of these tests runs."""

    async def prepare() -> Range:
        newly = PureEngine()
        await Browser(newly).press(ask_link("accept.mentee"), decision="yes")
        running, _ = await with_sessions()
        running.forward(days=15)
        ended = PureEngine(m=lifecycle.command(running.m, EndCommand(), running.now), now=running.now)
        ended.forward(days=3)
        found = Range(Path(tempfile.mkdtemp()), running, newly.m, running.m, ended.m)
        await found.learn_fields()
        return found

    return waited(prepare())


@pytest.fixture
def target() -> Iterator[Range]:
    """The range, and as it was before when the test is over."""
    found = prepared()
    found.begin(found.middle)
    yield found
    found.begin(found.middle)


@pytest.fixture(scope="module")
def schema() -> OpenApiSchema:
    """The routes, for Schemathesis."""
    loaded = schemathesis.openapi.from_dict(prepared().description)
    loaded.app = prepared().app
    return loaded


def is_a_page(path: str) -> bool:
    """Files are Starlette's own, and the API is tried by tests of its own."""
    return not path.startswith(("/static/", "/api/"))


def is_harmless(answer: httpx.Response | schemathesis.Response) -> None:
    """What holds for every answer."""
    assert answer.status_code < 500, answer.text
    assert "set-cookie" not in answer.headers
    # Long enough that Hypothesis, which also tries the strings of this file, does not send them itself.
    for inside in ("Traceback (most recent call last)", "validation errors for ", LOCAL_KEY):
        assert inside not in answer.text
    assert f"{ROOT}/" not in answer.text


@pytest.mark.parametrize(("method", "path"), [one for one in every_route() if is_a_page(one[1])])
def test_whatever_is_sent_to_a_route_nothing_breaks_and_looking_changes_nothing(
    schema: OpenApiSchema, method: str, path: str
) -> None:
    target = prepared()

    @effort(max_examples=10, deadline=None, suppress_health_check=SLOW_IS_FINE)
    @given(
        case=schema[path][method].as_strategy(), state=st.sampled_from([target.beginning, target.middle, target.ended])
    )
    def fire(case: Any, state: Mentorship) -> None:
        target.begin(state)
        is_harmless(case.call())
        if method in ("GET", "HEAD"):
            assert target.engine.m is state
            assert "act" not in target.engine.calls

    fire()


async def test_every_link_leads_to_a_page_at_every_time(target: Range) -> None:
    looked = [path for method, path in every_route() if method == "GET" and "{token}" in path]
    http = visitor(target.app)
    for state in (target.beginning, target.middle, target.ended):
        for path in looked:
            for token in target.known["token"]:
                for act in what_is_done_at(path, target):
                    target.begin(state)
                    is_harmless(await http.get(path.format(token=token, act=act, deed=act, receipt_id="0" * 32)))
                    assert target.engine.m is state


def what_is_done_at(path: str, target: Range) -> list[str]:
    name = next((name for name in ("act", "deed") if f"{{{name}}}" in path), "")
    return target.known[name] if name and "receipt" not in path else ["pause"]


def test_schemathesis_is_told_of_every_route(target: Range) -> None:
    described = {f"{method.upper()} {path}" for path, of in target.description["paths"].items() for method in of}
    assert described == {f"{method} {path}" for method, path in all_routes(target.app) if is_a_page(path)}
    assert len(target.fields) > 50
    assert len(target.known["receipt_id"]) == 5


TYPED = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", " ", "0", "-1", "1e309", "NaN", "9" * 400, "2027-02-30", "0001-01-01", "9999-12-31T23:59"]),
    st.sampled_from(["\x00", "\u202e", "{{7*7}}", "<script>alert(1)</script>", "true", "yes", "none_suits", "on"]),
    st.sampled_from(["Europe/Lisbon", "../etc/passwd", "mentor", "coordinator", "2027-03-28T01:30", "23:59"]),
)
ODD_NAMES = st.one_of(
    st.sampled_from(["by", "ask", "act", "link", "session", "task", "a..b", ".", "x" * 500, "goals.9999999999.title"]),
    st.builds("{}.{}.{}".format, st.sampled_from(["goals", "options", "tasks"]), st.integers(0, 10**6), st.text()),
    st.text(max_size=20),
)


@effort(max_examples=120, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(data=st.data(), down=st.booleans())
async def test_whatever_is_typed_into_a_genuine_form_it_has_its_page(
    target: Range, data: st.DataObject, down: bool
) -> None:
    target.begin(target.middle)
    http = visitor(target.app)
    url = data.draw(st.sampled_from(target.forms))
    page = BeautifulSoup((await http.get(url)).text, "lxml")
    if page.find("form") is None:
        return
    form = filled(page, {})
    names = st.sampled_from(sorted(form)) | st.sampled_from(sorted(target.fields)) | ODD_NAMES
    planted = data.draw(st.dictionaries(names, TYPED, max_size=8))
    target.engine.down = down
    answer = await http.post(url, data={**form, **planted, "nonce": form["nonce"]})
    if down:
        assert answer.status_code == 503
        assert target.engine.m is target.middle
    else:
        is_harmless(answer)
        assert answer.status_code in (200, 303, 409, 422)
    assert "<script>alert" not in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
EVENT = st.fixed_dictionaries(
    {"event": st.sampled_from(["delivered", "bounce", "dropped"]) | JSON},
    optional={
        "mid": st.just("pair-1-0001") | JSON,
        "mentorship": st.just("pair-1") | JSON,
        "role": st.sampled_from(["mentee", "coordinator", "king"]) | JSON,
        **dict.fromkeys(("email", "timestamp", "reason", "type"), JSON),
    },
)
EVENTS = (JSON | st.lists(EVENT, max_size=4)).map(lambda told: json.dumps(told).encode()) | st.binary(max_size=100)


@effort(max_examples=80, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(body=EVENTS)
async def test_whatever_the_provider_signs_it_is_taken_or_refused(target: Range, body: bytes) -> None:
    signed = target.key.signed(body, int(time.time()))
    answer = await visitor(target.app).post("/webhooks/sendgrid", content=body, headers=signed)
    assert answer.status_code in (200, 400)
    assert answer.content == b""


@effort(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "BREW"]),
    begin=st.sampled_from(
        [b"/", b"//", b"/a/", b"/j/x/", b"/u/", b"/static/", b"/static/../", b"/outbox/", b"/webhooks/"]
    ),
    path=st.binary(max_size=60),
    query=st.binary(max_size=40),
    name=st.sampled_from(
        [b"host", b"origin", b"content-type", b"content-length", b"x-forwarded-for", b"range", b"accept-language"]
    ),
    value=st.binary(max_size=40) | st.sampled_from([b"bytes=0-0,1-1", b"-1", b"multipart/form-data; boundary="]),
)
async def test_whatever_bytes_a_request_is_made_of_it_has_an_answer(
    target: Range, method: str, begin: bytes, path: bytes, query: bytes, name: bytes, value: bytes
) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": value, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": (begin + path).decode("utf-8", "replace"), "raw_path": begin + path, "query_string": query,
        "root_path": "", "headers": [(name, value)], "client": ("192.0.2.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    await target.app(scope, receive, send)
    assert sent[0]["status"] < 500
    assert target.engine.m is target.middle
