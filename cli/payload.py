"""The command that shows a start as any Temporal client makes it: `python starter.py payload`."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json

import programs
from cli.start_file import StartFileProblem, read_start
from cli.terminal import WRONG_INPUT, fail
from settings import settings
from workflows import fingerprints, search_attributes
from workflows.begin import Begin, workflow_id


def payload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON: who the two are, and which program.")],
    command: Annotated[
        bool, typer.Option("--command", help="Print the whole `temporal workflow start` command instead.")
    ] = False,
) -> None:
    """Print what a mentorship is started with, for Temporal clients in any language. Nothing is started.

    It is the workflow's input as one line of JSON, with the program in it. `docs/contract.md` says the rest.

    Examples: `python starter.py payload pair-4711.yaml > begin.json` · `python starter.py payload pair-4711.yaml
    --command | sh`
    """
    own = settings()
    try:
        request = read_start(file)
        program = programs.load(request.program, own.programs_dir)
    except (StartFileProblem, programs.ProgramProblem) as problem:
        fail(str(problem), WRONG_INPUT)
    begin = Begin(start=request, program=program, webhooks=own.webhooks)
    print(_command(begin, own.task_queue) if command else _json(begin))


def _command(begin: Begin, task_queue: str) -> str:
    """A command for a shell, one option on each line."""
    start, program = begin.start, begin.program
    memo = fingerprints.memo(start, datetime.now(UTC))
    options = [
        ("--type", "Mentorship"),
        ("--task-queue", task_queue),
        ("--workflow-id", workflow_id(start.id)),
        ("--id-reuse-policy", "RejectDuplicate"),
        ("--static-summary", f"{program.title}: {start.id}"),
        *(("--search-attribute", f"{one.key.name}={_json(one.value)}") for one in search_attributes.at_start(program)),
        *(("--memo", f"{name}={_json(value)}") for name, value in memo.items()),
        ("--input", _json(begin)),
    ]
    return " \\\n    ".join(["temporal workflow start", *(f"{name} {shlex.quote(value)}" for name, value in options)])


def _json(value: object) -> str:
    return to_json(value).decode()
