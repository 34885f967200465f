"""Chaos, from the command line: plays by the plan of a seed, judges, and prints a table and one JSON object."""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.chaos.conductor import Conductor, Played
from demo.chaos.evidence import Record, gather
from demo.chaos.house import House
from demo.chaos.laws import Law, broken_laws, given_up
from demo.chaos.people import Crowd
from demo.chaos.plan import PROGRAMS, FaultKind, Plan
from demo.server import DemoProblem
from demo.stopping import until_told_to_stop

MOST_TOLD = 60
BEGAN = time.monotonic()


@dataclass(frozen=True, slots=True)
class Survived:
    """What is left after a run: the record of each mentorship, and the figures that `make chaos` prints."""

    records: list[Record]
    told: dict[str, Any]


async def survive(folder: Path, plan: Plan) -> Survived:
    """Plays the whole plan in this folder, and judges."""
    began = time.monotonic()
    house = House(folder, plan)
    async with house:
        crowd = Crowd(house)
        played = await Conductor(house, crowd, _say).run()
        _say("nobody is under way any more: gathering the evidence")
        records = await gather(house, played)
        assert house.sendgrid is not None
        figures = await house.sendgrid.figures()
    broken = [one for record in records for one in broken_laws(record)]
    for law, sentence in broken[:MOST_TOLD]:
        _say(f"BROKEN {law}: {sentence}")
    by_law = Counter(law for law, _ in broken)
    told = {
        "seed": plan.seed,
        "size": len(plan.roles),
        "seconds": round(time.monotonic() - began),
        "faults": _faults(house, crowd, played, figures),
        "clock_skew_seconds": plan.skews,
        "mentorships": dict(Counter(record.outcome or "stuck" for record in records)),
        **_counted(records, crowd),
        "violations_by_law": {law.value: by_law[law] for law in Law},
        "violations": len(broken),
    }
    return Survived(records, told)


def _faults(house: House, crowd: Crowd, played: Played, figures: dict[str, Any]) -> dict[str, int]:
    """How often each kind of fault was injected. Those that lasted tell for how many days of a mentorship at most."""
    return {
        **{kind.value: played.faults[kind] for kind in FaultKind},
        "days_mail_provider_down": played.longest_days[FaultKind.PROVIDER_DOWN],
        "days_disk_full": played.longest_days[FaultKind.DISK_FULL],
        "mail_provider_troubles": sum(figures["troubles"].values()),
        "mail_events_twice": figures["events_told_twice"],
        "mail_events_late": figures["events_told_late"],
        **{f"webhooks_{trouble}": house.platform.troubles[trouble] for trouble in ("slow", "refused", "no_answer")},
        "webhooks_twice": sum(len(bodies) - 1 for bodies in house.platform.taken.values()),
        "presses_and_starts_twice": crowd.doubled,
        "clocks_wrong": len(house.plan.skews),
    }


def _counted(records: list[Record], crowd: Crowd) -> dict[str, Any]:
    return {
        "mails": sum(len(record.mails) for record in records),
        "mails_handed_over_again": sum(len(fate.handed) > 1 for one in records for fate in one.fates.values()),
        "mails_given_up_and_told": sum(len(given_up(record)) for record in records),
        "acts": sum(record.acts for record in records),
        "events": sum(len(record.told) for record in records),
        "events_to_the_platform": sum(bool(bodies) for record in records for bodies in record.heard.values()),
        "had_to_ask_again": dict(crowd.unanswered),
    }


def table(told: dict[str, Any]) -> Table:
    """The same for a person."""
    shown = Table.grid(padding=(0, 2))
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(justify="right")
    for name, value in told.items():
        if isinstance(value, dict):
            shown.add_row(name.replace("_", " "), "")
            for kind, count in value.items():
                style = "bold red" if count and name == "violations_by_law" else ""
                shown.add_row(f"  {kind.replace('_', ' ')}", f"{count}", style=style)
        else:
            shown.add_row(name.replace("_", " "), f"{value}")
    return shown


def _say(text: str) -> None:
    sys.stderr.write(f"{time.monotonic() - BEGAN:7.1f} s  {text}\n")
    sys.stderr.flush()


async def _run(plan: Plan, folder: Path) -> int:
    async with until_told_to_stop():
        told = (await survive(folder, plan)).told
        Console(stderr=True).print(table(told))
        sys.stdout.write(json.dumps(told) + "\n")
        return 1 if told["violations"] else 0
    return 130


def main() -> int:
    """Exit code 0 only when no law was broken. What there was is kept then, and where it lies is told."""
    options = argparse.ArgumentParser(prog="python -m demo.chaos", description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--size", type=int, default=200, help="how many mentorships")
    options.add_argument("--dir", type=Path, help="where mails, logs and database go; else a temporary folder")
    options.add_argument("--programs", nargs="+", default=PROGRAMS, help="which programs there are")
    given = options.parse_args()
    plan = Plan.of(given.seed, given.size, given.programs)
    folder = given.dir or Path(tempfile.mkdtemp(prefix="trellis-chaos-"))
    code = 1
    try:
        code = asyncio.run(_run(plan, folder))
    except DemoProblem as problem:
        _say(f"{problem}\n{problem.detail}")
    finally:
        if code and not given.dir:
            _say(f"Mails, logs and database are in {folder}")
        elif not given.dir:
            shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
    os._exit(status)
