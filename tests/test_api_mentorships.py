"""What a platform does with mentorships: start, find, read, steer."""

import json
from typing import Any

import pytest

import programs
from models.base import Role
from tests.api_parts import START, Platform, fields, problem
from tests.test_web_asks import with_sessions
from web.api.bodies import Filter
from web.api.keys import Scope

MESSAGE = {"command": "message", "to": "both", "text": "How is it going?"}
WHOLE = {**programs.load("career").model_dump(mode="json"), "title": "One of their own"}


# Starting.


async def test_a_start_sent_twice_is_one_mentorship() -> None:
    platform = Platform()
    first = await platform.ask("POST", "/mentorships", Scope.WRITE, json=START)
    again = await platform.ask("POST", "/mentorships", Scope.WRITE, json=START)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"id": "pair-7", "workflow_id": "mentorship/pair-7", "already_running": False}
    assert again.json() == {**first.json(), "already_running": True}
    assert list(platform.engine.starts) == ["pair-7"]


async def test_the_same_id_with_other_facts_is_a_conflict_that_names_them() -> None:
    platform = Platform()
    await platform.ask("POST", "/mentorships", json=START)
    other = {**START, "mentor": {**START["mentor"], "email": "other@example.com"}, "shared": ["Both sail"]}
    told = problem(await platform.ask("POST", "/mentorships", json=other), 409, "start_conflict")
    assert set(fields(told)) == {"mentor.email", "shared"}
    assert "other@example.com" not in json.dumps(told)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "Pair 7"}, {"id"}),
        ({"mentor": {**START["mentor"], "email": "nobody"}}, {"mentor.email"}),
        ({"mentee": {**START["mentee"], "zone": "Mars/Base"}}, {"mentee.zone"}),
        (
            {"mentee": {**START["mentee"], "language": "fr", "hours_from": "9"}},
            {"mentee.language", "mentee.hours_from"},
        ),
        ({"mentee": {**START["mentee"], "nickname": "A"}}, {"mentee.nickname"}),
        ({"mentee": {"name": "Al"}}, {"mentee.email", "mentee.bio", "mentee.zone"}),
        ({"program": "no-such-program"}, {"program"}),
        ({"extra": 1}, {"extra"}),
        ({"mentee": {**START["mentee"], "email": "JO@example.com"}}, {"body"}),
    ],
)
async def test_a_field_that_is_wrong_is_named_with_its_path(change: dict[str, Any], named: set[str]) -> None:
    platform = Platform()
    told = problem(await platform.ask("POST", "/mentorships", json={**START, **change}), 422, "invalid")
    assert set(fields(told)) == named
    assert platform.engine.starts == {}


async def test_a_program_that_does_not_exist_is_answered_with_those_that_do() -> None:
    answer = await Platform().ask("POST", "/mentorships", json={**START, "program": "x"})
    assert "career" in fields(problem(answer, 422, "invalid"))["program"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"id": }'])
async def test_what_is_not_json_is_told(body: bytes) -> None:
    json_type = {"Content-Type": "application/json"}
    answer = await Platform().ask("POST", "/mentorships", content=body, headers=json_type)
    if body:
        problem(answer, 400, "not_json")
    else:
        assert fields(problem(answer, 422, "invalid")) == {"body": "is missing; please add it"}


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
@pytest.mark.parametrize("path", ["/mentorships", "/mentorships/pair-1/commands"])
async def test_json_is_called_json(path: str, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await Platform().ask("POST", path, content=json.dumps(START), headers=headers)
    assert "application/json" in problem(answer, 415, "media_type")["detail"]


# Finding and reading.


async def test_a_list_goes_on_by_its_cursor() -> None:
    platform = Platform()
    for number in range(4):
        await platform.ask("POST", "/mentorships", json={**START, "id": f"pair-{number + 2}"})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await platform.ask("GET", "/mentorships", Scope.READ, params={"limit": 2, "cursor": cursor})).json()
        seen += [one["id"] for one in page["mentorships"]]
        cursor = page["cursor"]
    assert sorted(seen) == [f"pair-{number}" for number in range(1, 6)]
    assert (await platform.ask("GET", "/count", Scope.READ)).json() == {"count": 5}


