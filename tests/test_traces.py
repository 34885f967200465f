"""One trace from a press to its mail; links where the mail waits for a decent hour; nothing personal in any span."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio
from bs4 import BeautifulSoup
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.worker import Replayer

from links import Links, Purpose
from models.base import Role
from models.mail import MailKind
from models.people import StartPerson
from settings import LOCAL_KEY, Settings
from telemetry.causes import HEADER
from telemetry.traces import Tracing, configured
from tests.histories import history
from tests.pairs import a_program, a_start, accepts, goals, zone_at
from tests.recorded_mail import RecordedMail
from tests.web_parts import BASE, filled
from web.app import create_app
from worker import build, runner
from workflows.client import ActRejected, Mentorships
from workflows.connection import connect
from workflows.mentorship import MentorshipWorkflow
from workflows.time_skipping import idle, skip_to_next

QUEUE = "traced"


class Traced:
    """A client, a worker and a web application whose spans are kept."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.kept = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.kept))
        self.tracing = Tracing(self.provider)
        self.mail = RecordedMail()
        self.client: Client
        self.mentorships: Mentorships

    def browser(self) -> httpx.AsyncClient:
        app = create_app(self.mentorships, Settings(base_url=BASE), tracer=self.tracing.tracer)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE)

    def about(self, id: str, name: str) -> list[ReadableSpan]:
        """The spans of this name that are about this mentorship."""
        return [
            one
            for one in self.kept.get_finished_spans()
            if one.name == name and (one.attributes or {}).get("trellis.mentorship") == id
        ]

    async def begun_at_night(self, *, webhooks: bool = False) -> str:
        """A mentorship of two people whose night it is: but for what is urgent, their mail waits."""
        zone = zone_at(3)
        mentor = StartPerson(name="Mara Mentor", email="mara@example.com", bio="Knows it.", zone=zone)
        mentee = StartPerson(name="Theo Mentee", email="theo@example.com", bio="Learns.", zone=zone)
        start = a_start(mentor=mentor, mentee=mentee)
        await Mentorships(self.client, task_queue=QUEUE, webhooks=webhooks).start(start, a_program())
        await idle(self.client, start.id)
        return start.id


def link(purpose: Purpose, id: str, ask: str = "") -> str:
    return Links(BASE, [LOCAL_KEY]).mint(purpose, id, Role.MENTEE, ask, f"{id}-0001", datetime.now(UTC))


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.trace_id


def linked_from(span: ReadableSpan) -> set[int]:
    return {one.context.trace_id for one in span.links}


@pytest_asyncio.fixture(scope="module")
async def traced(temporal_address: str) -> AsyncIterator[Traced]:
    parts = Traced(temporal_address)
    parts.client = await connect(temporal_address, interceptors=[parts.tracing])
    parts.mentorships = Mentorships(parts.client, task_queue=QUEUE)
    async with build(parts.client, task_queue=QUEUE, activities=[parts.mail.deliver]):
        yield parts


async def test_a_press_its_update_and_the_mail_it_causes_are_one_trace(traced: Traced) -> None:
    id = await traced.begun_at_night()
    async with traced.browser() as browser:
        url = link(Purpose.JOURNEY, id) + "/stop_contact"
        form = filled(BeautifulSoup((await browser.get(url)).text, "lxml"), {"confirm": "yes"})
        assert (await browser.post(url, data=form)).status_code == 303
    await idle(traced.client, id)
    assert [letter.kind for letter in traced.mail.of(id)] == [MailKind.STOP_ASKED]
    (press,) = [one for one in traced.kept.get_finished_spans() if one.name == "POST /j/{token}/{act}"]
    for name in ("update stop_contact", "took stop_contact", "begins deliver", "deliver"):
        (span,) = traced.about(id, name)
        assert trace_of(span) == trace_of(press), name


