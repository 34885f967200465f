"""What strangers write, in a hurry: each parser says yes or gives its own named error, and does so soon.

`make fuzz SECONDS=600` feeds the same parsers by coverage, for as long as you like.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import programs
from cli.start_file import StartFileProblem, read_start
from models.base import Misfit, Role
from programs.plain_yaml import PlainLoader
from tests.api_parts import START, Platform, fields, problem
from tests.fuzz import __main__ as running
from tests.fuzz import events, forms, program_files, start_files, tokens
from tests.pairs import a_program, a_start
from web.answers import read
from workflows.client import Mentorships

PARSERS = (tokens, forms, events, program_files, start_files)
LONGEST_SECONDS = 2.0
"""Of this thread's own time, so that a busy machine fails nothing."""
SOME = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
WORDS = st.text(max_size=12) | st.sampled_from(
    ["", "\ud800", "0", "9" * 5000, "2027-01-15", "Europe/Berlin", "a@example.com"]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
    max_leaves=8,
)


def fed(feed: Callable[[bytes], str], data: bytes) -> str:
    """What became of it, soon enough. Whatever is raised fails the test."""
    begun = time.thread_time()
    became = feed(data)
    assert time.thread_time() - begun < LONGEST_SECONDS
    return became


def test_every_parser_that_is_fed_here_is_fed_at_length_too() -> None:
    assert tuple(f"tests.fuzz.{name}" for name in running.PARSERS) == tuple(parser.__name__ for parser in PARSERS)


@pytest.mark.parametrize("parser", PARSERS, ids=running.PARSERS)
def test_seeds_get_past_the_door_and_what_is_feared_does_not(parser: Any) -> None:
    became = {fed(parser.feed, seed) for seed in parser.seeds()}
    assert "accepted" in became
    assert len(became) > 1


@pytest.mark.parametrize("parser", PARSERS, ids=running.PARSERS)
@SOME
@given(cut=st.integers(0, 400), rubbish=st.binary(max_size=40), number=st.integers(0, 30))
def test_a_seed_that_was_damaged_gets_a_named_answer(parser: Any, cut: int, rubbish: bytes, number: int) -> None:
    seeds = list(parser.seeds())
    seed = seeds[number % len(seeds)]
    fed(parser.feed, seed[:1] + seed[1:cut] + rubbish + seed[cut + len(rubbish) :])


@SOME
@given(st.binary(max_size=120), st.integers(0, 15))
def test_a_payload_signed_with_a_stolen_key_is_read_or_refused(payload: bytes, how: int) -> None:
    assert fed(tokens.feed, bytes([how]) + payload) in ("accepted", "BadLink", "BadNonce")


@SOME
@given(
    st.lists(TREES, max_size=3),
    st.dictionaries(st.sampled_from(["event", "mid", "mentorship", "role", "type", "reason", "email"]), TREES),
)
def test_events_of_any_shape_are_taken_or_refused(rubbish: list[Any], event: dict[str, Any]) -> None:
    genuine = {"event": "bounce", "mid": "pair-1-0001", "mentorship": "pair-1", "role": "mentee"}
    body = json.dumps([*rubbish, {**genuine, **event}]).encode()
    assert fed(events.feed, b"\1" + body) in ("accepted", "HTTP 400")


@pytest.mark.parametrize("field", ["event", "mid", "mentorship", "role", "type", "reason", "email", "timestamp"])
def test_however_deep_a_member_of_an_event_is_it_is_taken_or_refused(field: str) -> None:
    """Where the reader of JSON just manages, whatever looks at the member afterwards may not."""
    for depth in range(800, 1000, 5):
        deep = f'"{field}": {"[" * depth}{"]" * depth}'
        event = f'{{"event": "bounce", "mid": "pair-1-1", "mentorship": "pair-1", "role": "mentee", {deep}}}'
        assert events.feed(f"\1[{event}]".encode()) in ("accepted", "HTTP 400")


