"""One command for many, on a real server: each result is counted, and running it again harms nothing."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from cli.app import app
from tests.populations import carry_on, listed, told
from workflows.client import Mentorships

SWEPT = "TrellisProgram = 'swept'"
IDS = {"swept-1", "swept-2", "swept-3"}


async def sweep(*arguments: str, typed: str = "") -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--query", SWEPT], input=typed)


@pytest.mark.usefixtures("recorded_mail")
async def test_all_are_paused_resumed_and_ended_and_again_harms_nothing(
    client: Client, temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_address)
    for id in sorted(IDS):
        await carry_on(client, told(id, "swept", 1))
    await listed(client, f"{SWEPT} AND TrellisStatus = 'active'", 3)
    mentorships = Mentorships(client)
    until = str((datetime.now(UTC) + timedelta(days=20)).date())

    paused = await sweep("pause", "--until", until, typed="3\n")
    assert paused.exit_code == 0, paused.stderr
    assert paused.stdout.endswith("3 paused.\n")
    assert {(await mentorships.overview(id)).status for id in IDS} == {"paused"}
    await listed(client, f"{SWEPT} AND TrellisStatus = 'paused'", 3)
    again = await sweep("pause", "--until", until, "--yes")
    assert (again.exit_code, again.stdout) == (0, f"There is none to pause that {SWEPT} finds.\n")

    resumed = await sweep("resume", "--yes", "--json")
    assert resumed.exit_code == 0
    assert json.loads(resumed.stdout) == {"found": 3, "done": 3, "already": 0, "refused": {}, "unreachable": []}
    await listed(client, f"{SWEPT} AND TrellisStatus = 'active'", 3)

    refused = await sweep("pause", "--until", "2099-01-01", "--yes")
    assert refused.exit_code == 1
    assert refused.stdout.splitlines()[1] == "0 paused, 3 not."
    assert "3 refused: A pause can last 42 days at the most. (swept-" in refused.stdout

    ended = await sweep("end", "--yes")
    assert ended.exit_code == 0, ended.stdout
    assert {(await mentorships.overview(id)).outcome for id in IDS} == {"cancelled"}
    await listed(client, f"{SWEPT} AND TrellisStatus = 'ended'", 3)
    assert (await sweep("end", "--yes")).stdout.startswith("There is none to end")


@pytest.mark.usefixtures("recorded_mail")
async def test_those_that_do_not_answer_are_named_and_the_exit_code_says_so(
    client: Client, temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_address)
    monkeypatch.setattr("workflows.client.PATIENCE", timedelta(seconds=1))
    query = "TrellisProgram = 'deserted'"
    await carry_on(client, told("deserted-1", "deserted", 1), task_queue="no-worker-here")
    await listed(client, query, 1)
    ran = await asyncio.to_thread(CliRunner().invoke, app, ["end", "--query", query, "--yes"])
    assert ran.exit_code == 1
    assert "1 did not answer (deserted-1). Run it again to go on." in ran.stdout
    report = await asyncio.to_thread(CliRunner().invoke, app, ["report", "--query", query])
    assert "None of the 1 that were asked for times and mails answered" in report.stdout
