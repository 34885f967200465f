"""Commands to try Trellis with: a program's timetable, and the whole of it on this machine."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer

import programs
from cli import views
from cli.start_file import read_start
from cli.terminal import WRONG_INPUT, AsJson, fail, read_day, run, say
from demo.autoplay import Cast
from demo.local_mail import Mailer
from demo.personas import Persona
from demo.running import run_autoplay, run_demo
from demo.server import Ports
from lifecycle import preview as timetable
from models.wall_clock import is_zone
from settings import ROOT, settings

SAMPLE = ROOT / "examples" / "demo.yaml"


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
            fail(f"{option}: found {zone!r}; must be an IANA time zone such as Europe/Berlin", WRONG_INPUT)
    try:
        rules = programs.load(program, settings().programs_dir)
    except programs.ProgramProblem as problem:
        fail(str(problem), WRONG_INPUT)
    day = read_day("--start", begin) if begin else datetime.now(UTC).date()
    at = datetime.combine(day, time(9), tzinfo=UTC)
    mails = [
        mail
        for persona in ("eager", "typical", "silent")
        for mail in timetable(rules, mentor_zone, mentee_zone, at, persona)
    ]
    say(views.as_json(mails) if as_json else views.preview_view(mails))


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
        code = run(run_autoplay(dir, cast, sample, as_json=as_json, kill_worker_after=kill_worker_after, mailer=mailer))
    else:
        code = run(run_demo(dir or ROOT / "var" / "demo", Ports(port, ui_port, web_port), sample, mailer))
    raise typer.Exit(code)
