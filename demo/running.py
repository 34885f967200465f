"""What `starter.py demo` does: the parts with their addresses until Ctrl-C, or a play from first mail to last."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

import programs
from cli.views import moment
from demo.autoplay import Cast, PlayProblem, play
from demo.live import live, summary
from demo.local_mail import Mailer, Trouble
from demo.report import report
from demo.server import DemoProblem, Parts, Ports
from demo.stopping import until_told_to_stop
from models.pages import Overview
from models.people import Start
from workflows.client import Started
from workflows.time_skipping import idle

INTERRUPTED = 130


async def run_demo(folder: Path, ports: Ports, sample: Start, mailer: Mailer = Mailer.OUTBOX) -> int:
    """Runs the parts until told to stop. The exit code: 0 when it was told to, 1 when a part failed."""
    console = Console()
    async with until_told_to_stop():
        console.print("Starting Temporal, the worker and the web app …")
        async with Parts(folder, ports, trouble=_trouble(mailer)) as parts:
            started = await parts.mentorships.start(sample, programs.load(sample.program))
            await idle(parts.client, sample.id)
            _welcome(console, parts, sample, started, await parts.mentorships.overview(sample.id))
            await parts.watch()
    console.print("\nStopped. Start it again and it goes on where it was.")
    return 0


async def run_autoplay(
    folder: Path | None,
    cast: Cast,
    sample: Start,
    *,
    as_json: bool,
    kill_worker_after: int,
    mailer: Mailer = Mailer.OUTBOX,
) -> int:
    """Plays one mentorship on parts of its own. Without a folder, in a temporary one, kept if the play fails."""
    began = time.monotonic()
    start = sample.evolve(id=cast.id, program=cast.program)
    programs.load(cast.program)
    progress = Console(stderr=True)
    place = folder or Path(tempfile.mkdtemp(prefix="trellis-autoplay-"))
    keep = folder is not None
    try:
        async with until_told_to_stop():
            async with Parts(place, Ports.free(), headless=True, trouble=_trouble(mailer)) as parts:
                with live(progress) as watch:
                    scene = await play(parts, start, cast, watch, kill_worker_after)
                scene.wall_seconds = time.monotonic() - began
                told = await report(parts, scene)
            if as_json:
                sys.stdout.write(told.to_json() + "\n")
            else:
                Console().print(summary(told))
            return 0
        return INTERRUPTED
    except (PlayProblem, DemoProblem):
        progress.print(Text(f"Mails, logs and database are in {place}"), soft_wrap=True)
        keep = True
        raise
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


def _trouble(mailer: Mailer) -> Trouble | None:
    """The demo's own SendGrid works as it should."""
    return Trouble() if mailer is Mailer.SENDGRID_LOCAL else None


def _welcome(console: Console, parts: Parts, sample: Start, started: Started, overview: Overview) -> None:
    goes_on = "has ended" if overview.outcome else "goes on" if started.already_running else "has begun"
    first = "First: open the outbox, read an invitation, press its button and answer. Answer as the other person too."
    if not overview.mails:
        first = f"It is no hour for mail there yet. First: open the outbox, and skip to {moment(overview.next_at)}."
    console.print(f"\n  Outbox (every mail, to click through)   {parts.web_url}/outbox", highlight=False)
    console.print(f"  Temporal UI                             {parts.ui_url}", highlight=False)
    console.print(f"  Mails, logs, database                   {parts.folder}\n", highlight=False, soft_wrap=True)
    console.print(
        Text(
            f"The mentorship {sample.id!r} of {sample.mentor.name} and {sample.mentee.name} {goes_on}.\n"
            f"{first}\n"
            "“Skip ahead” in the outbox moves the mentorship's own clock to what is due next.\n"
            f"In another terminal: {_environment(parts)}python starter.py show {sample.id}\n"
        ),
        soft_wrap=True,
    )
    console.print("ready (Ctrl-C stops everything)", style="bold green")


def _environment(parts: Parts) -> str:
    return "" if parts.ports.temporal == Ports().temporal else f"TEMPORAL_ADDRESS={parts.address} "
