"""The examples of docs/python.md run, one after the other, and print what stands below them."""

import ast
import inspect
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from models.base import Role
from models.commands import COMMANDS
from models.people import Start
from programs import load
from settings import ROOT
from tests.api_parts import START
from tests.temporal_server import temporal_server
from worker import build
from workflows.client import ActRejected, Mentorships, StartConflict
from workflows.connection import connect
from workflows.verbs import Verbs

PAGE = (ROOT / "docs" / "python.md").read_text()


def examples() -> list[tuple[str, str]]:
    """Each piece of code and what it prints."""
    return re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.S)


async def test_the_examples_print_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    # A server of its own: the page lists and counts, and other tests leave mentorships behind.
    with temporal_server(tmp_path / "server.log") as address:
        monkeypatch.setenv("TEMPORAL_ADDRESS", address)
        async with build(await connect(address)):
            for code, printed in examples():
                running = eval(compile(code, "docs/python.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
                if inspect.isawaitable(running):
                    await running
                assert capsys.readouterr().out == printed, code


def test_every_command_is_a_verb_and_is_on_the_page() -> None:
    for name in COMMANDS:
        assert inspect.iscoroutinefunction(getattr(Verbs, name)), name
        assert f"`{name}`" in PAGE, name


def a_start(id: str) -> Start:
    return Start.model_validate({**START, "id": id})


async def test_a_command_with_a_key_counts_once_and_without_one_each_time(mentorships: Mentorships) -> None:
    await mentorships.start(a_start("verbs"), load("career"))
    before = (await mentorships.overview("verbs")).deadline
    first = await mentorships.extend("verbs", 7, once="ticket-1")
    assert await mentorships.extend("verbs", 300, once="ticket-1") == first
    await mentorships.extend("verbs", 1)
    await mentorships.extend("verbs", 1)
    assert (await mentorships.overview("verbs")).deadline == before + timedelta(days=9)
    paused = await mentorships.pause("verbs", (before - timedelta(days=180)).date(), reason="A test")
    assert "until" in str(paused.recorded)
    await mentorships.resume("verbs")
    await mentorships.change_program("verbs", load("onboarding"))
    await mentorships.resend_link("verbs", Role.MENTEE)
    await mentorships.revoke_links("verbs", Role.MENTOR)
    assert (await mentorships.overview("verbs")).program == "onboarding"
    await mentorships.end("verbs", rematch=True)
    with pytest.raises(ActRejected, match="has ended"):
        await mentorships.message("verbs", "Too late")


async def test_many_starts_go_on_where_they_broke_off_and_one_that_fails_stops_no_other(
    mentorships: Mentorships, client: Client
) -> None:
    await mentorships.start(a_start("many-1").evolve(shared=("Something else",)), load("career"))
    wanted = [a_start(f"many-{number}") for number in range(12)]
    begun = mentorships.start_many(iter(wanted), load, at_once=3)
    seen = [(await anext(begun)).id for _ in range(5)]
    await begun.aclose()

    unknown = a_start("many-12").evolve(program="nope")
    told = {one.id: one async for one in mentorships.start_many([*wanted, unknown], load, at_once=3)}
    assert told.keys() == {one.id for one in wanted} | {"many-12"}
    assert isinstance(told["many-1"].problem, StartConflict)
    assert "nope" in str(told["many-12"].problem)
    running = {id for id, one in told.items() if one.started is not None and one.started.already_running}
    assert running >= set(seen) - {"many-1"}
    assert len(running) < len(wanted) - 1, "there was something left to start"
