"""What became of each mentorship, by witnesses that can't flatter: histories, the provider, the disk, the platform,
and what people were shown."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

import programs
from demo.autoplay import Deed, Scene
from demo.chaos.conductor import Played
from demo.chaos.house import House
from demo.chaos.plan import Channel, Role
from demo.fates import Fate, read_letters
from demo.mailbox import Mail, Mailbox
from demo.report import Run, runs
from models.events import AnyEvent, Batch, Feed
from models.people import Start
from models.program import Program
from models.state import Receipt, Stage
from worker import runner
from workflows.begin import workflow_id
from workflows.events import PlatformEventsWorkflow, events_id
from workflows.mentorship import MentorshipWorkflow
from workflows.time_skipping import skip_feed_by

AT_ONCE = 8
HARMLESS = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_UPDATE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
)
"""How the server words that something new came in between: the task is done again."""
BROKEN_OFF = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
)
REPLAYED = 10
"""How many mentorships' histories are replayed once more, beside all that were when workers came back."""
DRAINING_SKIPS = 12
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pressed:
    """An update that a history holds, with the receipt that it was answered with."""

    id: str
    ask: str
    at: datetime
    receipt: Receipt


@dataclass(slots=True)
class Record:
    """All that is known of one mentorship."""

    start: Start
    program: Program
    problem: str = ""
    """Why it was given up while it was played, or nothing."""
    outcome: str = ""
    ended_at: datetime | None = None
    deadline: datetime | None = None
    acts: int = 0
    """How many acts its state has counted."""
    visits: int = 0
    """How many stages were entered, the end left out."""
    mails: list[Mail] = field(default_factory=list)
    arrived: Counter[str] = field(default_factory=Counter)
    """How often each letter was taken by its mailer."""
    fates: dict[str, Fate] = field(default_factory=dict)
    shown: list[Deed] = field(default_factory=list)
    pressed: list[Pressed] = field(default_factory=list)
    told: list[AnyEvent] = field(default_factory=list)
    """The events that it handed over."""
    heard: dict[str, list[str]] = field(default_factory=dict)
    """The bodies that the platform took, by event."""
    feed: Feed | None = None
    """Where the deliveries of its events ended; nothing when they did not."""
    broken: list[str] = field(default_factory=list)
    """What its histories say of workflow tasks that failed."""


async def gather(house: House, played: Played) -> list[Record]:
    """The records of all mentorships, once everything that was under way has arrived."""
    assert house.sendgrid is not None
    await house.sendgrid.settled()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, role: Role) -> Record:
        async with turn:
            return await _record(house, played, role, replay=number < REPLAYED)

    records = await asyncio.gather(*(one(number, role) for number, role in enumerate(house.plan.roles)))
    accepted: dict[str, int] = (await house.sendgrid.figures())["accepted"]
    for record in records:
        record.arrived.update({one: n for one, n in accepted.items() if one.rpartition("-")[0] == record.start.id})
    return records


async def _record(house: House, played: Played, role: Role, *, replay: bool) -> Record:
    id, client = role.cast.id, house.client
    scene = played.scenes.get(id)
    record = _seen(house, role, scene, played.problems.get(id, ""))
    record.feed = await _drained(client, id) if scene is not None else None
    record.mails = Mailbox(house.mails_of(role.channel), id).fetch()
    if role.channel is Channel.OUTBOX:
        record.arrived = Counter(mail.path.stem for mail in record.mails)
    history = await runs(client, workflow_id(id))
    for run in history:
        read_letters(run.events, record.fates)
        record.pressed += _pressed(run.events)
        record.told += _told(run.events)
        record.broken += _broken(run.events)
    record.heard = {event.id: house.platform.taken.get(event.id, []) for event in record.told}
    if replay:
        record.broken += await _replayed(client, id, history)
    return record


def _seen(house: House, role: Role, scene: Scene | None, problem: str) -> Record:
    record = Record(house.start_of(role), programs.load(role.cast.program), problem)
    if scene is not None and (last := scene.overview) is not None:
        record.shown = scene.deeds
        record.outcome, record.ended_at, record.deadline = last.outcome or "", last.ended_at, last.deadline
        record.acts, record.visits = last.acts, sum(one.stage is not Stage.ENDED for one in last.visits)
    return record


async def _drained(client: Client, id: str) -> Feed | None:
    """The end of the deliveries: retries wait for hours, and have a clock of their own."""
    handle = client.get_workflow_handle_for(PlatformEventsWorkflow.run, events_id(id))
    for _ in range(DRAINING_SKIPS):
        if (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED:
            return await handle.result()
        await skip_feed_by(client, id, AN_HOUR)
        await asyncio.sleep(0.2)
    return None


def _pressed(events: Iterable[HistoryEvent]) -> list[Pressed]:
    accepted = {
        event.event_id: event
        for event in events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    }
    found = []
    for event in events:
        done = event.workflow_execution_update_completed_event_attributes
        if done.outcome.HasField("success") and (began := accepted.get(done.accepted_event_id)) is not None:
            request = began.workflow_execution_update_accepted_event_attributes.accepted_request
            ask = pydantic_data_converter.payload_converter.from_payload(request.input.args.payloads[0])["ask"]
            receipt = Receipt.model_validate_json(done.outcome.success.payloads[0].data)
            found.append(Pressed(request.meta.update_id, ask, began.event_time.ToDatetime(tzinfo=UTC), receipt))
    return found


def _told(events: Iterable[HistoryEvent]) -> list[AnyEvent]:
    told: list[AnyEvent] = []
    for event in events:
        signal = event.signal_external_workflow_execution_initiated_event_attributes
        child = event.start_child_workflow_execution_initiated_event_attributes
        if signal.signal_name == "tell":
            told += Batch.model_validate_json(signal.input.payloads[0].data).events
        elif child.workflow_id:
            told += Feed.model_validate_json(child.input.payloads[0].data).waiting
    return told


def _broken(events: Iterable[HistoryEvent]) -> list[str]:
    broken = []
    for event in events:
        failed = event.workflow_task_failed_event_attributes
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED and failed.cause not in HARMLESS:
            name = WorkflowTaskFailedCause.Name(failed.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
            broken.append(f"a workflow task failed: {name}: {failed.failure.message[:200]}")
        elif event.event_type in BROKEN_OFF:
            broken.append(f"a run was broken off: {EventType.Name(event.event_type)}")
    return broken


async def _replayed(client: Client, id: str, history: list[Run]) -> list[str]:
    """Whether this build would decide the same again."""
    replayer = Replayer(workflows=[MentorshipWorkflow], workflow_runner=runner(), data_converter=client.data_converter)
    failed = []
    for number, run in enumerate(history):
        handle = client.get_workflow_handle(workflow_id(id), run_id=run.id)
        result = await replayer.replay_workflow(await handle.fetch_history(), raise_on_replay_failure=False)
        if result.replay_failure is not None:
            failed.append(f"run {number + 1} can't be replayed: {result.replay_failure}")
    return failed
