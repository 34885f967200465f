"""docs/contract.md and docs/contract.json say what the workflows take, and the commands on the page do what it says."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from cli.start_file import read_start
from lifecycle.rejection import Rejected
from models.acts import ACTS
from models.commands import COMMANDS
from programs import load
from settings import ROOT, settings
from tests.payload_keys import client_with
from tests.temporal_server import temporal_server
from tests.test_starter_commands import starter
from worker import build
from workflows import fingerprints, search_attributes
from workflows.begin import Begin
from workflows.client import Mentorships
from workflows.contract import FOR_OUR_PAGES, document
from workflows.contract_page import PAGE, SCHEMAS, page_text, schemas_text
from workflows.mentorship import MentorshipWorkflow
from workflows.refusal import INVALID, RENEWING

EXAMPLE = ROOT / "examples" / "begin.json"
STALE = "is not what the workflows take and answer. If that is meant (see `What stays` on the page): make contract"


@pytest_asyncio.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory, outbox: Path) -> AsyncIterator[Client]:
    """A worker and a server of its own, on which nothing is encrypted: the `temporal` command has no keys."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("TRELLIS_PAYLOAD_KEYS")
        settings.cache_clear()
        with temporal_server(tmp_path_factory.mktemp("plain") / "server.log") as address:
            connected = await client_with(address)
            async with build(connected):
                yield connected
    settings.cache_clear()


def mentorship() -> dict[str, Any]:
    told: dict[str, Any] = document()["workflows"][0]
    return told


def fits(reference: dict[str, Any], value: object) -> bool:
    return jsonschema_rs.is_valid({**reference, "$defs": document()["$defs"]}, value)


def test_both_files_are_fresh() -> None:
    assert SCHEMAS.read_text() == schemas_text(), f"docs/contract.json {STALE}"
    assert PAGE.read_text() == page_text(PAGE.read_text()), f"docs/contract.md {STALE}"


def test_every_message_is_in_it() -> None:
    told = mentorship()
    assert {one["name"] for one in told["updates"]} == set(ACTS)
    assert {one["name"] for one in told["signals"]} == {*COMMANDS, "mail_event", "wake"}
    queries = workflow._Definition.must_from_class(MentorshipWorkflow).queries.keys()
    assert {one["name"] for one in told["queries"]} == queries - FOR_OUR_PAGES
    assert queries > FOR_OUR_PAGES
    assert all(f"`{name}`" in PAGE.read_text() for name in queries)
    assert all(one["description"] for kind in ("updates", "signals", "queries") for one in told[kind])


def test_its_schemas_are_whole() -> None:
    text = SCHEMAS.read_text()
    assert jsonschema_rs.meta.is_valid(json.loads(text))
    assert set(re.findall(r"#/\$defs/(\w+)", text)) == document()["$defs"].keys()


def test_every_link_on_the_page_leads_to_one_place() -> None:
    page = PAGE.read_text()
    headings = [re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in re.findall(r"^#+ (.+)$", page, re.M)]
    for anchor in set(re.findall(r"\]\(#([\w-]+)\)", page)):
        assert headings.count(anchor) == 1, anchor
    for file in set(re.findall(r"\]\((\w+\.\w+)\)", page)):
        assert (PAGE.parent / file).exists(), file


def test_every_code_of_a_refusal_is_in_the_table() -> None:
    table = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text().partition("### Refusals")[2].partition("####")[0], re.M))
    sources = "\n".join(path.read_text() for path in (ROOT / "lifecycle").glob("*.py"))
    raised = set(re.findall(rf'{Rejected.__name__}\(\s*"(\w+)"', sources))
    assert table == raised | {INVALID, RENEWING}


