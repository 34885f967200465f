"""Wrong input to the command line: one clear line for each mistake, exit code 2, and nothing happens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from settings import ROOT
from starter import app, read_start

Change = Callable[[dict[str, Any]], None]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def sample() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "examples" / "demo.yaml").read_text())
    return read


def started(tmp_path: Path, data: object) -> tuple[Result, Path]:
    path = tmp_path / "pair.json"
    path.write_text(json.dumps(data))
    return run("start", str(path)), path


@pytest.mark.parametrize("name", ["demo.yaml", "onboarding.json"])
def test_the_examples_can_be_read(name: str) -> None:
    assert read_start(ROOT / "examples" / name).mentor.email.endswith("@example.com")


def test_hours_in_yaml_mean_what_they_look_like(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "demo.yaml").read_text().replace('"17:00"', "17:00")
    path = tmp_path / "pair.yaml"
    path.write_text(text)
    assert str(read_start(path).mentee.hours_to) == "17:00:00"


WRONG: dict[str, tuple[Change, str, str]] = {
    "without the mentee's address": (lambda data: data["mentee"].pop("email"), "mentee.email", "is missing"),
    "with no address": (lambda data: data["mentor"].update(email="amara"), "mentor.email", "'amara'"),
    "with a line break in a name": (lambda data: data["mentee"].update(name="Jonas\nWeber"), "mentee.name", "line"),
    "in a zone that does not exist": (
        lambda data: data["mentor"].update(zone="Europe/Atlantis"),
        "mentor.zone",
        "Europe/Berlin",
    ),
    "with a misspelt field": (
        lambda data: data["mentor"].update(emial="a@example.com"),
        "mentor.emial",
        "misspelt? Known: name, email",
    ),
    "with an id that is no name": (lambda data: data.update(id="../demo"), "id", "'../demo'"),
    "with hours the wrong way round": (lambda data: data["mentee"].update(hours_from="25:00"), "mentee.hours_from", ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_start_file(tmp_path: Path, sample: dict[str, Any], case: str) -> None:
    change, field, allowed = WRONG[case]
    change(sample)
    result, path = started(tmp_path, sample)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{path}: {field}: ")
    assert allowed in lines[0]


def test_a_start_file_with_the_same_person_twice(tmp_path: Path, sample: dict[str, Any]) -> None:
    sample["mentee"]["email"] = sample["mentor"]["email"].upper()
    result, path = started(tmp_path, sample)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}: ")
    assert "must be two people" in result.stderr


def test_every_mistake_of_a_start_file_has_its_line(tmp_path: Path, sample: dict[str, Any]) -> None:
    sample["mentee"]["email"] = "nobody"
    sample["mentor"]["zone"] = "Mars/Olympus"
    result, _ = started(tmp_path, sample)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pair.yaml", "id: [", "not YAML: line"),
        ("pair.json", "{", "not JSON: line 1"),
        ("pair.yaml", "id: a\nid: b\n", "not YAML: line 2: the key 'id' is given twice"),
        ("pair.yaml", "", "found nothing"),
        ("pair.yaml", "- a\n", "found list"),
    ],
)
def test_a_start_file_that_is_none(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    result = run("start", str(path))
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_start_file_that_is_not_there(tmp_path: Path) -> None:
    result = run("start", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "can't be read: No such file" in result.stderr


def test_a_program_that_does_not_exist(tmp_path: Path, sample: dict[str, Any]) -> None:
    sample["program"] = "no-such-program"
    result, _ = started(tmp_path, sample)
    assert result.exit_code == 2
    assert "no-such-program" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("act", "demo", "acept", "--by", "mentor"), "ACT: found 'acept'; allowed are accept, "),
        (("act", "demo", "accept", "--by", "mentor", "--data", "{"), "--data: not JSON"),
        (("act", "demo", "accept", "--by", "mentor", "--data", "[]"), "must be a JSON object"),
        (("act", "demo", "accept", "--by", "mentor", "--data", '{"decision": "perhaps"}'), "--data: decision: "),
        (("act", "demo", "accept", "--by", "boss"), "'boss'"),
        (("pause", "demo", "--until", "soon"), "--until: found 'soon'; must be a date"),
        (("list", "--stage", "outro"), "'outro'"),
        (("preview", "career", "--mentor-zone", "Mars/Olympus"), "--mentor-zone: found 'Mars/Olympus'"),
        (("preview", "no-such-program"), "no-such-program"),
        (("preview", "career", "--start", "31.12.2026"), "'31.12.2026'"),
    ],
)
def test_a_wrong_argument(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
