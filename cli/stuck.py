"""The command `stuck`: who waits on whom for how long and why, the longest first, and what to do about it."""

import shlex
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli import views
from cli.filters import HealthOption, ProgramOption, QueryOption, StageOption, WaitingOption, both, wanted
from cli.many import AT_ONCE, each, progress
from cli.terminal import AsJson, engine, fail, run
from models.base import PAIR, Instant, Model
from models.mail import ReasonLine
from models.pages import CoordinatorPage, CoordinatorQuery, EngineStatus, Verdict, Waiting
from models.state import Stage
from workflows.client import ActRejected, EngineUnreachable, Listed, Mentorships, NoSuchMentorship
from workflows.search_attributes import HEALTH, STATUS, WAITING_ON

CANDIDATES = (
    f"ExecutionStatus = 'Running' AND {STATUS.name} != 'paused' AND "
    f"({HEALTH.name} IN ('at_risk', 'needs_attention') OR {WAITING_ON.name} IN ('mentor', 'mentee', 'both'))"
)
"""Those of which the search attributes say that someone is late or something is wrong."""
WORST_FIRST = ("at_risk", "needs_attention")


class Why(Model):
    """What is wrong, since when, and what can be done."""

    text: str
    since: Instant
    remedy: str


class Stuck(Model):
    """A mentorship that does not go on by itself, or not well."""

    id: str
    program: str
    stage: Stage
    status: EngineStatus
    health: Verdict
    now: Instant
    since: Instant
    late: tuple[Waiting, ...]
    """What was nudged for and is not answered, the oldest first."""
    why: tuple[Why, ...]
    command: str
    """What to run next."""


@dataclass(slots=True)
class Look:
    """What came of looking into candidates. `silent` holds why some did not answer."""

    candidates: int
    asked: int = 0
    silent: list[str] = field(default_factory=list)
    found: list[Stuck] = field(default_factory=list)

    @property
    def nobody_answers(self) -> bool:
        """Whether nothing is known of any of them."""
        return self.asked > 0 and len(self.silent) == self.asked


def stuck(
    stage: StageOption = None,
    health: HealthOption = None,
    program: ProgramOption = None,
    waiting_on: WaitingOption = None,
    query: QueryOption = "",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    look: Annotated[
        int, typer.Option(min=1, help="How many candidates to look into: those with the worst health, then the oldest.")
    ] = 300,
    as_json: AsJson = False,
) -> None:
    """Show who is stuck: who waits on whom, for how long and why, the longest first, and what to do.

    Candidates are those that Temporal lists with a health that needs attention, or with someone who was nudged and has
    not answered. Each of them is asked how it is; `--look` bounds how many.

    Examples: `python starter.py stuck` · `python starter.py stuck --program career --waiting-on mentor --limit 50`
    """
    filter = both(CANDIDATES, wanted(stage, None, health, program, None, waiting_on, query))

    async def work() -> Look:
        mentorships = await engine()
        candidates = sorted([one async for one in mentorships.list(filter)], key=_worst_first)
        return await _look(mentorships, candidates, look)

    looked = run(work())
    shown = sorted(looked.found, key=lambda one: one.since)[:limit]
    if as_json:
        print(views.as_json(shown))
    else:
        console = Console(highlight=False)
        if shown:
            console.print(table(shown))
            console.print(_what_to_do(shown[0]), soft_wrap=True)
        if not looked.nobody_answers:
            console.print(_closing(looked, len(shown)), soft_wrap=True)
    if looked.nobody_answers:
        fail(f"None of {looked.candidates:,} candidates can be looked into. {looked.silent[0]}")


async def _look(mentorships: Mentorships, candidates: Sequence[Listed], most: int) -> Look:
    looked = Look(len(candidates))
    answers = each(candidates[:most], lambda one: _asked(mentorships, one))
    with progress() as bar:
        counted = bar.add_task("asking", total=min(most, len(candidates)))
        async with aclosing(answers):
            async for one, page in answers:
                bar.advance(counted)
                looked.asked += 1
                if isinstance(page, EngineUnreachable):
                    looked.silent.append(str(page))
                elif page is not None and (row := stuck_now(one.program, page)) is not None:
                    looked.found.append(row)
                if looked.nobody_answers and looked.asked >= AT_ONCE:
                    break  # no worker: each of the others would take its ten seconds to say so
    return looked


