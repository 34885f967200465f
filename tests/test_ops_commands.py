"""The commands for operators against a real server: list, count, stuck, report, and steering many at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from typer.testing import CliRunner, Result

from cli.app import app
from models.program import AskKind
from tests.builders import MENTEE, MENTOR
from tests.populations import NAMES, carry_on, listed, told
from workflows.client import Mentorships

PROGRAM = "of-ops"
IDS = ("ops-new", "ops-late", "ops-later", "ops-going", "ops-ended")
MINE = ("--program", PROGRAM)
Run = Callable[..., Awaitable[Result]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def population(client: Client, recorded_mail: object) -> None:
    """Five mentorships: a new one, two in which the mentor does not answer, one that goes well, one that has ended."""
    new = told("ops-new", PROGRAM, 0.01)
    late, later = told("ops-late", PROGRAM, 8), told("ops-later", PROGRAM, 14)
    for story in (late, later):
        story.says(MENTEE, AskKind.ACCEPT)
    going = told("ops-going", PROGRAM, 2.5)
    going.says(MENTEE, AskKind.ACCEPT)
    going.days(1)
    going.says(MENTOR, AskKind.ACCEPT)
    ended = told("ops-ended", PROGRAM, 60)
    for story in (new, late, later, going, ended):
        await carry_on(client, story)
    await listed(client, f"TrellisProgram = '{PROGRAM}'", len(IDS))
    await listed(client, f"TrellisProgram = '{PROGRAM}' AND TrellisOutcome = 'lapsed'", 1)
    await listed(client, f"TrellisProgram = '{PROGRAM}' AND TrellisWaitingOn = 'mentor'", 2)


@pytest.fixture
def run(population: None, temporal_address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a thread, since the worker lives in this process and must go on."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_address)
    monkeypatch.setenv("COLUMNS", "120")

    async def run(*arguments: str, typed: str = "") -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, arguments, input=typed)

    return run


async def test_a_list_says_how_many_there_are_in_all(run: Run) -> None:
    told = (await run("list", *MINE, "--limit", "2")).stdout
    assert sum(line.startswith("ops-") for line in told.splitlines()) == 2
    assert f"2 of {len(IDS)} are shown" in told
    everyone = (await run("list", *MINE, "--limit", "0")).stdout
    assert all(id in everyone for id in IDS)
    assert f"{len(IDS)} in all" in everyone
    assert json.loads((await run("list", "--program", "nobody-has-this", "--json")).stdout) == []
    assert "No mentorship is like that" in (await run("list", "--program", "nobody-has-this")).stdout


async def test_list_and_count_take_the_same_filters(run: Run) -> None:
    filters = (
        (("--outcome", "lapsed"), {"ops-ended"}),
        (("--waiting-on", "mentor"), {"ops-late", "ops-later"}),
        (("--status", "ended"), {"ops-ended"}),
        (("--health", "needs_attention", "--stage", "intro"), {"ops-later"}),
        (
            ("--query", "TrellisWaitingOn = 'mentor' OR TrellisOutcome = 'lapsed'"),
            {"ops-late", "ops-later", "ops-ended"},
        ),
    )
    for options, expected in filters:
        shown = json.loads((await run("list", *MINE, *options, "--json")).stdout)
        assert {one["id"] for one in shown} == expected, options
        assert int((await run("count", *MINE, *options)).stdout) == len(expected), options
    wrong = await run("count", "--query", "Nonsense = 1")
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("The filter can't be read: ")
    assert len(wrong.stderr.splitlines()) == 1


async def test_stuck_names_who_is_waited_for_the_longest_first_and_what_to_run(run: Run) -> None:
    found = json.loads((await run("stuck", *MINE, "--json")).stdout)
    assert [one["id"] for one in found] == ["ops-later", "ops-late"]
    first = found[0]
    assert [(ask["on"], ask["id"]) for ask in first["late"]] == [("mentor", "accept.mentor")]
    waited = datetime.fromisoformat(first["now"]) - datetime.fromisoformat(first["since"])
    assert timedelta(days=13) < waited < timedelta(days=15)
    assert "has not answered" in first["why"][0]["text"]
    assert first["command"] == "python starter.py message ops-later --to mentor --text …"

    told = (await run("stuck", *MINE)).stdout
    assert told.index("ops-later") < told.index("ops-late ")
    assert "accept the mentorship" in told
    assert "14 days" in told
    assert "python starter.py patience ops-later --days 7" in told
    assert "ops-going" not in told
    assert not any(name in told for name in NAMES)


async def test_stuck_says_how_many_it_looked_into(run: Run) -> None:
    told = (await run("stuck", *MINE, "--look", "1")).stdout
    assert "ops-later" in told, "the one with the worse health is looked into first"
    assert "Of 2 candidates the 1 with the worst health were looked into" in told
    nobody = await run("stuck", "--program", "nobody-has-this")
    assert nobody.stdout == "Nobody is stuck.\n"


async def test_what_stuck_says_to_run_can_be_run(run: Run) -> None:
    asked = await run("message", "ops-late", "--to", "mentor", "--text", "Is everything all right?")
    assert asked.exit_code == 0, asked.stderr
    given = await run("patience", "ops-late", "--days", "3")
    assert given.exit_code == 0, given.stderr
    empty = await run("message", "ops-late", "--to", "mentor", "--text", " ")
    assert (empty.exit_code, empty.stderr.count("\n")) == (2, 1)


async def test_a_report_counts_all_and_measures_a_sample(run: Run, tmp_path: Path) -> None:
    report = json.loads((await run("report", *MINE, "--json")).stdout)
    counted, sampled = report["counted"], report["sampled"]
    assert (counted["in_all"], counted["open"], counted["ended"]) == (5, 4, 1)
    assert counted["by_stage"]["intro"]["needs_attention"] == 1
    assert sum(sum(row.values()) for row in counted["by_stage"].values()) == 4
    assert counted["by_outcome"]["lapsed"] == 1
    assert counted["nudged"]["mentor"] == 2
    assert (sampled["asked"], sampled["answered"]) == (5, 5)
    assert sampled["reached"]["intro"] == 5
    assert {(one["kind"], one["by"]): one["hours"]["count"] for one in sampled["answer_hours"]} == {
        ("accept", "mentee"): 3,
        ("accept", "mentor"): 1,
    }

    one = json.loads((await run("report", *MINE, "--sample", "2", "--seed", "3", "--json")).stdout)["sampled"]
    assert one == json.loads((await run("report", *MINE, "--sample", "2", "--seed", "3", "--json")).stdout)["sampled"]
    assert one["asked"] == 2

    told = (await run("report", *MINE, "--sample", "2")).stdout
    assert "5 mentorships by TrellisProgram = 'of-ops': 4 open, 1 ended" in told
    assert "Measured in a sample of 2 of 5 (seed 1)" in told
    nothing_asked = (await run("report", *MINE, "--sample", "0")).stdout
    assert "Measured" not in nothing_asked

    file = tmp_path / "report.html"
    assert str(file) in (await run("report", *MINE, "--html", str(file))).stdout
    page = file.read_text()
    assert "Measured in all" in page
    for text in (told, page, json.dumps(report)):
        assert not any(word in text for word in (*NAMES, *IDS))


async def test_many_are_shown_and_nothing_is_done_without_the_right_number(run: Run, client: Client) -> None:
    query = ("--query", f"TrellisProgram = '{PROGRAM}' AND TrellisWaitingOn = 'mentor'")
    day = str((datetime.now(UTC) + timedelta(days=20)).date())
    dry = await run("pause", *query, "--until", day, "--dry-run")
    assert dry.exit_code == 0
    assert "To pause: 2 mentorships" in dry.stdout
    assert "ops-late (of-ops, intro)" in dry.stdout
    for typed in ("3\n", "\n", ""):
        wrong = await run("pause", *query, "--until", day, typed=typed)
        assert wrong.exit_code == 1
        assert "Nothing was done." in wrong.stderr
    assert await Mentorships(client).count(f"TrellisProgram = '{PROGRAM}' AND TrellisStatus = 'paused'") == 0


@pytest.mark.parametrize(
    "arguments",
    [("pause", "--until", "2099-01-01"), ("resume",), ("end",), ("end", "--query", ""), ("end", "x", "--query", "y")],
)
async def test_it_is_one_or_many(run: Run, arguments: tuple[str, ...]) -> None:
    told = await run(*arguments)
    assert told.exit_code == 2
    assert "Name one mentorship by its ID" in told.stderr


async def test_a_day_that_has_passed_pauses_nobody(run: Run) -> None:
    told = await run("pause", "--query", "TrellisStage = 'intro'", "--until", "2020-01-01", "--yes")
    assert told.exit_code == 2
    assert "must be after today" in told.stderr
