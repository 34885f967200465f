"""Start files, as JSON and as YAML, and the mentorship that begins with one that was accepted."""

import json
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import lifecycle
import programs
from cli.start_file import StartFileProblem, read_start
from models.base import Misfit
from models.people import Start, StartPerson
from tests.fuzz.program_files import BOMB

WORDS = (*Start.model_fields, *StartPerson.model_fields, "career", "Europe/Berlin", "@example.com", '"', "{", "}", "[",
         "&a ", "*a", "- ", ": ", "\\ud800", "1e999", "NaN")  # fmt: skip
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BEGUN = datetime(2027, 1, 4, 9, tzinfo=UTC)
PROGRAMS = {name: programs.load(name) for name in programs.names()}
_folder = tempfile.TemporaryDirectory(prefix="fuzz-")
_files = tuple(Path(_folder.name) / f"fuzz.{kind}" for kind in ("json", "yaml"))


def feed(data: bytes) -> str:
    """The first byte chooses JSON or YAML; what follows is the file."""
    file = _files[data[0] % 2 if data else 0]
    file.write_bytes(data[1:])
    try:
        start = read_start(file)
    except StartFileProblem as problem:
        assert str(problem)
        assert len(str(problem)) < 100_000, "what was found is shown shortened"
        return "StartFileProblem"
    assert Start.model_validate_json(start.model_dump_json()) == start
    if start.program in PROGRAMS:
        try:
            begun = lifecycle.begin(start, PROGRAMS[start.program], BEGUN)
        except Misfit:
            return "Misfit"
        lifecycle.advance(begun, BEGUN)
    return "accepted"


def seeds() -> Iterable[bytes]:
    """The examples, each as the other kind too."""
    for path in (EXAMPLES / "demo.yaml", EXAMPLES / "onboarding.json"):
        start = json.dumps(read_start(path).model_dump(mode="json", exclude_none=True), indent=1).encode()
        yield b"\0" + start
        yield b"\1" + start
        yield bytes([path.suffix != ".json"]) + path.read_bytes()
    yield b"\0" + b"[" * 5000
    yield b"\0" + b'{"id": ' + b"9" * 5000 + b"}"
    yield b"\0" + b'{"\\ud800": 1, "id": "\\udfff"}'
    yield b"\1" + BOMB.encode()
    yield b"\1&a [*a]"
