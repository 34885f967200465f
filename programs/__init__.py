"""Loading programs: YAML files, validated, with errors that name file, field, what was found and what is allowed."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from models.problems import Problem, describe, shown
from models.program import Program
from programs import plain_yaml
from programs.logo_file import read_logo
from programs.plain_yaml import PlainLoader

HERE = Path(__file__).resolve().parent
MOST_BYTES = 100_000


class ProgramProblem(Exception):
    """A program that can't be used. The text has one line for each problem."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))
        self.problems = problems


def names(directory: Path = HERE) -> tuple[str, ...]:
    """The names of the programs in a folder."""
    return tuple(sorted(path.stem for path in directory.glob("*.yaml")))


def load(name: str, directory: Path = HERE) -> Program:
    """The program of this name, or of this file when it ends in `.yaml`. Raises `ProgramProblem`."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else directory / f"{name}.yaml"
    if not name.endswith((".yaml", ".yml")) and name not in names(directory):
        raise ProgramProblem(name, [f"there is no such program; there are: {', '.join(names(directory))}"])
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProgramProblem(str(path), [f"can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ProgramProblem(str(path), ["must be text in UTF-8"]) from None
    return parse(text, str(path), path.parent)


def parse(text: str, source: str, folder: Path = HERE) -> Program:
    """A program from its text; the logo that it may name lies in `folder`. Raises `ProgramProblem` naming `source`."""
    if len(text) > MOST_BYTES:
        raise ProgramProblem(source, ["is larger than a program can be"])
    try:
        data = deepcopy(_read(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise ProgramProblem(source, [f"{where}is not valid YAML: {getattr(error, 'problem', error)}"]) from None
    if not isinstance(data, dict):
        raise ProgramProblem(source, ["must be a mapping of fields, beginning with name and title"])
    problems = _bring_the_logo(data, folder)
    try:
        program = Program.model_validate(data)
    except ValidationError as error:
        problems += describe(error, _known(Program))
    else:
        if not problems:
            return program
    lines = _lines(text)
    raise ProgramProblem(source, [_placed(problem, lines) for problem in problems])


@lru_cache(maxsize=64)
def _read(text: str) -> object:
    """Once for each text: a platform starts thousands with one program, and YAML takes longer than all else of it."""
    return plain_yaml.read(text)


def _bring_the_logo(data: dict[str, Any], folder: Path) -> list[Problem]:
    """Puts the picture where its path stands, and tells what keeps it from that."""
    branding = data.get("branding")
    logo = branding.get("logo") if isinstance(branding, dict) else None
    if not isinstance(branding, dict) or not isinstance(logo, str) or logo.startswith("data:"):
        return []
    branding["logo"] = ""
    try:
        branding["logo"] = read_logo(logo, folder) if logo else ""
    except ValueError as problem:
        return [Problem("branding.logo", shown(logo), str(problem))]
    return []


def _placed(problem: Problem, lines: dict[str, int]) -> str:
    line = lines.get(problem.field)
    return f"line {line}: {problem}" if line is not None else str(problem)


def _known(model: type[BaseModel], path: str = "") -> dict[str, tuple[str, ...]]:
    """The fields that are known at each path."""
    found = {path: tuple(model.model_fields)}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _known(field.annotation, f"{path}.{name}" if path else name)
    return found


def _lines(text: str) -> dict[str, int]:
    """The line on which each field stands."""
    found: dict[str, int] = {}

    def walk(node: yaml.Node, path: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = f"{path}.{key.value}" if path else str(key.value)
                found[inner] = key.start_mark.line + 1
                walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                inner = f"{path}.{index}"
                found[inner] = value.start_mark.line + 1
                walk(value, inner)

    root = yaml.compose(text, Loader=PlainLoader)
    if root is not None:
        walk(root, "")
    return found
