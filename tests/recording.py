"""Records what this release writes, so that every later one can be held to it: `make recordings` (docs/upgrades.md).

A recording is a folder of `tests/recordings`, named by the release: states in every stage, the histories of whole
lives, and the commands that those lives give to Temporal.
"""

import asyncio
import gzip
import json
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

import programs
from benchmarks._history import footprint
from benchmarks._pair import BEGINS, script
from lifecycle import compacted
from lifecycle.simulation import Habit, sample_start
from models.acts import DaysAway, Pause, StopContact
from models.base import Model, Role
from models.commands import EndCommand
from models.events import Announcement, Feed, StageEntered, StageFacts
from models.program import AskKind
from models.state import Mentorship, Stage
from tests.builders import Story
from tests.random_lives import live, watch
from tests.recorded_mail import RecordedMail
from tests.temporal_server import temporal_server
from worker import build, build_announcer
from workflows import renewal, search_attributes
from workflows.begin import Begin, workflow_id
from workflows.build import build_id
from workflows.client import Mentorships
from workflows.connection import connect
from workflows.events import events_id
from workflows.feeds import Feeds
from workflows.mentorship import MentorshipWorkflow
from workflows.time_skipping import MARGIN, current_time, idle, skip_by

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "tests" / "recordings"
LIVES: tuple[tuple[str, str, Habit], ...] = (
    ("eager-career", "career", "eager"),
    ("typical-session", "single_session", "typical"),
    ("silent-onboarding", "onboarding", "silent"),
)
"""Lives that are played on a server: name, program and habit of the pair. Their histories are kept, run by run."""
GUARDED = LIVES[1:]
"""Lives whose commands are kept. They are played without renewals, which come a little sooner or later each time."""
NEVER = 1_000_000
SEEDS = range(1, 13)


class Moment(Model):
    """A state at a moment of its mentorship."""

    now: datetime
    state: Mentorship