def stuck_now(program: str, page: CoordinatorPage) -> Stuck | None:
    """What is stuck in a mentorship, or None if nothing is: the list of the server is some seconds late."""
    late = tuple(one for one in page.waiting if one.nudges)
    why = tuple(one for one in page.reasons if one.severity != "notice")
    if page.status == "ended" or not (late or why):
        return None
    return Stuck(
        id=page.mentorship,
        program=program,
        stage=page.stage,
        status=page.doing,
        health=page.verdict,
        now=page.now,
        since=min([one.since for one in late] + [one.since for one in why]),
        late=late,
        why=tuple(_why(one) for one in why),
        command=next_command(page, late),
    )


def next_command(page: CoordinatorPage, late: Sequence[Waiting]) -> str:
    """The command that helps most often where it is stuck like this."""
    id = page.mentorship
    unreachable = next((role for role in PAIR if role in page.unreachable), None)
    if unreachable is not None:
        order = f'{{"command": {{"command": "change_person", "role": "{unreachable}", "email": "…"}}}}'
        return f"python starter.py act {id} coordinate --by coordinator --data {shlex.quote(order)}"
    if page.doing == "held":
        return f"python starter.py resume {id}"
    if late and "message" in page.can:
        to = late[0].on if len({one.on for one in late}) == 1 else "both"
        return f"python starter.py message {id} --to {to} --text …"
    return f"python starter.py show {id}"


def table(found: Sequence[Stuck]) -> Table:
    """A few lines for each."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("waits", no_wrap=True)
    shown.add_column("on whom for what, and why", ratio=1)
    shown.add_column("mentorship", no_wrap=True)
    for one in found:
        about = Text(f"{one.id}\n").append(f"{one.program}, {views.words(one.stage)}\n", "dim")
        about.append(views.words(one.health), views.COLOURS[one.health])
        shown.add_row(views.ago(one.since, one.now), _what(one), about)
        shown.add_row()
    return shown


def _what(one: Stuck) -> Text:
    text = Text()
    for ask in one.late:
        text.append(f"{ask.on} ", "cyan").append(ask.title)
        text.append(f" · {views.ago(ask.since, one.now)}, nudged {ask.nudges}×, ends {_day(ask.ends_at)}\n", "dim")
    for reason in one.why:
        text.append(f"• {reason.text}\n")
    text.rstrip()
    return text


def _what_to_do(first: Stuck) -> Text:
    fortnight = (first.now + timedelta(days=14)).date()
    commands = [
        first.command,
        f"python starter.py show {first.id}",
        f"python starter.py patience {first.id} --days 7",
        f"python starter.py pause {first.id} --until {fortnight}",
        f"python starter.py end {first.id}",
    ]
    text = Text("What can be done, at the example of the first one:\n", "bold")
    return text.append("\n".join(f"  {command}" for command in dict.fromkeys(commands)), "default")


def _closing(looked: Look, shown: int) -> str:
    found = len(looked.found)
    told = f"\n{found:,} are stuck; the {shown:,} that wait longest are shown." if found else "Nobody is stuck."
    if looked.asked < looked.candidates:
        told += (
            f" Of {looked.candidates:,} candidates the {looked.asked:,} with the worst health were looked into;"
            f" --look {looked.candidates} looks into all."
        )
    if looked.silent:
        told += f"\n{len(looked.silent):,} did not answer. {looked.silent[0]}"
    return told


async def _asked(mentorships: Mentorships, one: Listed) -> CoordinatorPage | EngineUnreachable | None:
    """How it is; or why it did not answer; or None if it is gone."""
    try:
        return await mentorships.coordinator(one.id, CoordinatorQuery())
    except EngineUnreachable as problem:
        return problem
    except (ActRejected, NoSuchMentorship):
        return None


def _worst_first(one: Listed) -> tuple[int, datetime]:
    rank = WORST_FIRST.index(one.health) if one.health in WORST_FIRST else len(WORST_FIRST)
    return rank, one.started_at


def _why(reason: ReasonLine) -> Why:
    return Why(text=str(reason.text), since=reason.since, remedy=str(reason.remedy))


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"