def _places(data: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, below in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from _places(below, (*path, key))


def _changed(data: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _changed(data[path[0]], path[1:], value)
    return copy


PROGRAM = yaml.load((programs.HERE / "career.yaml").read_text(), Loader=PlainLoader)
SAMPLE = read_start(start_files.EXAMPLES / "demo.yaml").model_dump(mode="json", exclude_none=True)


@SOME
@given(place=st.sampled_from(list(_places(PROGRAM))), value=TREES)
def test_a_program_with_anything_in_any_place_is_used_or_told_what_is_wrong(place: tuple[Any, ...], value: Any) -> None:
    changed = json.dumps(_changed(PROGRAM, place, value))
    assert fed(program_files.feed, changed.encode()) in ("accepted", "ProgramProblem")


@SOME
@given(place=st.sampled_from(list(_places(SAMPLE))), value=TREES, kind=st.sampled_from([b"\0", b"\1"]))
def test_a_start_with_anything_in_any_place_is_used_or_told_what_is_wrong(
    place: tuple[Any, ...], value: Any, kind: bytes
) -> None:
    changed = json.dumps(_changed(SAMPLE, place, value))
    assert fed(start_files.feed, kind + changed.encode()) in ("accepted", "StartFileProblem", "Misfit")


# What was found by feeding at length.


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (program_files.BOMB, "line 5: is not valid YAML: has too many entries"),
        ("name: &a [*a]", "the alias 'a' stands within what it names"),
        ("name: " + "[" * 2000, "is nested too deeply"),
        ("? [a]\n: b", "a key must be a word"),
        ("weeks: " + "9" * 5000, "can't be read as int"),
        ("name: !!timestamp soon", "can't be read as timestamp"),
        ("name: !!bool perhaps", "can't be read as bool"),
        ("name: !!map [a, b]", "expected a mapping node, but found sequence"),
        ("manners: {hours_from: '09:00', hours_to: '10:00'}", "at least two hours"),
    ],
    ids=["bomb", "circle", "deep", "key", "digits", "timestamp", "bool", "map", "hours"],
)
def test_yaml_that_can_not_be_read_is_told_with_its_reason(text: str, told: str) -> None:
    with pytest.raises(programs.ProgramProblem) as raised:
        programs.parse(text, "p.yaml")
    assert told in str(raised.value)


def test_a_program_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(programs.ProgramProblem, match="must be text in UTF-8"):
        programs.load(str(tmp_path / "p.yaml"))


@pytest.mark.parametrize(
    ("text", "told"),
    [("[" * 5000, "nested too deeply"), ('{"id": ' + "9" * 5000 + "}", "too many digits")],
    ids=["deep", "digits"],
)
def test_json_that_can_not_be_read_is_told_with_its_reason(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(StartFileProblem, match=told):
        read_start(tmp_path / "s.json")


async def test_hours_that_do_not_go_with_the_program_are_refused_before_anything_starts(
    mentorships: Mentorships,
) -> None:
    """Once begun, such a mentorship could do nothing but fail its first workflow task, again and again."""
    late = {**START["mentee"], "hours_from": "17:30"}
    platform = Platform()
    answer = await platform.ask("POST", "/mentorships", json={**START, "mentee": late})
    assert "two hours" in fields(problem(answer, 422, "invalid"))["mentee.hours_to"]
    assert platform.engine.starts == {}
    start = a_start()
    start = start.evolve(mentor=start.mentor.evolve(days_off=(0, 1, 2, 3, 4, 5, 6)))
    with pytest.raises(Misfit, match=r"mentor\.days_off"):
        await mentorships.start(start, a_program())


async def test_half_a_character_is_refused_by_the_api() -> None:
    body = json.dumps({**START, "mentor": {**START["mentor"], "name": "Jo \ud800"}})
    headers = {"Content-Type": "application/json"}
    answer = await Platform().ask("POST", "/mentorships", content=body, headers=headers)
    assert set(fields(problem(answer, 422, "invalid"))) == {"mentor.name"}


@pytest.mark.parametrize("year", ["0001", "9999"])
@pytest.mark.parametrize(("act", "field"), [("move_session", "starts_at"), ("pause", "until"), ("days_away", "last")])
def test_the_ends_of_the_calendar_are_no_dates_for_people(year: str, act: str, field: str) -> None:
    """Beyond them lies an OverflowError: on a page that is a 500, and in a workflow a task that fails for ever."""
    values = {"session": "1", "first": "2027-01-15", field: f"{year}-12-31" + "T23:59" * (field == "starts_at")}
    found = read(act, values, {"by": Role.MENTEE, "ask": ""}, "Pacific/Kiritimati")
    assert isinstance(found, dict)
    assert "1900" in str(found[field])


def test_a_signed_link_from_the_end_of_time_is_a_bad_link() -> None:
    assert tokens.feed(b"\1" + b'{"m":"a","r":"mentee","a":"","j":"b","t":253402300799}') == "BadLink"
