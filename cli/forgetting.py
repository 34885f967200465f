"""The command that forgets a person."""

import sys
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError

from cli import views
from cli.terminal import WRONG_INPUT, AsJson, engine, fail, run, say
from models.problems import describe
from settings import settings
from web.api.erasure import elsewhere
from workflows.erasure import Forget, Forgotten, Trace


class OneOfTwo(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"


def forget(
    id: Annotated[str, typer.Argument(metavar="ID", help="A mentorship in which they are; needs --role.")] = "",
    role: Annotated[OneOfTwo | None, typer.Option(help="Who of the two.")] = None,
    email: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Who has, or had, this address. With `-` it is read from the input.")
    ] = "",
    no_mail: Annotated[
        bool, typer.Option("--no-mail", help="They want no more contact at all, not even the closing mail.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a person: open mentorships of theirs end with the closing mails, closed ones are deleted.

    A mentorship's history is about two people: what is kept of the partner goes with it. The partner hears kindly that
    it has ended, and not why. The closing mails keep to the hours in which mail is welcome, so run it **again**
    afterwards; it says when, and in the end that they are deleted. `docs/retention.md` says what is kept where.

    Examples: `python starter.py forget demo --role mentee --dry-run` · `python starter.py forget --email - < address`
    """
    given = sys.stdin.readline().strip() if email == "-" else email
    try:
        whom = Forget.model_validate(
            {"email": given or None, "mentorship": id or None, "role": role, "mail": not no_mail, "dry_run": dry_run}
        )
    except ValidationError as error:
        told = {problem.field or "ID": problem.message for problem in describe(error)}
        fail("\n".join(f"{_argument(name)}: {message}" for name, message in told.items()), WRONG_INPUT)

    async def work() -> Forgotten:
        return await (await engine()).forget(whom, elsewhere(settings()))

    done = run(work())
    say(done.model_dump_json() if as_json else _told(done))


def _argument(field: str) -> str:
    return {"email": "--email", "role": "--role"}.get(field, "ID")


def _told(done: Forgotten) -> str:
    if not done.traces:
        return "Nothing is kept of them here: they were forgotten, or never known by this."
    lines = [_line(trace, dry_run=done.dry_run) for trace in done.traces]
    if any(trace.became == "deleted" for trace in done.traces):
        lines.append("What was kept of the partner is part of the same history, and goes with it.")
    if not done.finished and not done.dry_run:
        after = f" after {views.moment(done.again_at)}" if done.again_at is not None else " in a while"
        lines.append(f"Not done yet: run this again{after}, when the closing mails have left.")
    return "\n".join([*lines, "What this can't reach:", *(f"  - {one}" for one in done.remains)])


def _line(trace: Trace, *, dry_run: bool) -> str:
    who = f"{trace.mentorship} ({' and '.join(trace.roles)})" if trace.roles else trace.mentorship
    if trace.became == "ends":
        if dry_run and trace.next_mail_at is None:
            return f"{who}: is open; it would end, with the closing mails, and be deleted by a second run"
        return f"{who}: has ended; the next closing mail leaves {views.moment(trace.next_mail_at)}"
    done = "would be deleted" if dry_run else "deleted"
    events = "; its events are still on their way" if trace.events_on_their_way else ""
    return f"{who}: {done}, {_count(trace.runs, 'run')} of its history, {_count(trace.mails, 'mail')} here{events}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