async def test_a_mail_that_waits_for_the_morning_has_a_trace_of_its_own_and_links_to_what_caused_it(
    traced: Traced,
) -> None:
    id = await traced.begun_at_night()
    await traced.mentorships.act(id, accepts(Role.MENTEE), update_id=f"{id}-press")
    assert not traced.mail.of(id)
    causes = {trace_of(traced.about(id, name)[0]) for name in ("run", "took accept")}
    await skip_to_next(traced.client, id)
    assert traced.mail.of(id)
    morning = traced.about(id, "begins deliver")[0]
    assert linked_from(morning) == causes
    assert trace_of(morning) not in causes
    assert trace_of(traced.about(id, "deliver")[0]) == trace_of(morning)


async def test_a_nudge_has_no_cause_but_the_clock(traced: Traced) -> None:
    id = await traced.begun_at_night()
    for _ in range(3):
        await skip_to_next(traced.client, id)
    nudge = traced.about(id, "begins deliver")[-1]
    assert nudge.parent is None
    assert not nudge.links


async def test_what_the_platform_is_told_belongs_to_the_trace_of_what_happened(traced: Traced) -> None:
    id = await traced.begun_at_night(webhooks=True)
    for _ in range(600):
        # The feed goes its own way, a moment behind.
        if traced.about(id, "begins announce"):
            break
        await asyncio.sleep(0.05)
    (told,) = traced.about(id, "took tell")
    (announced,) = traced.about(id, "begins announce")
    assert trace_of(told) == trace_of(announced) == trace_of(*traced.about(id, "start Mentorship"))


async def test_a_refused_press_is_the_cause_of_nothing(traced: Traced) -> None:
    id = await traced.begun_at_night()
    with pytest.raises(ActRejected):
        await traced.mentorships.act(id, goals(), update_id=f"{id}-too-early")
    assert not traced.about(id, "took set_goals")
    assert traced.about(id, "update set_goals")


async def test_a_history_holds_ids_of_traces_in_headers_and_replays_without_a_span(traced: Traced) -> None:
    id = await traced.begun_at_night()
    await traced.mentorships.act(id, accepts(Role.MENTEE), update_id=f"{id}-press")
    await skip_to_next(traced.client, id)
    recorded = await history(traced.client, id)
    headers = [one for event in recorded.events for one in _headers(event)]
    assert len(headers) == 3
    for header in headers:
        assert list(header) == [HEADER]
        assert re.fullmatch(rb'{"traceparent":"00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-9a-f]"}', header[HEADER].data)
    before = len(traced.kept.get_finished_spans())
    replayer = Replayer(
        workflows=[MentorshipWorkflow],
        workflow_runner=runner(),
        data_converter=traced.client.data_converter,
        interceptors=[traced.tracing],
    )
    await replayer.replay_workflow(recorded)
    assert len(traced.kept.get_finished_spans()) == before


async def test_no_span_tells_who_they_are_or_holds_a_link(traced: Traced) -> None:
    id = await traced.begun_at_night()
    traced.mail.broken_for.add(id)
    opened = link(Purpose.ASK, id, "accept.mentee")
    async with traced.browser() as browser:
        form = filled(BeautifulSoup((await browser.get(opened)).text, "lxml"), {"decision": "no", "reason": "SECRET"})
        assert (await browser.post(opened, data=form)).status_code == 303
        await browser.get("/a/no-token-at-all?name=Theo")
    await skip_to_next(traced.client, id)
    failed = traced.about(id, "deliver")[-1]
    assert dict(failed.attributes or {})["error.type"] == "ApplicationError"
    told = "\n".join(one.to_json() for one in traced.kept.get_finished_spans())
    assert "/a/{token}" in told
    for private in ("Mara", "Theo", "example.com", "SECRET", "the template is broken", opened.rsplit("/", 1)[1][:20]):
        assert private not in told, private


def _headers(event: HistoryEvent) -> list[dict[str, Payload]]:
    found = [
        event.workflow_execution_started_event_attributes.header,
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input.header,
        event.activity_task_scheduled_event_attributes.header,
    ]
    return [dict(one.fields) for one in found if one.fields]


def test_without_an_endpoint_there_are_no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert configured("trellis-web") is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert configured("trellis-web") is None
