"""A start request, or who replaces a mentor, as a file, YAML or JSON, read with one line for each mistake."""

import json
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from models.base import Model
from models.people import Start, StartPerson
from models.problems import Problem, describe
from programs import plain_yaml
from workflows.replacing import Replacement

M = TypeVar("M", bound=Model)

LONGEST = 100_000
_PERSON = tuple(StartPerson.model_fields)
KNOWN = {"": tuple(Start.model_fields), "mentor": _PERSON, "mentee": _PERSON}
"""The fields at each path, for whoever misspelt one."""


class StartFileProblem(Exception):
    """Why a start file can't be used: a line for each field, naming file, field, what was found, what is allowed."""


def read_start(path: Path) -> Start:
    """The start request that a file holds. Raises StartFileProblem, whose text is for whoever wrote the file."""
    return _read(path, Start, KNOWN, "id, program, mentor and mentee")


def read_replacement(path: Path) -> Replacement:
    """Who comes instead of a mentor, as a file holds it. Raises StartFileProblem."""
    return _read(path, Replacement, {"": tuple(Replacement.model_fields), "mentor": _PERSON}, "id and mentor")


def _read(path: Path, model: type[M], known: dict[str, tuple[str, ...]], needed: str) -> M:
    data = _parsed(path)
    if not isinstance(data, dict):
        raise StartFileProblem(f"{path}: found {_found(data)}; must hold the fields {needed}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise StartFileProblem(
            "\n".join(problem_line(str(path), problem) for problem in describe(error, known))
        ) from error


def problem_line(source: str, problem: Problem) -> str:
    """One mistake in one line: where, what was found, what is allowed."""
    return f"{source}: {problem if problem.field else problem.message}"


def _parsed(path: Path) -> object:
    try:
        if path.stat().st_size > LONGEST:
            raise StartFileProblem(f"{path}: found {path.stat().st_size} bytes; must be {LONGEST} at the most")
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise StartFileProblem(f"{path}: can't be read: {problem.strerror}") from problem
    except UnicodeDecodeError:
        raise StartFileProblem(f"{path}: must be text in UTF-8") from None
    try:
        return json.loads(text) if path.suffix == ".json" else plain_yaml.read(text)
    except json.JSONDecodeError as problem:
        raise StartFileProblem(f"{path}: not JSON: line {problem.lineno}: {problem.msg}") from problem
    except RecursionError:
        raise StartFileProblem(f"{path}: not JSON that can be read: it is nested too deeply") from None
    except yaml.YAMLError as problem:
        raise StartFileProblem(f"{path}: not YAML: {_yaml_problem(problem)}") from problem
    except ValueError:
        raise StartFileProblem(f"{path}: not JSON that can be read: a number in it has too many digits") from None


def _yaml_problem(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    line = f"line {mark.line + 1}: " if mark else ""
    return f"{line}{getattr(problem, 'problem', None) or problem}"


def _found(data: object) -> str:
    return "nothing" if data is None else type(data).__name__
