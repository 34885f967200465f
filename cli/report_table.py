"""A report as Rich text."""

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli import views
from cli.survey import VERDICTS, Counted, Sampled, Spread, Survey, sample_told

BAR = 24
QUARTERS = (">a quarter within", ">half within", ">three quarters", ">longest")


def report_view(found: Survey) -> RenderableType:
    """All of it as text."""
    counted, sampled = found.counted, found.sampled
    about = f" by {found.filter}" if found.filter else ""
    parts: list[RenderableType] = [
        Text(f"{counted.in_all:,} mentorships{about}: {counted.open:,} open, {counted.ended:,} ended", "bold"),
        "",
        _stages(counted),
        "",
        _counts("Programs", counted.by_program),
        "",
        _counts("Outcomes of those that ended", counted.by_outcome),
        "",
        Text(_asides(counted), "dim"),
    ]
    if sampled.answered:
        parts += ["", Text(sample_told(found), "bold"), "", _reached(sampled), "", _days(sampled), "", _hours(sampled)]
        parts += ["", *_mails(sampled)]
    elif sampled.asked:
        parts += ["", f"None of the {sampled.asked} that were asked for times and mails answered: is a worker running?"]
    return Group(*parts)


def _asides(counted: Counted) -> str:
    nudged = ", ".join(f"{who} {count:,}" for who, count in counted.nudged.items())
    rest = ", ".join(f"{name} {count:,}" for name, count in counted.by_status.items())
    return f"Of the open ones: {rest}. Nudged and not answered: {nudged}."


def _stages(counted: Counted) -> Table:
    table = _table("Open, by stage and health", "stage", ">all", *(f">{views.words(one)}" for one in VERDICTS), "")
    most = max((sum(row.values()) for row in counted.by_stage.values()), default=0)
    for stage, row in counted.by_stage.items():
        bar = Text()
        for verdict in VERDICTS:
            bar.append("█" * _cells(row[verdict], most), views.COLOURS[verdict])
        numbers = [f"{row[verdict]:,}" for verdict in VERDICTS]
        table.add_row(views.words(stage), f"{sum(row.values()):,}", *numbers, bar)
    return table


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = _table(title, "", ">", ">", "")
    in_all = sum(counts.values())
    for name, count in counts.items():
        share = f"{count / in_all:.0%}" if in_all else ""
        table.add_row(views.words(name), f"{count:,}", share, "█" * _cells(count, max(counts.values())))
    return table


def _reached(sampled: Sampled) -> Table:
    table = _table("How far they came", "", ">", ">", "")
    for name, count in sampled.reached.items():
        table.add_row(
            views.words(name), f"{count:,}", f"{count / sampled.answered:.0%}", "█" * _cells(count, sampled.answered)
        )
    return table


def _days(sampled: Sampled) -> Table:
    table = _table("Days in a stage, once it is over", "stage", ">stays", *QUARTERS)
    for stage, told in sampled.stage_days.items():
        table.add_row(views.words(stage), f"{told.count:,}", *(f"{value:.1f}" for value in _quarters(told)))
    return table


def _hours(sampled: Sampled) -> Table:
    asks = sampled.ran_out + sampled.answers
    title = "Time until an answer"
    if asks:
        title += f" ({sampled.ran_out:,} asks ran out without one, {sampled.answers:,} were answered)"
    table = _table(title, "asked to", "who", ">answers", *QUARTERS)
    for one in sampled.answer_hours:
        times = (views.hours(value) for value in _quarters(one.hours))
        table.add_row(views.words(one.kind), one.by, f"{one.hours.count:,}", *times)
    return table


def _mails(sampled: Sampled) -> Iterator[RenderableType]:
    columns = sorted({number for counts in sampled.mails_last_week.values() for number in counts})
    table = _table("People of open ones by mails in the last seven days", "mails", *(f">{one}" for one in columns))
    for role, counts in sampled.mails_last_week.items():
        table.add_row(f"{role}s", *(f"{counts.get(one, 0):,}" for one in columns))
    yield table
    if sampled.mails is not None:
        yield Text(
            f"Mails of a mentorship so far, to all three: half have {sampled.mails.middle:.0f} or fewer, "
            f"the most is {sampled.mails.most:.0f}.",
            "dim",
        )


def _quarters(told: Spread) -> tuple[float, ...]:
    return told.low, told.middle, told.high, told.most


def _table(title: str, *columns: str) -> Table:
    """A column that begins with `>` holds numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for name in columns:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", no_wrap=True)
    return table


def _cells(count: int, most: int) -> int:
    return max(round(BAR * count / most), 1) if count else 0
