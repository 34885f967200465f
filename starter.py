"""The command line of Trellis, and its client for Python backends: `from starter import Mentorships, connect`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this with another Python should read why it does not work
    sys.exit(f"Trellis needs Python 3.11 or later, and this is {sys.version.split()[0]}: use .venv/bin/python")

import asyncio
import json
import os
import uuid
from collections.abc import Coroutine
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console, RenderableType

import programs
from demo import views
from demo.autoplay import Cast, PlayProblem
from demo.local_mail import Mailer
from demo.personas import Persona
from demo.running import run_autoplay, run_demo
from demo.server import DemoProblem, Ports
from demo.start_file import StartFileProblem, problem_line, read_start
from lifecycle import preview as timetable
from models.acts import ACTS
from models.commands import Command, EndCommand, PauseCommand, ResumeCommand
from models.problems import describe
from models.state import Stage
from models.wall_clock import is_zone
from settings import ROOT, Settings, settings, told
from web.api.minting import api_key
from workflows import search_attributes
from workflows.client import ActRejected, Mentorships, NoSuchMentorship, StartConflict, Started
from workflows.connection import EngineUnreachable, connect
from workflows.events import PAUSED
from workflows.feeds import Feeds, Troubled

__all__ = [
    "ActRejected",
    "EngineUnreachable",
    "Mentorships",
    "NoSuchMentorship",
    "StartConflict",
    "Started",
    "connect",
    "read_start",
]

SAMPLE = ROOT / "examples" / "demo.yaml"
WRONG_INPUT = 2
T = TypeVar("T")

app = typer.Typer(
    help="Trellis carries mentorships, by email, from the first hello to a good ending.\n\n"
    "It talks to the Temporal server of TEMPORAL_ADDRESS or TEMPORAL_PROFILE (without them: localhost:7233).\n\n"
    "Nothing set up yet? Try: python starter.py demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(name="api-key")(api_key)

MentorshipId = Annotated[str, typer.Argument(metavar="ID", help="The platform's id of the mentorship.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


class Status(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    HELD = "held"
    ENDED = "ended"


class Verdict(StrEnum):
    TOO_EARLY = "too_early"
    ON_TRACK = "on_track"
    NEEDS_ATTENTION = "needs_attention"
    AT_RISK = "at_risk"


class Member(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"
    COORDINATOR = "coordinator"


@app.command()
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
        _fail(str(problem), WRONG_INPUT)

    async def work() -> Started:
        return await (await _mentorships()).start(request, program)

    started = _run(work())
    if as_json:
        print(started.model_dump_json())
    elif started.already_running:
        print(f"{started.id} was started before; nothing was changed. See: python starter.py show {started.id}")
    else:
        print(f"{started.id} has begun (workflow {started.workflow_id}). See: python starter.py show {started.id}")


@app.command()
def show(id: MentorshipId, as_json: AsJson = False) -> None:
    """Show one mentorship: its stage, whom it waits for since when, what comes next, how it does and why.

    The grey name at the end of a line under "waiting on" is the ask's id, which `act` takes.

    Example: `python starter.py show demo`
    """
    overview = _run(_overview(id))
    _print(overview.model_dump_json() if as_json else views.overview_view(overview))


@app.command(name="list")
def list_all(
    stage: Annotated[Stage | None, typer.Option(help="Only those in this stage.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only those with this status.")] = None,
    health: Annotated[Verdict | None, typer.Option(help="Only those whose health is this.")] = None,
    program: Annotated[str | None, typer.Option(help="Only those of this program, for example career.")] = None,
    as_json: AsJson = False,
) -> None:
    """List mentorships, the latest first. Filters can be combined.

    Examples: `python starter.py list --health at_risk` · `python starter.py list --stage intro --program career --json`
    """
    wanted = (
        (search_attributes.STAGE, stage),
        (search_attributes.STATUS, status),
        (search_attributes.HEALTH, health),
        (search_attributes.PROGRAM, program),
    )
    if program is not None and "'" in program:
        _fail(f"--program: {program!r} is no program's name", WRONG_INPUT)
    query = " AND ".join(f"{key.name} = '{value}'" for key, value in wanted if value is not None)

    async def work() -> list[Any]:
        return [one async for one in (await _mentorships()).list(query)]

    listed = _run(work())
    if as_json or listed:
        _print(views.as_json(listed) if as_json else views.list_view(listed))
    else:
        print("No mentorship is like that." if query else "There are no mentorships yet.")


@app.command(epilog=f"Acts: {', '.join(ACTS)}. Their fields are in models/acts.py.")
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
        _fail(f"ACT: found {name!r}; allowed are {', '.join(ACTS)}", WRONG_INPUT)
    try:
        given = json.loads(data)
    except ValueError as problem:
        _fail(f"--data: not JSON: {problem}", WRONG_INPUT)
    if not isinstance(given, dict):
        _fail(f'--data: found {data!r}; must be a JSON object such as {{"decision": "yes"}}', WRONG_INPUT)
    try:
        done = ACTS[name].model_validate({**given, "act": name, "by": by.value, "ask": ask})
    except ValidationError as error:
        _fail("\n".join(problem_line("--data", problem) for problem in describe(error)), WRONG_INPUT)
    update_id = uuid.uuid5(uuid.NAMESPACE_OID, once).hex if once else uuid.uuid4().hex

    async def work() -> Any:
        return await (await _mentorships()).act(id, done, update_id=update_id)

    receipt = _run(work())
    print(receipt.model_dump_json() if as_json else f"{receipt.recorded} {receipt.happens_next}".strip())


@app.command()
def pause(
    id: MentorshipId,
    until: Annotated[str, typer.Option(metavar="DATE", help="The day on which it goes on by itself: 2027-01-15.")],
    reason: Annotated[str, typer.Option(help="For the record.")] = "",
) -> None:
    """Pause a mentorship until a date, for the platform. It is silent until then and resumes by itself.

    Example: `python starter.py pause demo --until 2027-01-15`
    """

    day = _day("--until", until)

    async def work() -> Any:
        today = (await _overview(id)).now.date()
        if day <= today:
            _fail(f"--until: found {day}; must be after {today}, today for this mentorship", WRONG_INPUT)
        return await _told(id, PauseCommand(until=day, reason=reason))

    after = _run(work())
    if after.status != "paused":
        _fail(f"{id} was not paused: it is {after.status}, or the program allows no pause of that length")
    print(f"{id} is paused until {views.moment(after.paused_until)}.")


@app.command()
def resume(id: MentorshipId) -> None:
    """Resume a paused mentorship now.

    Example: `python starter.py resume demo`
    """
    after = _run(_told(id, ResumeCommand()))
    print(f"{id} is {after.status}.")


@app.command()
def end(
    id: MentorshipId,
    reason: Annotated[str, typer.Option(help="For the record; it is not mailed.")] = "",
) -> None:
    """End a mentorship for the platform, with the outcome "cancelled". Both people get a closing mail.

    Example: `python starter.py end demo --reason "The mentee changed jobs"`
    """
    after = _run(_told(id, EndCommand(reason=reason)))
    print(f"{id}: {views.words(after.outcome or after.status)}. The closing mails go out at the next decent hour.")


@app.command()
def events(
    resume: Annotated[
        bool, typer.Option("--resume", help="The endpoint is back: deliver what waits, in all of them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show webhooks that need someone: paused because the endpoint answered 410, or given up after three days.

    `docs/webhooks.md` says when that happens. An endpoint that is only down needs nothing: it is tried again.

    Examples: `python starter.py events` · `python starter.py events --resume`
    """

    async def work() -> list[Troubled]:
        feeds = Feeds(await connect())
        found = [one async for one in feeds.troubled()]
        for one in found:
            if resume and one.status == PAUSED:
                await feeds.resume(one.mentorship)
        return found

    found = _run(work())
    if as_json:
        _print(views.as_json(found))
        return
    for one in found:
        lost = f", given up: {', '.join(one.given_up)}" if one.given_up else ""
        resumed = ", resumed now" if resume and one.status == PAUSED else ""
        print(f"{one.mentorship}: {views.words(one.status)}, {one.waiting} waiting{resumed}{lost}")
    if not found:
        print("Every event was delivered, or is being tried.")


