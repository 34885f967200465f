"""What became of a play, from two witnesses that can't flatter: the server's event histories and the mails on disk."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import Field
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.converter import PayloadCodec

from demo.autoplay import Scene
from demo.server import Parts
from models.base import Instant, Model
from workflows.begin import workflow_id
from workflows.key_usage import payloads


class StageEntered(Model):
    stage: str
    entered_at: Instant


class MailSeen(Model):
    """A mail in the outbox. `local` is `at` in its reader's zone, `eml` the file's path below the demo's folder."""

    message_id: str
    kind: str
    to: str
    mail_class: str = Field(serialization_alias="class")
    at: Instant
    local: datetime
    eml: str


class ActSeen(Model):
    """An act that the server recorded. `ask` is for those who check the mails against the acts."""

    act: str
    by: str
    at: Instant
    ask: str = Field(default="", exclude=True)


class HealthSeen(Model):
    at: Instant
    verdict: str
    reasons: tuple[str, ...]


class HistoryFigures(Model):
    """All runs of the mentorship together."""

    runs: int
    events: int
    bytes: int
    timers: int
    activities: int
    updates: int
    signals: int
    search_attribute_upserts: int


class Report(Model):
    """The whole play. `to_json` is what `demo --autoplay --json` prints."""

    id: str
    program: str
    outcome: str
    seed: int
    virtual_days: float
    wall_seconds: float
    stages: tuple[StageEntered, ...]
    mails: tuple[MailSeen, ...]
    acts: tuple[ActSeen, ...]
    health: tuple[HealthSeen, ...]
    history: HistoryFigures

    def to_json(self) -> str:
        """One JSON object."""
        return self.model_dump_json(by_alias=True)


@dataclass(slots=True)
class Run:
    """One run of a workflow: its history, and how many bytes the server keeps for it."""

    events: list[HistoryEvent]
    size: int
    id: str


async def report(parts: Parts, scene: Scene) -> Report:
    """The report of a play that has ended."""
    overview = scene.overview
    assert overview is not None
    recorded = await runs(parts.client, workflow_id(scene.start.id))
    ended = overview.ended_at or overview.now
    return Report(
        id=scene.start.id,
        program=scene.program.name,
        outcome=overview.outcome or "",
        seed=scene.cast.seed,
        virtual_days=round((ended - overview.started_at).total_seconds() / 86400, 2),
        wall_seconds=round(scene.wall_seconds, 2),
        stages=tuple(StageEntered(stage=visit.stage, entered_at=visit.at) for visit in overview.visits),
        mails=tuple(_mails(parts, scene)),
        acts=tuple(act for run in recorded for act in acts(run.events)),
        health=tuple(HealthSeen(at=one.at, verdict=one.verdict, reasons=one.reasons) for one in scene.health),
        history=_figures(recorded),
    )


def _mails(parts: Parts, scene: Scene) -> list[MailSeen]:
    return [
        MailSeen(
            message_id=mail.message_id,
            kind=mail.kind,
            to=mail.to,
            mail_class=mail.mail_class,
            at=mail.at,
            local=mail.at.astimezone(ZoneInfo(scene.zone(mail.to))),
            eml=mail.path.relative_to(parts.folder).as_posix(),
        )
        for mail in scene.mails
    ]


async def runs(client: Client, workflow: str) -> list[Run]:
    """The runs of one workflow id, the first one first, each found through the end of the one before. Decrypted."""
    latest = await client.get_workflow_handle(workflow).describe()
    run_id = latest.raw_description.workflow_execution_info.first_run_id or latest.run_id
    found: list[Run] = []
    while run_id:
        handle = client.get_workflow_handle(workflow, run_id=run_id)
        described = (await handle.describe()).raw_description.workflow_execution_info
        events = [event async for event in handle.fetch_history_events()]
        await _decrypt(events, client.data_converter.payload_codec)
        found.append(Run(events, described.history_size_bytes, run_id))
        last = events[-1]
        run_id = (
            last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
            if last.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
            else ""
        )
    return found


async def _decrypt(events: Iterable[HistoryEvent], codec: PayloadCodec | None) -> None:
    if codec is not None:
        for payload in (payload for event in events for payload in payloads(event)):
            payload.CopyFrom(*await codec.decode([payload]))


def acts(events: list[HistoryEvent]) -> list[ActSeen]:
    """The updates that were accepted and did not fail."""
    failed = {
        event.workflow_execution_update_completed_event_attributes.accepted_event_id
        for event in events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED
        and event.workflow_execution_update_completed_event_attributes.outcome.HasField("failure")
    }
    return [
        _act(event)
        for event in events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED and event.event_id not in failed
    ]


def _act(event: HistoryEvent) -> ActSeen:
    request = event.workflow_execution_update_accepted_event_attributes.accepted_request
    said = _json(request.input.args.payloads[0])
    return ActSeen(
        act=request.input.name,
        by=str(said.get("by", "")),
        at=event.event_time.ToDatetime(tzinfo=UTC),
        ask=str(said.get("ask", "")),
    )


def _json(payload: Payload) -> dict[str, object]:
    read = json.loads(payload.data)
    return read if isinstance(read, dict) else {}


def _figures(runs: list[Run]) -> HistoryFigures:
    kinds = Counter(event.event_type for run in runs for event in run.events)
    return HistoryFigures(
        runs=len(runs),
        events=sum(len(run.events) for run in runs),
        bytes=sum(run.size for run in runs),
        timers=kinds[EventType.EVENT_TYPE_TIMER_STARTED],
        activities=kinds[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED],
        updates=kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED],
        signals=kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED],
        search_attribute_upserts=kinds[EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES],
    )
