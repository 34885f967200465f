"""The live view of a play, on standard error: the journey, who owes what, the last mails and what people did."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.views import health, moment, timeline, waiting, words
from demo.autoplay import Scene, Watch
from demo.report import Report

LAST = 8


@contextmanager
def live(console: Console) -> Iterator[Watch]:
    """A picture that moves on a terminal; elsewhere one line for each mail and each deed."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as screen:
        yield lambda scene: screen.update(picture(scene), refresh=True)


def picture(scene: Scene) -> Panel:
    """One frame."""
    overview = scene.overview
    if overview is None:
        return Panel("…")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    day = (scene.now - overview.started_at).days + 1 if scene.now else 1
    facts.add_row("date", f"{moment(scene.now)}  (day {day})")
    facts.add_row("stage", timeline(overview))
    facts.add_row("waiting on", waiting(overview))
    facts.add_row("next", f"{moment(overview.next_at)}  {overview.next_why}" if overview.next_at else "–")
    facts.add_row("health", health(overview))
    title = f"{scene.start.id} · {scene.program.title} · {scene.start.mentor.name} and {scene.start.mentee.name}"
    return Panel(Group(facts, "", _mails(scene), "", _deeds(scene)), title=Text(title), title_align="left")


def summary(report: Report) -> Table:
    """What a play came to, for those who did not ask for JSON."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    history = report.history
    table.add_row("outcome", Text(words(report.outcome), "bold green"))
    table.add_row("took", f"{report.virtual_days:.0f} days, played in {report.wall_seconds:.1f} s")
    table.add_row("stages", " → ".join(words(stage.stage) for stage in report.stages))
    to = {role: sum(mail.to == role for mail in report.mails) for role in ("mentee", "mentor", "coordinator")}
    table.add_row("mails", ", ".join(f"{count} to the {role}" for role, count in to.items()))
    table.add_row("acts", f"{len(report.acts)}")
    table.add_row("health", " → ".join(dict.fromkeys(words(one.verdict) for one in report.health)))
    table.add_row(
        "history",
        f"{history.runs} runs, {history.events} events, {history.bytes / 1024:.0f} KB: {history.timers} timers, "
        f"{history.activities} activities, {history.updates} updates, {history.signals} signals, "
        f"{history.search_attribute_upserts} attribute upserts",
    )
    return table


def _mails(scene: Scene) -> Table:
    table = Table("mail to", "at", "subject", box=None, header_style="dim", pad_edge=False)
    for mail in scene.mails[-LAST:]:
        table.add_row(mail.to, moment(mail.at, scene.zone(mail.to)), Text(mail.subject, overflow="ellipsis"))
    return table


def _deeds(scene: Scene) -> Table:
    table = Table("who", "at", "did", "and saw", box=None, header_style="dim", pad_edge=False)
    for deed in scene.deeds[-LAST:]:
        table.add_row(deed.by, moment(deed.at, scene.zone(deed.by)), words(deed.act), Text(deed.came_of_it))
    return table


class _Lines:
    """Progress where no terminal is: what is new since the last look."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._mails = self._deeds = 0

    def __call__(self, scene: Scene) -> None:
        for deed in scene.deeds[self._deeds :]:
            self._say(f"{moment(deed.at)}  {deed.by} did {words(deed.act)}: {deed.came_of_it}")
        for mail in scene.mails[self._mails :]:
            self._say(f"{moment(mail.at)}  mail to {mail.to}: {mail.subject}")
        self._mails, self._deeds = len(scene.mails), len(scene.deeds)

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)