async def test_filters_become_one_query() -> None:
    platform = Platform()
    wanted = {"stage": "intro", "health": "at_risk", "program": "career", "waiting_on": "both"}
    for path in ("/mentorships", "/count"):
        assert (await platform.ask("GET", path, params=wanted)).status_code == 200
    query = (
        "TrellisStage = 'intro' AND TrellisHealth = 'at_risk' AND TrellisProgram = 'career' "
        "AND TrellisWaitingOn = 'both'"
    )
    assert platform.engine.queries == [query, query]
    assert Filter().query() == ""


@pytest.mark.parametrize(
    "wanted",
    [
        {"stage": "middle"}, {"program": "a' OR '1'='1"}, {"limit": "0"}, {"limit": "201"}, {"colour": "red"},
        {"cursor": "x" * 4001}, {"status": ""},
    ],
)  # fmt: skip
async def test_a_filter_that_is_wrong_is_named(wanted: dict[str, str]) -> None:
    platform = Platform()
    told = problem(await platform.ask("GET", "/mentorships", params=wanted), 422, "invalid")
    assert set(fields(told)) == set(wanted)
    assert platform.engine.queries == []


async def test_a_cursor_of_ones_own_making_or_of_another_list_is_refused() -> None:
    platform = Platform()
    await platform.ask("POST", "/mentorships", json=START)
    page = await platform.ask("GET", "/mentorships", params={"limit": 1, "stage": "intro"})
    cursor = page.json()["cursor"]
    assert (await platform.ask("GET", "/mentorships", params={"cursor": cursor, "stage": "intro"})).status_code == 200
    for wrong in ({"cursor": cursor}, {"cursor": f"{cursor[:9]}x{cursor[10:]}", "stage": "intro"}, {"cursor": "abc"}):
        problem(await platform.ask("GET", "/mentorships", params=wrong), 400, "bad_cursor")


async def test_where_one_stands_is_told_and_what_the_two_wrote_is_not() -> None:
    engine, _ = await with_sessions()
    engine.forward(days=15)
    platform = Platform(engine)
    standing = await platform.ask("GET", "/mentorships/pair-1", Scope.READ)
    seen = standing.json()
    assert seen["stage"] == "grow_sessions"
    assert seen["waiting"][0].keys() == {"id", "title", "on", "since", "ends_at", "nudges"}
    assert seen["sessions"][0].keys() == {"number", "starts_at", "minutes", "status"}
    figures = await platform.ask("GET", "/mentorships/pair-1/summary", Scope.READ)
    assert figures.json()["sessions_held"] >= 0
    assert len(figures.json()["goals"]) == len(engine.m.goals) > 0
    records = [one.record for one in engine.m.sessions if one.record is not None]
    words = [goal.title for goal in engine.m.goals] + [task.title for task in engine.m.tasks]
    assert words
    words += [text for record in records for text in (record.goal, record.reality) if text]
    for answer in (standing, figures):
        assert not [one for one in words if one in answer.text]
        assert engine.m.mentor.email not in answer.text


async def test_an_export_is_one_persons_own_data_and_needs_an_admin_key() -> None:
    platform = Platform()
    path = "/mentorships/pair-1/export"
    found = await platform.ask("GET", path, params={"role": "mentor"})
    assert (found.json()["role"], found.json()["me"]["email"]) == ("mentor", "jonas@example.com")
    assert "ines@example.com" not in found.text
    problem(await platform.ask("GET", path, Scope.WRITE, params={"role": "mentor"}), 403, "scope")
    for wrong in ({}, {"role": "coordinator"}):
        assert set(fields(problem(await platform.ask("GET", path, params=wrong), 422, "invalid"))) == {"role"}


@pytest.mark.parametrize("path", ["nobody", "nobody/summary", "nobody/export?role=mentee"])
async def test_an_id_that_nobody_has_is_not_found(path: str) -> None:
    told = problem(await Platform().ask("GET", f"/mentorships/{path}"), 404, "no_such_mentorship")
    assert "'nobody'" in told["detail"]


# Steering.


async def test_a_command_is_answered_with_what_was_done_and_what_happens_next() -> None:
    platform = Platform()
    answer = await platform.command(MESSAGE, Scope.WRITE)
    assert answer.status_code == 200
    done = answer.json()
    assert done.keys() == {"id", "at", "recorded", "happens_next"}
    assert done["recorded"] == "Your message goes to Ines Duarte and Jonas Meyer."
    assert platform.engine.m.last_act.keys() == {Role.COORDINATOR}


