"""One command for all mentorships that a filter finds: shown first, confirmed, and safe to run again."""

import asyncio
import json
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated

import typer

from cli import views
from cli.filters import both
from cli.many import each, progress
from cli.terminal import WRONG_INPUT, engine, fail, run
from models.acts import Coordinate
from models.commands import Command
from workflows.client import ActRejected, EngineUnreachable, Listed, Mentorships, NoSuchMentorship

OneOfThem = Annotated[
    str | None, typer.Argument(metavar="ID", help="The platform's id of the mentorship.", show_default=False)
]
ManyOfThem = Annotated[
    str | None,
    typer.Option("--query", metavar="FILTER", help="Instead of an ID: all that Temporal finds by this list filter."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --query: show which they are, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="With --query: do not ask how many.")]

FEW = 5
TRIES = 2


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is to be done to many. `among` says to which of them it can be done at all.

    `already` is the code with which one refuses to which it has been done meanwhile.
    """

    verb: str
    done: str
    order: Command
    among: str
    already: str


@dataclass(slots=True)
class Tally:
    """What became of each."""

    found: int
    done: int = 0
    already: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)
    unreachable: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nobody needs to look at it again."""
        return self.done + self.already == self.found

    def to_json(self) -> str:
        """All of it."""
        return json.dumps(
            {
                "found": self.found,
                "done": self.done,
                "already": self.already,
                "refused": self.refused,
                "unreachable": self.unreachable,
            }
        )


def alone(id: str, query: str | None) -> None:
    """Leaves where both one mentorship and a filter were named."""
    if query is not None:
        fail(f"Name one mentorship by its ID ({id}), or many by --query, not both.", WRONG_INPUT)


def sweep(what: Sweep, query: str | None, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Does it to all that the filter finds, after a look and a confirmation."""
    if not query:
        fail("Name one mentorship by its ID, or many by --query, with a list filter that is not empty.", WRONG_INPUT)

    async def find() -> list[Listed]:
        filter = both("ExecutionStatus = 'Running'", what.among, query)
        return [one async for one in (await engine()).list(filter)]

    found = run(find())
    say_beside(_preview(what, found) if found else f"There is none to {what.verb} that {query} finds.", as_json)
    if dry_run or not found:
        if as_json:
            print(Tally(found=len(found)).to_json())
        return
    if not yes and not _confirmed(len(found)):
        fail("Nothing was done.")
    tally = Tally(found=len(found))
    try:
        run(_do(what, found, tally))
    except KeyboardInterrupt:
        say_beside(f"Stopped. {_told(what, tally)} Run it again to go on.", as_json)
        raise typer.Exit(1) from None
    print(tally.to_json() if as_json else "\n".join(_result(what, tally)))
    raise typer.Exit(0 if tally.is_clean else 1)


def say_beside(text: str, as_json: bool) -> None:
    """For people: on stderr where stdout is for programs."""
    print(text, file=sys.stderr if as_json else sys.stdout)


async def _do(what: Sweep, found: Sequence[Listed], tally: Tally) -> None:
    mentorships = await engine()
    with progress() as bar:
        counted = bar.add_task(what.verb, total=len(found))
        async with aclosing(each(found, lambda one: _one(mentorships, one.id, what))) as answers:
            async for one, refusal in answers:
                bar.advance(counted)
                if refusal is None:
                    tally.done += 1
                elif isinstance(refusal, EngineUnreachable):
                    tally.unreachable.append(one.id)
                elif refusal.code == what.already:
                    tally.already += 1
                else:
                    tally.refused.setdefault(refusal.message, []).append(one.id)


async def _one(mentorships: Mentorships, id: str, what: Sweep) -> ActRejected | EngineUnreachable | None:
    """What kept one from being done. It counts once, however often it is tried."""
    update_id = uuid.uuid4().hex
    problem: EngineUnreachable | None = None
    for _ in range(TRIES):
        try:
            await mentorships.act(id, Coordinate(command=what.order), update_id=update_id)
        except EngineUnreachable as unreachable:
            problem = unreachable
            await asyncio.sleep(0.5)
        except ActRejected as rejected:
            return rejected
        except NoSuchMentorship as gone:
            return ActRejected("gone", str(gone))
        else:
            return None
    return problem


def _preview(what: Sweep, found: Sequence[Listed]) -> str:
    some = "; ".join(f"{one.id} ({one.program}, {views.words(one.stage)})" for one in found[:FEW])
    more = f"; and {len(found) - FEW:,} more" if len(found) > FEW else ""
    plural = "mentorship" if len(found) == 1 else "mentorships"
    return f"To {what.verb}: {len(found):,} {plural}. {some}{more}."


def _confirmed(number: int) -> bool:
    try:
        typed: str = typer.prompt(f"Type {number} to go on", err=True, default="", show_default=False)
    except typer.Abort:
        return False
    return typed.strip().replace(",", "") == str(number)


def _told(what: Sweep, tally: Tally) -> str:
    rest = tally.found - tally.done - tally.already
    was = f", {tally.already:,} had been before" if tally.already else ""
    not_yet = f", {rest:,} not" if rest else ""
    return f"{tally.done:,} {what.done}{was}{not_yet}."


def _result(what: Sweep, tally: Tally) -> Iterator[str]:
    yield _told(what, tally)
    for reason, ids in tally.refused.items():
        yield f"  {len(ids):,} refused: {reason} ({_few(ids)})"
    if tally.unreachable:
        yield f"  {len(tally.unreachable):,} did not answer ({_few(tally.unreachable)}). Run it again to go on."


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids[:FEW]) + (", …" if len(ids) > FEW else "")
