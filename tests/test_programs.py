"""Programs and start requests, as their authors meet them: what is wrong, where, and what would be right."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import programs
from lifecycle import begin
from models.people import Preferences, Start
from models.problems import describe
from models.program import AskKind, Program
from settings import ROOT
from tests.builders import BEGINNING, a_program, a_start

GOOD = (programs.HERE / "career.yaml").read_text(encoding="utf-8")


def problems(text: str) -> str:
    with pytest.raises(programs.ProgramProblem) as problem:
        programs.parse(text, "mine.yaml", programs.HERE)
    return str(problem.value)


def line_of(text: str, needle: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if needle in line)


def test_the_shipped_programs_load() -> None:
    assert programs.names() == ("career", "onboarding", "single_session")
    for name in programs.names():
        assert programs.load(name).name == name


def test_a_program_is_loaded_from_a_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, encoding="utf-8")
    (tmp_path / "career.png").write_bytes((programs.HERE / "career.png").read_bytes())
    assert programs.load(str(path)) == programs.load("career")


def test_an_unknown_program_names_those_there_are() -> None:
    with pytest.raises(programs.ProgramProblem, match="there are: career, onboarding, single_session"):
        programs.load("carreer")


def test_a_missing_file_is_told() -> None:
    with pytest.raises(programs.ProgramProblem, match=r"nowhere\.yaml: can't be read"):
        programs.load("nowhere.yaml")


@pytest.mark.parametrize(
    ("found", "wrong", "says"),
    [
        (
            "  every_weeks: 2\n  minutes",
            "  evry_weeks: 2\n  minutes",
            ["sessions.evry_weeks", "misspelt", "every_weeks"],
        ),
        ("  every_weeks: 2\n  minutes", "  every_weeks: -2\n  minutes", ["sessions.every_weeks", "-2", "greater"]),
        ("zone: Europe/Berlin", "zone: Europe/Berlln", ["coordinator.preferences.zone", "Berlln", "IANA"]),
        ("ladder_days: [2, 5, 9]", "ladder_days: [5, 2, 9]", ["nudges", "must rise"]),
        (
            "patience_days: 16",
            "patience_days: 10",
            ["nudges", "patience_days must be at least three days after coordinator_day"],
        ),
        ("longest_days: 220", "longest_days: 90", ["longest_days must be at least 116"]),
        ("days_off: [5, 6]", "days_off: [0, 1, 2, 3, 4, 5, 6]", ["manners", "at least one day"]),
        ("days_off: [5, 6]", "days_off: [7]", ["manners.days_off.0", "7", "less than or equal to 6"]),
        ('colour: "#2f6f4f"', "colour: green", ["branding.colour", "green"]),
        ("email: coordinator@example.com", "email: coordinator", ["coordinator.email", "coordinator", "@-sign"]),
        ("per_day: 1", "per_day: 0", ["manners.per_day", "greater than or equal to 1"]),
    ],
)
def test_a_mistake_names_file_line_field_and_what_is_allowed(found: str, wrong: str, says: list[str]) -> None:
    assert found in GOOD
    text = GOOD.replace(found, wrong, 1)
    told = problems(text)
    assert told.startswith("mine.yaml: ")
    for part in says:
        assert part in told
    field = says[0]
    if "." in field:
        assert f"line {line_of(text, wrong.split(chr(10))[0].strip())}: " in told or "line " in told


def test_the_line_of_a_mistake_is_the_line_in_the_file() -> None:
    text = GOOD.replace("  every_weeks: 2\n  minutes", "  evry_weeks: 2\n  minutes", 1)
    assert f"line {line_of(text, 'evry_weeks')}: sessions.evry_weeks" in problems(text)


def test_an_ask_that_can_not_be_left_out_names_those_that_can() -> None:
    told = problems(GOOD + "\nwithout: [set_goals]\n")
    assert "'set_goals' can't be left out; these can: propose_times, fit_check" in told


def test_an_ask_that_does_not_exist_is_refused() -> None:
    told = problems(GOOD + "\nwithout: [handshake]\n")
    assert "without.0" in told
    assert "handshake" in told
    assert "confirm" in told


def test_a_missing_part_is_named() -> None:
    told = problems("name: mine\ntitle: Mine\n")
    assert "coordinator: is missing" in told
    assert "sessions: is missing" in told


def test_every_mistake_is_told_at_once() -> None:
    text = GOOD.replace("minutes: 60", "minutes: 6", 1).replace("weeks: 12", "weeks: 0", 1)
    assert len(problems(text).splitlines()) == 2


@pytest.mark.parametrize("text", ["name: [unclosed", "a: b: c", "\tname: x", "name: 'x"])
def test_broken_yaml_names_the_line(text: str) -> None:
    told = problems(f"title: Fine\n{text}\n")
    assert told.startswith("mine.yaml: line ")
    assert "not valid YAML" in told


@pytest.mark.parametrize("text", ["", "[]", "just words", "42"])
def test_what_is_no_mapping_is_told(text: str) -> None:
    assert "must be a mapping" in problems(text)


def test_a_program_of_a_bomb_is_refused_before_it_is_read() -> None:
    assert "larger than a program can be" in problems("x" * (programs.MOST_BYTES + 1))


def test_a_yaml_tag_runs_nothing() -> None:
    assert "YAML" in problems("name: !!python/object/apply:os.system ['true']\n")


def test_a_program_may_leave_out_every_optional_ask_at_once() -> None:
    from models.program import OPTIONAL_ASKS

    program = a_program(without=OPTIONAL_ASKS)
    assert not program.has(AskKind.PREPARE)
    assert program.has(AskKind.REPORT)


def start_problems(**changes: Any) -> str:
    data = a_start().model_dump()
    for path, value in changes.items():
        role, _, field = path.partition("__")
        if not field:
            data[role] = value
        elif value is None:
            del data[role][field]
        else:
            data[role][field] = value
    with pytest.raises(ValidationError) as error:
        Start.model_validate(data)
    return "\n".join(str(problem) for problem in describe(error.value))


def test_a_start_without_the_address_of_the_mentee_names_the_field() -> None:
    assert start_problems(mentee__email=None) == "mentee.email: is missing; please add it"


def test_the_same_person_twice_is_refused() -> None:
    assert "two people" in start_problems(mentee__email="Mara@Example.com")


@pytest.mark.parametrize("name", ["Theo\nBcc: all@example.com", "Theo\r\nX", "Theo\tX", "Theo\u202eX", "Theo\0"])
def test_a_name_with_a_line_break_or_a_control_character_is_refused(name: str) -> None:
    told = start_problems(mentee__name=name)
    assert told.startswith("mentee.name: must be a single line")
    assert "\n" not in told


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mentor__zone": "Europe/Berlln"}, "mentor.zone"),
        ({"mentor__name": "   "}, "mentor.name"),
        ({"mentor__bio": "x" * 100_000}, "mentor.bio"),
        ({"mentor__emial": "x@example.com"}, "mentor.emial"),
        ({"id": "Not A Slug"}, "id"),
        ({"starts_at": "2026-12-01T09:00"}, "starts_at"),
    ],
)
def test_a_mistake_in_a_start_names_its_field(change: dict[str, Any], field: str) -> None:
    told = start_problems(**change)
    assert told.startswith(f"{field}: ")
    assert len(told) < 400, "what was found is shown shortened"


def test_hours_that_nobody_named_are_those_of_the_program() -> None:
    m = begin(a_start(), a_program(manners={"days_off": (4, 5)}), BEGINNING)
    assert m.mentor.preferences.days_off == (4, 5)


def test_a_start_for_another_program_is_refused() -> None:
    with pytest.raises(ValueError, match="'onboarding', but this is 'career'"):
        begin(a_start(program="onboarding"), a_program(), BEGINNING)


def test_the_page_on_programs_names_every_field_and_its_example_is_a_program() -> None:
    page = (ROOT / "docs" / "programs.md").read_text()

    def fields(model: type[BaseModel], path: str = "") -> Iterator[str]:
        for name, field in model.model_fields.items():
            part = field.annotation
            if isinstance(part, type) and issubclass(part, BaseModel) and part is not Preferences:
                yield from fields(part, f"{path}{name}.")
            else:
                yield f"{path}{name}"

    missing = [name for name in fields(Program) if f"`{name}`" not in page]
    assert missing == []
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    assert programs.parse(example, "docs/programs.md").sessions.count == 4


def test_a_program_that_was_edited_is_read_anew_and_one_reader_changes_nothing_for_the_next(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    text = (programs.HERE / "single_session.yaml").read_text().replace("name: single_session", "name: own")
    file.write_text(text)
    before = programs.load("own", tmp_path)
    assert programs.load("own", tmp_path) == before
    file.write_text(text.replace(f"title: {before.title}", "title: Another title"))
    assert programs.load("own", tmp_path).title == "Another title"