def test_the_example_is_what_the_command_prints() -> None:
    start = read_start(ROOT / "examples" / "onboarding.json")
    example = json.loads(EXAMPLE.read_text())
    assert Begin.model_validate(example) == Begin(start=start, program=load(start.program))
    printed = starter("payload", "examples/onboarding.json")
    assert json.loads(printed.stdout) == example, "write it anew: python starter.py payload examples/onboarding.json"
    assert fits(mentorship()["input"], example)
    assert not fits(mentorship()["input"], {"start": example["start"]})


def test_a_start_file_that_is_wrong_prints_no_payload(tmp_path: Path) -> None:
    wrong = tmp_path / "pair.json"
    wrong.write_text(json.dumps({**json.loads(EXAMPLE.read_text())["start"], "program": "nope"}))
    told = starter("payload", str(wrong))
    assert (told.returncode, told.stdout) == (2, "")
    assert "there is no such program" in told.stderr


def blocks() -> list[str]:
    """The commands of the example, one text for each block."""
    part = PAGE.read_text().partition("## With nothing but")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", part, re.S)


async def test_the_commands_on_the_page_start_steer_show_and_end_a_mentorship(client: Client, tmp_path: Path) -> None:
    start, say_yes, look, end, make = blocks()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "starter.py").write_text(
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); "
        f"runpy.run_path({str(ROOT / 'starter.py')!r}, run_name='__main__')"
    )

    async def shell(script: str) -> str:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = os.environ | {"TEMPORAL_ADDRESS": client.service_client.config.target_host, "PATH": path}
        done = await asyncio.to_thread(
            subprocess.run, ("sh", "-eu"), input=script, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    id = json.loads(EXAMPLE.read_text())["start"]["id"]
    mentorships = Mentorships(client)
    await shell(start)
    begun = await mentorships.overview(id)
    assert "You accepted the mentorship." in await shell(say_yes)
    shown = json.loads((await shell(look)).partition("QueryResult")[2].partition("\n")[0])
    assert [one["id"] for one in shown["waiting"]] == ["accept.mentor"]
    assert (await mentorships.overview(id)).deadline - begun.deadline == timedelta(days=14)
    described = await client.get_workflow_handle(f"mentorship/{id}").describe()
    told = described.typed_search_attributes
    assert [told.get(key) for key in (search_attributes.STAGE, search_attributes.PROGRAM)] == ["intro", "onboarding"]
    assert "The mentorship has ended." in await shell(end)
    assert (await mentorships.overview(id)).outcome == "cancelled"

    pair = {**json.loads(EXAMPLE.read_text())["start"], "id": "by-command"}
    (tmp_path / "pair.json").write_text(json.dumps(pair))
    await shell(make.replace("examples/onboarding.json", "pair.json") + "\nsh start.sh")
    assert json.loads((tmp_path / "begin.json").read_text())["start"]["id"] == "by-command"
    by_hand = await mentorships.start(read_start(tmp_path / "pair.json"), load("onboarding"))
    assert by_hand.already_running, "the memo tells that it was started with the same facts"
    memo = await client.get_workflow_handle("mentorship/by-command").describe()
    assert set(await memo.memo()) == {fingerprints.MEMO, fingerprints.STARTED_AT}


async def test_an_input_that_cannot_be_read_says_why_and_can_be_started_again(client: Client) -> None:
    good = {**json.loads(EXAMPLE.read_text())}
    good["start"] = {**good["start"], "id": "mended"}
    bad = {**good, "program": {**good["program"], "weeks": 0}}
    queue = settings().task_queue
    handle = await client.start_workflow("Mentorship", bad, id="mentorship/mended", task_queue=queue)
    told = ""
    async with asyncio.timeout(30):
        while "program.weeks" not in told:
            history = (await handle.fetch_history()).events
            told = str([event.workflow_task_failed_event_attributes.failure for event in history])
            await asyncio.sleep(0.1)
    await handle.terminate()
    await client.start_workflow(
        "Mentorship",
        good,
        id="mentorship/mended",
        task_queue=queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    assert (await Mentorships(client).overview("mended")).status == "active"