def release() -> str:
    """The version of this source."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


def states() -> Iterator[tuple[str, Model]]:
    """States as they are carried over, plainly named: every stage, open asks, pauses, endings, and random lives."""
    for by, kind in (
        (Role.MENTEE, AskKind.ACCEPT), (Role.MENTOR, AskKind.PICK_TIME), (Role.MENTEE, AskKind.FIT_CHECK),
        (Role.MENTEE, AskKind.SET_GOALS), (Role.MENTOR, AskKind.REVIEW_GOALS), (Role.MENTOR, AskKind.SIGN_AGREEMENT),
        (Role.MENTEE, AskKind.PREPARE), (Role.MENTEE, AskKind.REPORT), (Role.MENTOR, AskKind.CONFIRM),
        (Role.MENTEE, AskKind.FOLLOW_UP), (Role.MENTEE, AskKind.CHECK_IN), (Role.MENTEE, AskKind.REFLECT),
    ):  # fmt: skip
        story = Story()
        story.reach(by, kind)
        yield f"mentorship-asked-to-{kind.value}", _carried(story)
    story = Story()
    story.reach(Role.MENTEE, AskKind.REPORT)
    story.do(Pause(by=Role.MENTEE, until=story.today(20)))
    yield "mentorship-paused", _carried(story)
    story = Story()
    story.reach(Role.MENTEE, AskKind.PREPARE)
    story.do(DaysAway(by=Role.MENTOR, first=story.today(1), last=story.today(9)))
    yield "mentorship-away", _carried(story)
    story = Story()
    story.says(Role.MENTEE, AskKind.ACCEPT, decision="no")
    yield "mentorship-ending", _carried(story)
    story = Story()
    story.reach(Role.MENTEE, AskKind.SET_GOALS)
    story.do(StopContact(by=Role.MENTEE, message="No more mail."))
    yield "mentorship-held", _carried(story)
    story = Story()
    story.order(EndCommand(reason="A sample"))
    yield "mentorship-ended-by-the-platform", _carried(story)
    for seed in SEEDS:
        world = watch(Random(seed))
        live(world, 20 + 5 * seed, 0.9)
        if world.m.stage is not Stage.ENDED:
            yield f"mentorship-random-{seed}", Moment(now=world.now, state=compacted(world.m, world.now))
    career = programs.load("career")
    yield "begin-career", Begin(start=sample_start(career, "Europe/Berlin", "UTC"), program=career, webhooks=True)
    entered = StageEntered(
        id="preview:stage:2",
        timestamp=BEGINS,
        data=StageFacts(mentorship="preview", program="career", stage=Stage.GOAL_SETTING, visit=2),
    )
    yield "feed-waiting", Feed(mentorship="preview", waiting=(entered,), delivered=1)
    yield "feed-gone", Feed(mentorship="preview", waiting=(entered,), gone="mark", given_up=("preview:stage:1",))
    yield "feed-last", Feed(mentorship="preview", waiting=(entered,), last=True, delivered=4)


def _carried(story: Story) -> Moment:
    return Moment(now=story.now, state=compacted(story.m, story.now).evolve(webhooks=True))


async def lived(client: Client, name: str, program: str, habit: Habit) -> dict[str, WorkflowHistory]:
    """Plays a life on the server, webhooks included, and gives its runs by name: the same acts at the same times."""
    played, id, queue = script(programs.load(program), "Europe/Berlin", "America/New_York", habit), name, f"life-{name}"
    mail = RecordedMail()
    async with (
        build(client, task_queue=queue, activities=[mail.deliver]),
        build_announcer(client, task_queue=queue, activities=[_take]),
    ):
        await Feeds(client, task_queue=queue).start(id)
        await client.start_workflow(
            MentorshipWorkflow.run,
            Begin(start=played.start.evolve(id=id), program=played.program, webhooks=True),
            id=workflow_id(id),
            task_queue=queue,
            search_attributes=search_attributes.at_start(played.program),
            start_delay=BEGINS - datetime.now(UTC),
        )
        mentorships = Mentorships(client)
        for deed in played.deeds:
            await skip_by(client, id, deed.at + MARGIN - await current_time(client, id))
            await mentorships.act(id, deed.act, update_id=deed.id)
        while await idle(client, id) is not None:
            await skip_by(client, id, timedelta(days=400))
        await client.get_workflow_handle(events_id(id)).result()
    return {
        f"{id}-{kind}-{number}": run
        for kind, workflow in (("mentorship", workflow_id(id)), ("feed", events_id(id)))
        for number, run in enumerate((await footprint(client, workflow)).runs, start=1)
    }


async def commands(client: Client, name: str, program: str, habit: Habit) -> str:
    """What a life without renewals tells Temporal to do, line by line."""
    kept = renewal.EVENTS_ANYWHERE, renewal.EVENTS_AT_A_BOUNDARY
    renewal.EVENTS_ANYWHERE = renewal.EVENTS_AT_A_BOUNDARY = NEVER
    try:
        runs = await lived(client, f"{name}-at-a-stretch", program, habit)
    finally:
        renewal.EVENTS_ANYWHERE, renewal.EVENTS_AT_A_BOUNDARY = kept
    events = (event for run, history in runs.items() if "-feed-" not in run for event in history.events)
    return "\n".join(filter(None, map(_command, events))) + "\n"


@activity.defn(name="announce")
async def _take(announcement: Announcement) -> None:
    """A receiver that takes everything."""


def _command(event: HistoryEvent) -> str:
    """What the workflow told Temporal to do, or what it took; empty for all other events."""
    match event.event_type:
        case EventType.EVENT_TYPE_TIMER_STARTED:
            return "start timer"
        case EventType.EVENT_TYPE_TIMER_CANCELED:
            return "cancel timer"
        case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            return f"schedule activity {event.activity_task_scheduled_event_attributes.activity_type.name}"
        case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
            attributes = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
            return f"upsert {', '.join(sorted(attributes))}"
        case EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
            told = event.signal_external_workflow_execution_initiated_event_attributes
            return f"signal {told.signal_name}"
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request
            return f"accept {accepted.input.name}"
        case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            return "start child"
        case EventType.EVENT_TYPE_MARKER_RECORDED:
            return "record marker"
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
            return "continue as new"
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
            return "complete"
    return ""


def packed(history: WorkflowHistory) -> bytes:
    """A history in few bytes, without the names of the machine that wrote it."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: "recorded" if key == "identity" else plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    text = json.dumps(plain(history.to_json_dict()), separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


async def record(folder: Path) -> None:
    """Writes the recording of this release; what the folder held before is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("states", "histories", "commands"):
        (folder / part).mkdir(parents=True)
    (folder / "about.json").write_text(json.dumps({"release": release(), "build": build_id()}) + "\n")
    for name, state in states():
        (folder / "states" / f"{name}.json").write_text(state.model_dump_json() + "\n")
    with tempfile.TemporaryDirectory() as scratch, temporal_server(Path(scratch) / "server.log") as address:
        client = await connect(address)
        for name, program, habit in LIVES:
            for run, history in (await lived(client, name, program, habit)).items():
                (folder / "histories" / f"{run}.json.gz").write_bytes(packed(history))
        for name, program, habit in GUARDED:
            (folder / "commands" / f"{name}.txt").write_text(await commands(client, name, program, habit))


def main() -> None:
    """Records into the folder of this release, or into the one that is named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDINGS / release()
    asyncio.run(record(folder))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    sys.stdout.write(
        f"{folder.name}: {len(list(folder.rglob('*.*')))} files, {size / 1000:.0f} KB, build {build_id()}\n"
    )


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
    os._exit(0)
