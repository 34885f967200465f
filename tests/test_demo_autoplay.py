"""`demo --autoplay`, as a person types it; and a play whose worker is killed in the middle."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from demo.autoplay import Cast, PlayProblem
from demo.personas import Persona
from demo.server import Parts, Ports
from settings import ROOT
from tests.demo_parts import played


def autoplay(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "starter.py", "demo", "--autoplay", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("autoplay")
    done = autoplay("--json", "--seed", "1", "--dir", str(folder))
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout), folder


@pytest_asyncio.fixture(scope="module")
async def parts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    async with Parts(tmp_path_factory.mktemp("parts"), Ports.free(), headless=True, in_memory=True) as running:
        yield running


def test_it_prints_one_json_object_of_the_promised_shape(told: tuple[dict[str, Any], Path]) -> None:
    report, _ = told
    assert list(report) == [
        "id", "program", "outcome", "seed", "virtual_days", "wall_seconds", "stages", "mails", "acts", "health",
        "history",
    ]  # fmt: skip
    assert (report["program"], report["outcome"], report["seed"]) == ("career", "completed", 1)
    assert report["wall_seconds"] < 60
    assert set(report["stages"][0]) == {"stage", "entered_at"}
    assert set(report["mails"][0]) == {"message_id", "kind", "to", "class", "at", "local", "eml"}
    assert set(report["acts"][0]) == {"act", "by", "at"}
    assert set(report["health"][0]) == {"at", "verdict", "reasons"}
    assert list(report["history"]) == [
        "runs", "events", "bytes", "timers", "activities", "updates", "signals", "search_attribute_upserts",
    ]  # fmt: skip


def test_it_counts_what_the_server_recorded(told: tuple[dict[str, Any], Path]) -> None:
    report, _ = told
    history = report["history"]
    assert history["updates"] == len(report["acts"])
    assert 0 < history["activities"] <= len(report["mails"])
    assert history["runs"] >= 2
    assert history["events"] > history["updates"] * 3
    assert history["bytes"] > 10_000


def test_the_folder_keeps_every_mail(told: tuple[dict[str, Any], Path]) -> None:
    report, folder = told
    assert all((folder / mail["eml"]).is_file() for mail in report["mails"])
    assert len(list((folder / "outbox").glob("*.eml"))) == len(report["mails"])
    assert (folder / "temporal.db").is_file()
    assert (folder / "logs" / "worker.log").is_file()


def test_the_same_folder_does_not_play_the_same_again(told: tuple[dict[str, Any], Path]) -> None:
    _, folder = told
    again = autoplay("--json", "--seed", "1", "--dir", str(folder))
    assert again.returncode == 1
    assert again.stdout == ""
    assert "was played here before" in again.stderr


@pytest.mark.parametrize("option", [("--mentor", "lazy"), ("--program", "no-such"), ("--mentee", "none")])
def test_a_wrong_option_is_answered_by_name(option: Sequence[str]) -> None:
    done = autoplay(*option)
    assert done.returncode == 2
    assert option[1] in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_killed_worker_loses_no_mail_and_sends_none_twice(parts: Parts) -> None:
    before = parts.running["worker"].process.pid
    cast = Cast(mentor=Persona.UNSURE, seed=7)
    result = await played(parts, cast, kill_worker_after=9)
    assert parts.running["worker"].process.pid != before
    assert result.report.outcome == "completed"
    assert result.broken_laws == []


async def test_other_programs_are_played_too(parts: Parts) -> None:
    for program in ("onboarding", "single_session"):
        result = await played(parts, Cast(program=program, seed=3))
        assert result.report.outcome == "completed"
        assert result.broken_laws == []


async def test_the_same_id_is_not_played_twice(parts: Parts) -> None:
    cast = Cast(program="single_session", mentee=Persona.DECLINES)
    await played(parts, cast)
    with pytest.raises(PlayProblem, match="was played here before"):
        await played(parts, cast)
