"""What earlier releases wrote: every state loads and lives on, and the histories of this release can be replayed.

docs/upgrades.md says what is promised. `make recordings` writes the recording of the release that pyproject.toml names.
"""

import difflib
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from lifecycle import begin, next_due
from models.events import Feed
from models.state import Mentorship, Stage
from tests.builders import BEGINNING, Story
from tests.recording import GUARDED, RECORDINGS, Moment, commands, release
from worker import runner
from workflows.begin import Begin
from workflows.events import PlatformEventsWorkflow
from workflows.mentorship import MentorshipWorkflow

PRESENT = RECORDINGS / release()
FOLDERS = sorted(path for path in RECORDINGS.iterdir() if path.is_dir())
STATES = [path for folder in FOLDERS for path in sorted((folder / "states").glob("*.json"))]
CHANGED = f"""
The workflow gives Temporal other commands than the recording of release {release()} says (see above).

A run of that release which is replayed with this code would stop. Therefore runs stay on their build until they renew,
and the build has changed with the source. What is left to do (docs/upgrades.md):

- If {release()} is not released yet, record it anew: `make recordings`, and commit tests/recordings/{release()}.
- If it is released, its recording must stay as it is: raise the version in pyproject.toml first, then record.
"""


def named(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.name.split('.')[0]}"


def has_commands_of_present(folder: Path) -> bool:
    """Whether a release gave the same commands: then its runs can be carried by this code."""
    now = {path.name: path.read_text() for path in (PRESENT / "commands").iterdir()}
    return {path.name: path.read_text() for path in (folder / "commands").iterdir()} == now


def replayable() -> Iterator[Path]:
    for folder in FOLDERS:
        if has_commands_of_present(folder):
            yield from sorted((folder / "histories").glob("*.json.gz"))


def test_this_release_is_recorded_with_every_stage_and_both_workflows() -> None:
    assert PRESENT.is_dir(), f"there is no recording of release {release()}: make recordings"
    moments = [path for path in STATES if path.name.startswith("mentorship-") and path.is_relative_to(PRESENT)]
    stages = {Moment.model_validate_json(path.read_text()).state.stage for path in moments}
    assert stages == set(Stage)
    kinds = {path.name.split("-")[2] for path in (PRESENT / "histories").iterdir()}
    assert kinds == {"mentorship", "feed"}
    ends = [history(path).events[-1] for path in sorted((PRESENT / "histories").iterdir())]
    assert {event.WhichOneof("attributes") for event in ends} == {
        "workflow_execution_continued_as_new_event_attributes",
        "workflow_execution_completed_event_attributes",
    }


@pytest.mark.parametrize("path", STATES, ids=named)
def test_a_state_of_any_release_loads_and_lives_on_to_its_end(path: Path) -> None:
    text = path.read_text()
    if path.name.startswith("feed-"):
        assert Feed.model_validate_json(text).mentorship
        return
    answered, silent = Story(), Story()
    if path.name.startswith("begin-"):
        given = Begin.model_validate_json(text)
        m, now = begin(given.start, given.program, BEGINNING, given.webhooks), BEGINNING
    else:
        moment = Moment.model_validate_json(text)
        m, now = moment.state, moment.now
    assert Mentorship.model_validate_json(m.model_dump_json()) == m
    for story in (answered, silent):
        story.m, story.now = m, now
        story.advance()
    answered.live_on()
    silent.silence()
    for story in (answered, silent):
        assert story.m.outcome is not None
        assert next_due(story.m, story.now) is None


@pytest.mark.parametrize("path", list(replayable()), ids=named)
async def test_a_history_of_this_release_is_replayed_without_a_difference(path: Path) -> None:
    replayer = Replayer(
        workflows=[MentorshipWorkflow, PlatformEventsWorkflow],
        data_converter=pydantic_data_converter,
        workflow_runner=runner(),
    )
    await replayer.replay_workflow(history(path))


@pytest.mark.parametrize(("name", "program", "habit"), GUARDED, ids=lambda value: str(value))
async def test_the_commands_of_the_workflow_are_those_that_were_recorded(
    client: Client, name: str, program: str, habit: str
) -> None:
    recorded = (PRESENT / "commands" / f"{name}.txt").read_text().splitlines()
    given = (await commands(client, name, program, habit)).splitlines()  # type: ignore[arg-type]
    difference = "\n".join(difflib.unified_diff(recorded, given, "recorded", "now", lineterm=""))
    assert not difference, f"{difference}\n{CHANGED}"


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.name, json.loads(gzip.decompress(path.read_bytes())))
