"""A start request as a file, YAML or JSON, read with one line for each mistake."""

import json
from pathlib import Path

import yaml
from pydantic import ValidationError

from models.people import Start, StartPerson
from models.problems import Problem, describe
from programs.plain_yaml import PlainLoader

LONGEST = 100_000
_PERSON = tuple(StartPerson.model_fields)
KNOWN = {"": tuple(Start.model_fields), "mentor": _PERSON, "mentee": _PERSON}
"""The fields at each path, for whoever misspelt one."""


class StartFileProblem(Exception):
    """Why a start file can't be used: a line for each field, naming file, field, what was found, what is allowed."""


def read_start(path: Path) -> Start:
    """The start request that a file holds. Raises StartFileProblem, whose text is for whoever wrote the file."""
    data = _parsed(path)
    if not isinstance(data, dict):
        raise StartFileProblem(f"{path}: found {_found(data)}; must hold the fields id, program, mentor and mentee")
    try:
        return Start.model_validate(data)
    except ValidationError as error:
        raise StartFileProblem(
            "\n".join(problem_line(str(path), problem) for problem in describe(error, KNOWN))
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
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=PlainLoader)  # noqa: S506
    except json.JSONDecodeError as problem:
        raise StartFileProblem(f"{path}: not JSON: line {problem.lineno}: {problem.msg}") from problem
    except yaml.YAMLError as problem:
        raise StartFileProblem(f"{path}: not YAML: {_yaml_problem(problem)}") from problem


def _yaml_problem(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    line = f"line {mark.line + 1}: " if mark else ""
    return f"{line}{getattr(problem, 'problem', None) or problem}"


def _found(data: object) -> str:
    return "nothing" if data is None else type(data).__name__
