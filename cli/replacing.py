"""The command that gives a mentee another mentor."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

import programs
from cli.start_file import StartFileProblem, problem_line, read_replacement
from cli.terminal import WRONG_INPUT, AsJson, MentorshipId, engine, fail, run
from models.problems import describe
from models.program import Program
from settings import settings
from workflows.client import Started
from workflows.replacing import replace_mentor as replaced


def replace_mentor(
    id: MentorshipId,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="YAML or JSON: the id of the new mentorship, the mentor, perhaps shared and reason."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Give a mentee another mentor: this mentorship ends, and they go on in a new one, with the goals they wrote.

    Both people of this one get a kind closing mail. What the two wrote to each other is not shown to the new mentor.
    The same again changes nothing.

    Example: `python starter.py replace-mentor demo examples/another-mentor.yaml`
    """
    try:
        wanted = read_replacement(file)
    except StartFileProblem as problem:
        fail(str(problem), WRONG_INPUT)

    def program(name: str) -> Program:
        return programs.load(name, settings().programs_dir)

    async def work() -> Started:
        return await replaced(await engine(), id, wanted, program)

    try:
        started = run(work())
    except ValidationError as problem:
        fail("\n".join(problem_line(str(file), one) for one in describe(problem)), WRONG_INPUT)
    if as_json:
        print(started.model_dump_json())
    else:
        print(f"{id} ends, and the mentee goes on in {started.id}. See: python starter.py show {started.id}")