async def test_a_command_with_a_name_of_its_own_counts_once() -> None:
    platform = Platform()
    first = await platform.command(MESSAGE, once="message-1")
    assert (await platform.command(MESSAGE, once="message-1")).json() == first.json()
    assert platform.engine.effects == 1
    other_key = await platform.command(MESSAGE, Scope.WRITE, once="message-1")
    assert other_key.json()["id"] != first.json()["id"], "another key has names of its own"
    await platform.command(MESSAGE)
    assert platform.engine.effects == 3


async def test_a_lost_answer_is_had_by_asking_again() -> None:
    platform = Platform(engine := Platform().engine)
    engine.drop_answer = True
    told = problem(await platform.command(MESSAGE, once="a"), 503, "unreachable")
    assert "may have been done" in told["detail"]
    engine.drop_answer = False
    assert (await platform.command(MESSAGE, once="a")).status_code == 200
    assert engine.effects == 1


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ({"command": "dance"}, {"command"}),
        ({}, {"command"}),
        ({"command": "pause"}, {"until"}),
        ({"command": "pause", "until": "soon"}, {"until"}),
        ({"command": "pause", "until": "2029-01-01"}, {"until"}),
        ({"command": "message", "to": "all", "text": "x", "cc": "y"}, {"to", "cc"}),
        ({"command": "message", "to": "both", "text": ""}, {"text"}),
        ({"command": "change_program", "program": "No Such"}, {"program"}),
        ({"command": "change_program", "program": "nowhere"}, {"program"}),
        ({"command": "change_program", "program": 7}, {"program"}),
        ({"command": "change_program", "program": {**WHOLE, "weeks": 0}}, {"program.weeks"}),
    ],
)
async def test_a_command_that_makes_no_sense_names_the_field(command: dict[str, Any], named: set[str]) -> None:
    platform = Platform()
    assert set(fields(problem(await platform.command(command), 422, "invalid"))) == named
    assert platform.engine.effects == 0


async def test_a_program_is_changed_by_its_name_or_by_a_whole_one() -> None:
    platform = Platform()
    await platform.command({"command": "change_program", "program": "onboarding"})
    assert platform.engine.m.program == programs.load("onboarding")
    await platform.command({"command": "change_program", "program": WHOLE})
    assert platform.engine.m.program.title == "One of their own"
    assert platform.engine.effects == 2


async def test_a_command_that_the_rules_refuse_says_why() -> None:
    told = problem(await Platform().command({"command": "resume"}), 409, "refused")
    assert told["detail"] == "It is not paused."


async def test_after_the_end_every_command_is_refused() -> None:
    platform = Platform()
    ended = await platform.command({"command": "end", "outcome": "not_a_fit", "rematch": True})
    assert "matched anew" in ended.json()["recorded"]
    problem(await platform.command(MESSAGE), 409, "ended")
    seen = (await platform.ask("GET", "/mentorships/pair-1")).json()
    assert (seen["outcome"], seen["rematch"]) == ("not_a_fit", True)


@pytest.mark.parametrize("name", ["", "with space", "x" * 101, "ü"])
async def test_a_name_for_a_command_is_plain(name: str) -> None:
    platform = Platform()
    headers = {"Idempotency-Key": name.encode()}
    answer = await platform.ask("POST", "/mentorships/pair-1/commands", json=MESSAGE, headers=headers)  # type: ignore[arg-type]
    assert set(fields(problem(answer, 422, "invalid"))) == {"Idempotency-Key"}


# What the engine does not answer.


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/mentorships", START),
        ("GET", "/mentorships", None),
        ("GET", "/count", None),
        ("GET", "/mentorships/pair-1", None),
        ("GET", "/mentorships/pair-1/summary", None),
        ("POST", "/mentorships/pair-1/commands", MESSAGE),
    ],
)
async def test_while_the_engine_is_away_it_is_said_so(method: str, path: str, body: Any) -> None:
    platform = Platform()
    platform.engine.down = True
    answer = await platform.ask(method, path, json=body)
    problem(answer, 503, "unreachable")
    assert answer.headers["retry-after"] == "10"
