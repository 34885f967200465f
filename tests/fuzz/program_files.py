"""Programs: the YAML that operators write."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import programs
from models.program import Program

WORDS = (*Program.model_fields, "&a ", "*a", "!!binary", "!!timestamp ", "!!int ", "!!set ", "<<: ", "? ", "- ", "{",
         "[", "|", ">", "%YAML 1.1", "---", "logo: ", "data:image/png;base64,")  # fmt: skip
BOMB = "a: &a [x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
)
"""A thousand million entries in less than a thousand bytes."""
_folder = tempfile.TemporaryDirectory(prefix="fuzz-")
_file = Path(_folder.name) / "fuzz.yaml"


def feed(data: bytes) -> str:
    """The bytes are the file."""
    _file.write_bytes(data)
    try:
        program = programs.load(str(_file))
    except programs.ProgramProblem as problem:
        assert problem.problems
        assert len(str(problem)) < 100_000, "what was found is shown shortened"
        return "ProgramProblem"
    assert Program.model_validate_json(program.model_dump_json()) == program
    return "accepted"


def seeds() -> Iterable[bytes]:
    """The programs that are shipped, and what YAML is feared for."""
    for path in sorted(programs.HERE.glob("*.yaml")):
        yield path.read_bytes()
    yield b"name: career\ntitle: [a, {b: c}]\n? [a]\n: b\n"
    yield BOMB.encode()
    yield b"&a [*a]"
    yield b"name: " + b"[" * 2000
    yield b"a: !!timestamp x\nb: !!int x\nc: !!binary x\nd: !!bool x\ne: !!float x\n"
