"""Commands about one mentorship: start, show, act."""

import json
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

import programs
from cli import views
from cli.start_file import StartFileProblem, problem_line, read_start
from cli.terminal import WRONG_INPUT, AsJson, Member, MentorshipId, engine, fail, look_at, run, say
from models.acts import ACTS
from models.problems import describe
from settings import settings
from workflows.client import Started


def start(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON: who the two are, and which program.")],
    as_json: AsJson = False,
) -> None:
    """Start a mentorship from a file, and say its id.

    Starting the same twice is the same mentorship; the same id with other facts is an error that names them. A file
    that can't be used is answered with one line for each field (exit code 2), and nothing is started.

    Examples: `python starter.py start examples/demo.yaml` · `python starter.py start pair-4711.json --json`
    """
    try:
        request = read_start(file)
        program = programs.load(request.program, settings().programs_dir)
    except (StartFileProblem, programs.ProgramProblem) as problem:
        fail(str(problem), WRONG_INPUT)

    async def work() -> Started:
        return await (await engine()).start(request, program)

    started = run(work())
    if as_json:
        print(started.model_dump_json())
    elif started.already_running:
        print(f"{started.id} was started before; nothing was changed. See: python starter.py show {started.id}")
    else:
        print(f"{started.id} has begun (workflow {started.workflow_id}). See: python starter.py show {started.id}")


def show(id: MentorshipId, as_json: AsJson = False) -> None:
    """Show one mentorship: its stage, whom it waits for since when, what comes next, how it does and why.

    The grey name at the end of a line under "waiting on" is the ask's id, which `act` takes.

    Example: `python starter.py show demo`
    """
    overview = run(look_at(id))
    say(overview.model_dump_json() if as_json else views.overview_view(overview))


def act(
    id: MentorshipId,
    name: Annotated[str, typer.Argument(metavar="ACT", help="What the person did; the names stand below.")],
    by: Annotated[Member, typer.Option(help="On whose behalf; `coordinate` is the coordinator's.")],
    ask: Annotated[
        str, typer.Option(help="The ask that is answered, as `show` names it; none for any-time acts.")
    ] = "",
    data: Annotated[str, typer.Option(help="The fields of the act as a JSON object.")] = "{}",
    once: Annotated[str, typer.Option(help="A key of your own: the same key again counts once.")] = "",
    as_json: AsJson = False,
) -> None:
    """Act on a person's behalf, for example because they answered by phone. The same rules apply as on their page.

    Examples:

    `python starter.py act demo accept --by mentee --ask accept.mentee --data '{"decision": "yes"}'`

    `python starter.py act demo pause --by mentor --data '{"until": "2027-01-15"}'`

    `python starter.py act demo coordinate --by coordinator --data '{"command": {"command": "patience", "days": 7}}'`
    """
    if name not in ACTS:
        fail(f"ACT: found {name!r}; allowed are {', '.join(ACTS)}", WRONG_INPUT)
    try:
        given = json.loads(data)
    except ValueError as problem:
        fail(f"--data: not JSON: {problem}", WRONG_INPUT)
    if not isinstance(given, dict):
        fail(f'--data: found {data!r}; must be a JSON object such as {{"decision": "yes"}}', WRONG_INPUT)
    try:
        done = ACTS[name].model_validate({**given, "act": name, "by": by.value, "ask": ask})
    except ValidationError as error:
        fail("\n".join(problem_line("--data", problem) for problem in describe(error)), WRONG_INPUT)
    update_id = uuid.uuid5(uuid.NAMESPACE_OID, once).hex if once else uuid.uuid4().hex

    async def work() -> Any:
        return await (await engine()).act(id, done, update_id=update_id)

    receipt = run(work())
    print(receipt.model_dump_json() if as_json else f"{receipt.recorded} {receipt.happens_next}".strip())
