"""The command line against a running mentorship, and against nothing."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from settings import ROOT

COMMANDS = (
    "start",
    "payload",
    "show",
    "list",
    "count",
    "stuck",
    "report",
    "act",
    "pause",
    "resume",
    "end",
    "message",
    "patience",
    "replace-mentor",
    "events",
    "forget",
    "doctor",
    "api-key",
    "preview",
    "demo",
    "version",
    "fleet",
    "upgrade",
    "payload-key",
    "keys",
    "codec-token",
)


def starter(*arguments: str, address: str = "127.0.0.1:1") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TEMPORAL_ADDRESS": address, "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "starter.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_help_names_every_command() -> None:
    told = starter("--help")
    assert told.returncode == 0
    assert all(command in told.stdout for command in COMMANDS)
    assert "python starter.py demo" in told.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    told = starter(command, "--help")
    assert told.returncode == 0
    assert f"python starter.py {command}" in told.stdout


@pytest.mark.parametrize(
    "arguments", [("show", "demo"), ("list",), ("start", "examples/demo.yaml"), ("resume", "demo"), ("events",)]
)
def test_an_unreachable_server_is_one_line(arguments: tuple[str, ...]) -> None:
    told = starter(*arguments)
    assert told.returncode == 1
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1
    assert "127.0.0.1:1" in told.stderr


@pytest.mark.usefixtures("worker")
async def test_a_mentorship_is_started_shown_paused_resumed_and_ended(temporal_address: str, tmp_path: Path) -> None:
    file = tmp_path / "pair.yaml"
    file.write_text((ROOT / "examples" / "demo.yaml").read_text().replace("id: demo", "id: by-hand"))

    async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        # In a thread: the worker lives in this process and must go on.
        return await asyncio.to_thread(starter, *arguments, address=temporal_address)

    async def act(name: str, by: str, ask: str, **data: str) -> subprocess.CompletedProcess[str]:
        return await run("act", "by-hand", name, "--by", by, "--ask", ask, "--data", json.dumps(data))

    assert "has begun" in (await run("start", str(file))).stdout
    again = await run("start", str(file))
    assert again.returncode == 0
    assert "started before" in again.stdout
    shown = (await run("show", "by-hand")).stdout
    assert "accept.mentee" in shown
    assert "accept.mentor" in shown

    accepted = await act("accept", "mentee", "accept.mentee", decision="yes")
    assert accepted.returncode == 0, accepted.stderr
    refused = await act("report", "mentor", "report.mentee.1.0", happened="no")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Refused (")

    late = await run("pause", "by-hand", "--until", "2020-01-01")
    assert late.returncode == 2
    assert "must be after" in late.stderr
    assert (await run("pause", "by-hand", "--until", f"{datetime.now(UTC).year + 2}-01-01")).returncode == 1
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    assert "is paused until" in (await run("pause", "by-hand", "--until", f"{tomorrow}")).stdout
    assert "is active" in (await run("resume", "by-hand")).stdout
    assert (await run("end", "by-hand", "--reason", "a test")).returncode == 0
    assert json.loads((await run("show", "by-hand", "--json")).stdout)["outcome"] == "cancelled"


@pytest.mark.usefixtures("worker")
async def test_a_mentor_is_replaced_from_a_file(temporal_address: str, tmp_path: Path) -> None:
    async def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(starter, *map(str, arguments), address=temporal_address)

    file, other = tmp_path / "pair.yaml", tmp_path / "other.yaml"
    file.write_text((ROOT / "examples" / "demo.yaml").read_text().replace("id: demo", "id: first-mentor"))
    assert (await run("start", file)).returncode == 0
    sample = (ROOT / "examples" / "another-mentor.yaml").read_text().replace("id: demo-2", "id: second-mentor")

    for wrong, field in (("bio: Ten", "biography: Ten"), ("lena@example.com", "jonas@example.com")):
        other.write_text(sample.replace(wrong, field))
        told = await run("replace-mentor", "first-mentor", other)
        assert told.returncode == 2
        assert str(other) in told.stderr

    other.write_text(sample)
    for _ in range(2):
        told = await run("replace-mentor", "first-mentor", other)
        assert told.returncode == 0, told.stderr
        assert "goes on in second-mentor" in told.stdout
    seen = json.loads((await run("show", "first-mentor", "--json")).stdout)
    assert (seen["outcome"], seen["successor"]) == ("cancelled", "second-mentor")
    assert json.loads((await run("show", "second-mentor", "--json")).stdout)["stage"] == "intro"


@pytest.mark.usefixtures("worker")
async def test_an_unknown_id_is_one_line(temporal_address: str) -> None:
    for command in (("show", "nobody"), ("pause", "nobody", "--until", "2030-01-01"), ("end", "nobody")):
        told = await asyncio.to_thread(starter, *command, address=temporal_address)
        assert told.returncode == 1
        assert told.stderr == "There is no mentorship with the id 'nobody'\n"


def test_the_preview_needs_no_server() -> None:
    told = starter("preview", "career", "--mentor-zone", "America/New_York", "--start", "2027-03-01", "--json")
    assert told.returncode == 0, told.stderr
    mails = json.loads(told.stdout)
    assert {mail["habit"] for mail in mails} == {"eager", "typical", "silent"}
    assert all(mail["why"] for mail in mails)
    assert "eager pair" in starter("preview", "career").stdout


def test_the_page_on_commands_names_each_of_them() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    assert [name for name in COMMANDS if f"`{name}" not in page] == []
