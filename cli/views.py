"""Mentorships as Rich text: one, many, and the timetable that a program would give."""

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lifecycle import PreviewMail
from models.pages import Overview
from models.state import Stage
from workflows.client import Listed

COLOURS = {"on_track": "green", "too_early": "cyan", "needs_attention": "yellow", "at_risk": "red"}
STAGES = (Stage.INTRO, Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS, Stage.WRAP_UP)


def words(name: str) -> str:
    """A name of ours as people write it: `goal_setting` is "goal setting"."""
    return name.replace("_", " ")


def moment(at: datetime | None, zone: str = "UTC") -> str:
    """An instant with its weekday and zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M} {zone}" if at else "–"


def ago(since: datetime, now: datetime) -> str:
    """How long something has lasted, in the largest unit that is not zero."""
    seconds = max(int((now - since).total_seconds()), 0)
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "a moment"


def hours(count: float) -> str:
    """A time as people say it."""
    return f"{count:.0f} h" if count < 48 else f"{count / 24:.1f} days"


def timeline(overview: Overview) -> Text:
    """The five stages: those visited, the one that it is in, those to come."""
    visited = {visit.stage for visit in overview.visits}
    line = Text()
    for number, stage in enumerate(STAGES):
        if number:
            line.append(" ─ ", "dim")
        if stage is overview.stage:
            line.append(f"◉ {words(stage)}", "bold green")
        elif stage in visited:
            line.append(f"● {words(stage)}", "green")
        else:
            line.append(f"○ {words(stage)}", "dim")
    if overview.outcome:
        line.append(f" ─ {words(overview.outcome)}", "bold")
    return line


def health(overview: Overview) -> Text:
    """The verdict with its reasons."""
    verdict = overview.health.verdict
    text = Text(words(verdict), COLOURS[verdict])
    for reason in overview.health.reasons:
        text.append(f"\n• {reason}", "default")
    return text


def overview_view(overview: Overview) -> RenderableType:
    """Everything that `show` tells, for a person."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    status = overview.status + (f" until {moment(overview.paused_until)}" if overview.paused_until else "")
    facts.add_row("stage", timeline(overview))
    facts.add_row("status", status)
    if overview.outcome:
        anew = ", to be matched anew" if overview.rematch else ""
        if overview.successor:
            anew += f", the mentee goes on in {overview.successor}"
        facts.add_row("outcome", f"{words(overview.outcome)}{anew}, {moment(overview.ended_at)}")
    facts.add_row("waiting on", waiting(overview))
    facts.add_row("next", f"{moment(overview.next_at)}  {overview.next_why}" if overview.next_at else "nothing")
    facts.add_row("health", health(overview))
    facts.add_row(
        "mail", f"{overview.mails} sent; last: {overview.last_mail or 'none'}, {moment(overview.last_mail_at)}"
    )
    if overview.undelivered:
        facts.add_row("", Text(f"{overview.undelivered} not delivered", "red"))
    facts.add_row("acts", str(overview.acts))
    facts.add_row("began", moment(overview.started_at))
    facts.add_row("ends at the latest", moment(overview.deadline))
    parts: list[RenderableType] = [facts]
    if overview.sessions:
        parts += ["", sessions(overview)]
    if overview.tasks:
        parts += ["", tasks(overview)]
    return Panel(Group(*parts), title=f"{overview.id} · {overview.program}", title_align="left")


def waiting(overview: Overview) -> RenderableType:
    """Who owes what, since when."""
    if not overview.waiting:
        return "nobody"
    lines = Table.grid(padding=(0, 2))
    for ask in overview.waiting:
        nudged = f", nudged {ask.nudges}×" if ask.nudges else ""
        lines.add_row(
            Text(ask.on, "cyan"),
            f"{ask.title}",
            Text(f"for {ago(ask.since, overview.now)}{nudged}", "dim"),
            Text(ask.id, "dim"),
        )
    return lines


def sessions(overview: Overview) -> Table:
    """The sessions, the first conversation being number 0."""
    table = Table("session", "when", "minutes", "status", "ratings", box=None, header_style="dim", pad_edge=False)
    for one in overview.sessions:
        ratings = f"{one.mentee_rating or '–'} / {one.mentor_rating or '–'}"
        table.add_row(str(one.number), moment(one.starts_at), str(one.minutes), words(one.status), ratings)
    return table


def tasks(overview: Overview) -> Table:
    """The commitments."""
    table = Table("task", "owner", "due", "status", box=None, header_style="dim", pad_edge=False)
    for task in overview.tasks:
        table.add_row(Text(task.title), task.owner, moment(task.due_at), words(task.status))
    return table


LIST = (("program", 14), ("stage", 13), ("status", 7), ("health", 15), ("waiting on", 10), ("outcome", 11))
"""The columns of the list between id and day, and how wide they are: it is printed before its last row is known."""


def list_lines(listed: Iterable[Listed], id_width: int, *, with_head: bool) -> Text:
    """One line for each mentorship. A value that is longer than its column sticks out."""
    text = Text()
    if with_head:
        head = " ".join(f"{name:<{width}}" for name, width in (("id", id_width), *LIST))
        text.append(f"{head} began\n", "bold")
    for number, one in enumerate(listed):
        told = (
            one.program,
            words(one.stage),
            one.status,
            words(one.health),
            "–" if one.waiting_on in ("nobody", "") else one.waiting_on,
            words(one.outcome) or "–",
        )
        text.append(f"{chr(10) if number else ''}{one.id:<{id_width}} ")
        for (name, width), value in zip(LIST, told, strict=True):
            text.append(f"{value:<{width}} ", COLOURS.get(one.health, "") if name == "health" else "")
        text.append(f"{one.started_at:%d %b %Y}")
    return text


def preview_view(mails: Iterable[PreviewMail]) -> RenderableType:
    """A table for each persona."""
    tables: list[RenderableType] = []
    for persona, theirs in groupby(mails, key=lambda mail: mail.habit):
        rows = list(theirs)
        table = Table(
            "#",
            "to",
            "local day and hour",
            "mail",
            "class",
            "why",
            title=f"{persona} pair · {len(rows)} mails",
            title_justify="left",
            title_style="bold",
            header_style="dim",
        )
        for number, mail in enumerate(rows, start=1):
            table.add_row(
                str(number),
                mail.to,
                f"{mail.local:%a %d %b %Y %H:%M}",
                words(mail.kind),
                mail.mail_class,
                Text(mail.why),
            )
        tables += [table, ""]
    return Group(*tables)


def as_json(rows: Iterable[object]) -> str:
    """Models (or what they dump to) as one JSON array."""
    return json.dumps([row.model_dump(mode="json") if hasattr(row, "model_dump") else row for row in rows], default=str)
