"""A report as one HTML page: plots drawn here as SVG, no scripts, nothing that is fetched from anywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli import views
from cli.survey import VERDICTS, Spread, Survey, sample_told
from settings import ROOT
from web.rendering import PLAIN_COLOUR, brand_style

WIDTH = 440.0
LABEL = 122.0
"""Where the bars begin: left of it stand their names."""
END = 92.0
"""Room right of the longest bar for its number."""
ROW, GAP, TOP = 30.0, 8.0, 4.0
NARROWEST = 24.0
"""A part of a bar that is narrower has no room for its number."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar. `told` is written into it, `title` is what it says when it is pointed at."""

    x: float
    width: float
    kind: str
    told: str
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a plot: a name, pieces, and a number behind them. `mark` is where the middle of a spread is."""

    name: str
    y: float
    parts: tuple[Part, ...]
    end: float
    told: str
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars below each other, in the units of a viewBox."""

    bars: tuple[Bar, ...]
    label: str
    width: float = WIDTH
    left: float = LABEL
    row: float = ROW - GAP

    @property
    def height(self) -> float:
        """All rows."""
        return TOP + ROW * len(self.bars)


def page(found: Survey) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader((ROOT / "templates" / "report", ROOT / "web" / "static")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    counted, sampled = found.counted, found.sampled
    asks = sampled.answers + sampled.ran_out
    return environment.get_template("report.html").render(
        found=found,
        counted=counted,
        sampled=sampled,
        sample_told=sample_told(found),
        colours=brand_style(PLAIN_COLOUR),
        words=views.words,
        verdicts=VERDICTS,
        answered_share=f"{sampled.answers / asks:.0%}" if asks else "",
        stages=stacked("Open mentorships by stage and health", counted.by_stage, VERDICTS),
        programs=bars("Mentorships by program", counted.by_program),
        outcomes=bars("Ended mentorships by outcome", counted.by_outcome),
        reached=bars("How far they came", sampled.reached, of=sampled.answered),
        days=spreads(
            "Days in a stage", ((views.words(name), told) for name, told in sampled.stage_days.items()), "{:.1f} days"
        ),
        hours={
            by: spreads(
                f"Time until {by}s answer",
                ((views.words(one.kind), one.hours) for one in sampled.answer_hours if one.by is by),
                None,
            )
            for by in dict.fromkeys(one.by for one in sampled.answer_hours)
        },
        mails={
            role: bars(f"{role}s by mails in the last seven days", {mails_told(n): c for n, c in counts.items()})
            for role, counts in sampled.mails_last_week.items()
            if counts
        },
    )


def stacked(label: str, rows: Mapping[str, Mapping[str, int]], kinds: Sequence[str]) -> Plot:
    """A bar for each row, in pieces."""
    most = max((sum(row.values()) for row in rows.values()), default=0) or 1
    drawn = []
    for number, (name, row) in enumerate(rows.items()):
        x, parts = LABEL, []
        for kind in kinds:
            width = _length(row[kind], most)
            if width:
                told = f"{row[kind]:,}" if width >= NARROWEST else ""
                parts.append(Part(x, width, kind, told, f"{views.words(name)}, {views.words(kind)}: {row[kind]:,}"))
            x += width
        drawn.append(Bar(views.words(name), _y(number), tuple(parts), round(x, 1), f"{sum(row.values()):,}"))
    return Plot(tuple(drawn), label)


def bars(label: str, counts: Mapping[str, int], of: int | None = None) -> Plot:
    """A bar for each count, with its share of all."""
    most = of or max(counts.values(), default=0) or 1
    whole = of or sum(counts.values()) or 1
    drawn = []
    for number, (name, count) in enumerate(counts.items()):
        width, told = _length(count, most), f"{count:,} · {count / whole:.0%}"
        title = f"{views.words(name)}: {told}"
        part = Part(LABEL, width, "plain", "", title)
        drawn.append(Bar(views.words(name), _y(number), (part,) if width else (), round(LABEL + width, 1), told))
    return Plot(tuple(drawn), label)


def spreads(label: str, rows: Iterable[tuple[str, Spread]], form: str | None) -> Plot:
    """For each row the middle half of its values as a bar, and where the middle of all is. `form` None: hours."""
    known = list(rows)
    most = max((told.high for _, told in known), default=0) or 1
    drawn = []
    for number, (name, told) in enumerate(known):
        low, middle, high = (LABEL + _length(value, most) for value in (told.low, told.middle, told.high))
        said = [form.format(value) if form else views.hours(value) for value in (told.low, told.middle, told.high)]
        title = f"{name}: half within {said[1]}, the middle half from {said[0]} to {said[2]}, of {told.count:,}"
        part = Part(low, max(round(high - low, 1), 2.0), "range", "", title)
        drawn.append(Bar(name, _y(number), (part,), round(max(high, middle), 1), said[1], mark=middle))
    return Plot(tuple(drawn), label)


def mails_told(number: int) -> str:
    """How many mails, as a row's name."""
    return f"{number or 'no'} mail{'' if number == 1 else 's'}"


def _y(number: int) -> float:
    return TOP + ROW * number


def _length(value: float, most: float) -> float:
    return round((WIDTH - LABEL - END) * value / most, 1)
