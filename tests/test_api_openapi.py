"""The OpenAPI document: it says what is true, its examples work, and the guide says the same."""

import json
import re
from functools import lru_cache
from typing import Any

import pytest

from models.commands import COMMANDS as EVERY_COMMAND
from settings import ROOT, Settings
from tests.api_parts import Platform
from tests.test_web_asks import with_sessions
from tests.web_parts import LINKS, PureEngine
from tests.web_routes import all_routes
from web.api.app import create_api
from web.api.bodies import BulkLine
from web.api.examples import COMMANDS, LINES, START
from web.api.mentorships import FOR_ADMINS
from web.api.problems import TITLES

GUIDE = (ROOT / "docs" / "api.md").read_text()


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """As it is built."""
    return create_api(PureEngine(), Settings(), LINKS).openapi()


async def test_it_is_told_to_everyone_as_openapi_3_1() -> None:
    platform = Platform(base_url="https://mentoring.example.com")
    answer = await platform.ask("GET", "/openapi.json", None)
    told = answer.json()
    assert told["openapi"].startswith("3.1.")
    assert told["servers"] == [{"url": "https://mentoring.example.com/api/v1"}]


def test_it_names_every_route_and_what_each_needs() -> None:
    routes = [(method, path.removeprefix("/api/v1")) for method, path in all_routes(Platform().app)]
    told = {(method.upper(), path) for path, operations in document()["paths"].items() for method in operations}
    assert told == {one for one in routes if one[1].startswith(("/mentorships", "/count", "/people"))}
    for operations in document()["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"ApiKey": []}]
            assert operation["summary"]
            assert operation["description"]


def test_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    wanted = set(re.findall(r"#/components/schemas/([\w-]+)", json.dumps(document())))
    assert wanted <= schemas.keys()
    assert "HTTPValidationError" not in schemas
    assert BulkLine.__name__ in schemas


@pytest.mark.parametrize("name", START)
async def test_the_examples_of_a_start_start(name: str) -> None:
    answer = await Platform().ask("POST", "/mentorships", json=START[name]["value"])
    assert answer.status_code == 201


async def test_the_examples_of_lines_start_each_line() -> None:
    for example in LINES.values():
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await Platform().ask("POST", "/mentorships/bulk", content=example["value"], headers=headers)
        assert all("started" in json.loads(line) for line in answer.text.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
async def test_the_examples_of_commands_do_something(name: str) -> None:
    engine, _ = await with_sessions()
    engine.forward(days=14)
    platform = Platform(engine)
    if name == "resume":
        await platform.command({"command": "pause", "until": "2027-03-01"})
    answer = await platform.command(COMMANDS[name]["value"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["recorded"]


def test_every_command_has_an_example() -> None:
    assert COMMANDS.keys() == EVERY_COMMAND.keys()


# The guide.


def test_the_guide_has_every_code_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+?) \|$", GUIDE, re.MULTILINE)
    assert rows == [(code, str(status), title) for code, (status, title) in TITLES.items()]


def test_the_guide_names_every_address_and_every_command_with_its_scope() -> None:
    for path, operations in document()["paths"].items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in GUIDE
    for name in EVERY_COMMAND:
        (scope,) = re.findall(rf"^\| `{name}` \| (\w+) \|", GUIDE, re.MULTILINE)
        assert scope == ("admin" if name in FOR_ADMINS else "write")


async def test_what_the_guide_sends_is_taken() -> None:
    platform = Platform()
    example = json.loads((ROOT / "examples" / "onboarding.json").read_text())
    assert "@examples/onboarding.json" in GUIDE
    assert (await platform.ask("POST", "/mentorships", json=example)).status_code == 201
    commands = [json.loads(found) for found in re.findall(r"-d '(\{.+?\})'", GUIDE)]
    assert commands
    for one in commands:
        assert (await platform.command(one)).status_code == 200, one