@app.command()
def preview(
    program: Annotated[str, typer.Argument(help="The program's name, for example career.")],
    mentor_zone: Annotated[str, typer.Option(help="The mentor's time zone.")] = "Europe/Berlin",
    mentee_zone: Annotated[str, typer.Option(help="The mentee's time zone.")] = "Europe/Berlin",
    begin: Annotated[
        str, typer.Option("--start", metavar="DATE", help="The first day, as 2027-03-01; without it, today.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show the timetable that a program gives: every mail, to whom, on which local day and hour, and why.

    For an eager, a typical and a silent pair. It needs no server and sends nothing.

    Example: `python starter.py preview career --mentor-zone America/New_York --start 2027-03-01`
    """
    for option, zone in (("--mentor-zone", mentor_zone), ("--mentee-zone", mentee_zone)):
        if not is_zone(zone):
            _fail(f"{option}: found {zone!r}; must be an IANA time zone such as Europe/Berlin", WRONG_INPUT)
    try:
        rules = programs.load(program, settings().programs_dir)
    except programs.ProgramProblem as problem:
        _fail(str(problem), WRONG_INPUT)
    day = _day("--start", begin) if begin else datetime.now(UTC).date()
    at = datetime.combine(day, time(9), tzinfo=UTC)
    mails = [
        mail
        for persona in ("eager", "typical", "silent")
        for mail in timetable(rules, mentor_zone, mentee_zone, at, persona)
    ]
    _print(views.as_json(mails) if as_json else views.preview_view(mails))


@app.command()
def demo(
    dir: Annotated[
        Path | None, typer.Option(help="Where outbox, database and logs are kept. [default: var/demo]")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Temporal server.")] = Ports().temporal,
    ui_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Temporal UI.")] = Ports().ui,
    web_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web app and the outbox.")] = Ports().web,
    mailer: Annotated[
        Mailer, typer.Option(help="Who carries the mail: files, or a SendGrid of its own on this machine.")
    ] = Mailer.OUTBOX,
    autoplay: Annotated[bool, typer.Option("--autoplay", help="Let simulated people play a whole mentorship.")] = False,
    program: Annotated[str, typer.Option(help="Autoplay: which program.")] = "career",
    mentor: Annotated[Persona, typer.Option(help="Autoplay: how the mentor takes part.")] = Persona.EAGER,
    mentee: Annotated[Persona, typer.Option(help="Autoplay: how the mentee takes part.")] = Persona.EAGER,
    seed: Annotated[int, typer.Option(help="Autoplay: the seed of all chance.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Autoplay: print one JSON object at the end.")] = False,
    kill_worker_after: Annotated[int, typer.Option(hidden=True, min=0)] = 0,
) -> None:
    """Run everything on this machine: a Temporal server with its UI, a worker, the web app and a sample mentorship.

    It prints the addresses and what to do first. Ctrl-C stops all of it; starting again goes on where it was.

    With `--autoplay`, a simulated mentor and mentee read their mails, open the links, fill in the forms and press,
    and time skips ahead: a whole mentorship in seconds, on free ports, in a temporary folder unless `--dir` names one.

    Examples: `python starter.py demo` · `python starter.py demo --autoplay --mentee struggling` ·
    `python starter.py demo --autoplay --json --seed 1` · `python starter.py demo --autoplay --mailer sendgrid-local`
    """
    sample = read_start(SAMPLE)
    if autoplay:
        cast = Cast(program, mentor, mentee, seed)
        code = _run(
            run_autoplay(dir, cast, sample, as_json=as_json, kill_worker_after=kill_worker_after, mailer=mailer)
        )
    else:
        code = _run(run_demo(dir or ROOT / "var" / "demo", Ports(port, ui_port, web_port), sample, mailer))
    raise typer.Exit(code)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _fail(f"{option}: found {text!r}; must be a date such as 2027-01-15", WRONG_INPUT)


async def _mentorships() -> Mentorships:
    own = settings()
    return Mentorships(await connect(), task_queue=own.task_queue, webhooks=own.webhooks)


async def _overview(id: str) -> Any:
    return await (await _mentorships()).overview(id)


async def _told(id: str, command: Command) -> Any:
    """Tells a command and looks what came of it: a query waits until the signals before it were handled."""
    mentorships = await _mentorships()
    await mentorships.command(id, command)
    return await mentorships.overview(id)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Runs the work of a command. What can go wrong is told in one line."""
    try:
        return asyncio.run(work)
    except ActRejected as rejected:
        at = f"{rejected.field}: " if rejected.field else ""
        _fail(f"Refused ({rejected.code}): {at}{rejected.message}")
    except DemoProblem as problem:
        _fail(f"{problem}\n{problem.detail}".rstrip())
    except programs.ProgramProblem as problem:
        _fail(str(problem), WRONG_INPUT)
    except (EngineUnreachable, NoSuchMentorship, PlayProblem, StartConflict) as problem:
        _fail(str(problem))


def _fail(message: str, code: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def _print(what: RenderableType | str) -> None:
    if isinstance(what, str):
        print(what)
    else:
        Console().print(what)


def main() -> int:
    """The command line; returns its exit code."""
    try:
        app(prog_name="python starter.py")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except ValidationError as problem:
        if problem.title != Settings.__name__:
            raise
        print(told(problem), file=sys.stderr)
        return WRONG_INPUT
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300). All is
    # done and flushed here: leave with the true status.
    os._exit(status)
