"""The drawn timeline of a journey: a path that climbs from stage to stage, with a mark for each thing that has a day.

A pure function from the course to a drawing. Time runs from left to right; marks that would cover each other are
moved apart, and keep their order. Each stage has a band, the first one at the bottom.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date

from models.journeys import Course, Mark, Stay
from models.people import Language
from models.state import Stage

STAGES = (Stage.INTRO, Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS, Stage.WRAP_UP)
EDGE = 14.0
"""Room left and right of the path."""
STRIP = 22.0
"""Where the name of a band stands, above its path."""
LINE = 36.0
"""How far below the top of its band the path runs."""
BAND = 50.0
AXIS = 34.0
"""Room below the bands for the months and for today."""
LETTER = 7.0
"""About how wide a letter is. Names have a halo, so being wrong by a little does no harm."""
WIDEST_LETTER = 8.5
"""Where a name would leave the drawing, even one of wide letters has to fit."""
DATE = 9
"""Letters of a date beside a name."""
LEAST_APART = 34.0
"""Between the names of two months."""
LEAST_NUMBERED = 7.5
"""Marks of this radius have room for their number."""


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Band:
    """A stage: its name stands where the path leaves most room."""

    stage: Stage
    top: float
    name: Point
    anchor: Literal["start", "end"]
    state: Literal["past", "now", "coming"]
    dated: datetime | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mark, where it is and how large."""

    mark: Mark
    at: Point
    radius: float

    @property
    def is_numbered(self) -> bool:
        """Whether its number is written into it."""
        return self.radius >= LEAST_NUMBERED and self.mark.kind == "session" and self.mark.number > 0


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause: a veil over all bands."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Tick:
    """The first of a month."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn, in the units of its viewBox. `here` is missing once it is over, `goal` never."""

    width: float
    height: float
    bands: tuple[Band, ...]
    past: str
    coming: str
    marks: tuple[Drawn, ...]
    rests: tuple[Rest, ...]
    ticks: tuple[Tick, ...]
    here: Point | None
    here_anchor: Literal["start", "middle", "end"]
    goal: Point

    @property
    def floor(self) -> float:
        """Where the bands end and the months begin."""
        return self.height - AXIS


@dataclass(frozen=True, slots=True)
class _Stop:
    """A place on the path: `size` is half the room that it takes."""

    at: datetime
    rank: int
    size: float
    what: Stay | Mark | None


def drawing(
    course: Course, now: datetime, zone: str, language: Language, names: dict[Stage, str], width: float
) -> Drawing:
    """The drawing of a course in so many units of width, its months in the reader's language and zone."""
    stages = [stage for stage in STAGES if any(stay.stage is stage for stay in course.stays)]
    tops = {stage: BAND * (len(stages) - 1 - index) for index, stage in enumerate(stages)}
    stops = sorted(_stops(course, now, width), key=lambda stop: (stop.at, stop.rank))
    places, shrunk = _spread(stops, course, width)
    path = _path(stops, places, tops)
    here = next((index for index, stop in enumerate(stops) if stop.rank == HERE), None)
    risers = [(stop.what.stage, x) for stop, x in zip(stops, places, strict=True) if isinstance(stop.what, Stay)]
    marks = tuple(
        Drawn(stop.what, point, stop.size * shrunk - 1 if stop.size * shrunk > 3 else stop.size * shrunk * 0.8)
        for stop, point in zip(stops, path, strict=True)
        if isinstance(stop.what, Mark)
    )
    at_x = _scale(stops, places)
    return Drawing(
        width=width,
        height=BAND * len(stages) + AXIS,
        bands=tuple(_band(stage, tops, risers, course, names, width) for stage in stages),
        past=_line(path[: here + 1] if here is not None else path),
        coming=_line(path[here:]) if here is not None else "",
        marks=marks,
        rests=tuple(Rest(at_x(rest.start), max(at_x(rest.end) - at_x(rest.start), 2)) for rest in course.rests),
        ticks=tuple(_ticks(course, zone, language, at_x, width)),
        here=path[here] if here is not None else None,
        here_anchor=_anchor(path[here].x, width) if here is not None else "middle",
        goal=path[-1],
    )


FIRST, DONE, ENTERED, HERE, COMING, LAST = range(6)
"""What comes first where several things happen at one instant: what is done leads to the stage that is entered."""
DONE_STATES = ("held", "unreported", "cancelled", "answered", "unanswered", "reached")


def is_done(mark: Mark) -> bool:
    """Whether nothing more will come of it."""
    return mark.state in DONE_STATES


def _stops(course: Course, now: datetime, width: float) -> Iterator[_Stop]:
    size = 11.0 if width > 500 else 9.5
    for index, stay in enumerate(course.stays):
        rank = FIRST if index == 0 else COMING if stay.state == "coming" else ENTERED
        yield _Stop(stay.start, rank, 0.0 if index == 0 else 3.0, stay)
    for mark in course.marks:
        yield _Stop(mark.at, DONE if is_done(mark) else ENTERED, size, mark)
    if not course.over:
        yield _Stop(min(max(now, course.start), course.end), HERE, size, None)
    yield _Stop(course.end, LAST, size, None)


def _spread(stops: list[_Stop], course: Course, width: float) -> tuple[list[float], float]:
    """Where the stops stand: by their time, but apart. And by how much they shrank to find room."""
    room = width - 2 * EDGE
    needed = sum(left.size + right.size for left, right in pairwise(stops))
    shrunk = min(1.0, room / needed) if needed else 1.0
    whole = (course.end - course.start).total_seconds() or 1.0
    places = [EDGE + room * (stop.at - course.start).total_seconds() / whole for stop in stops]
    gaps = [(left.size + right.size) * shrunk for left, right in pairwise(stops)]
    for index, gap in enumerate(gaps):
        places[index + 1] = max(places[index + 1], places[index] + gap)
    places[-1] = min(places[-1], width - EDGE)
    for index in range(len(gaps) - 1, -1, -1):
        places[index] = min(places[index], places[index + 1] - gaps[index])
    return places, shrunk


def _path(stops: list[_Stop], places: list[float], tops: dict[Stage, float]) -> list[Point]:
    """Where on the path each stop is: at the height of the stage that it falls into."""
    found: list[Point] = []
    y = 0.0
    for stop, x in zip(stops, places, strict=True):
        if isinstance(stop.what, Stay):
            y = tops[stop.what.stage] + LINE
        found.append(Point(round(x, 1), y))
    return found


def _line(path: list[Point]) -> str:
    """The path through these points, level and then straight up or down."""
    first, *others = path
    return f"M{first.x:g} {first.y:g}" + "".join(f"H{point.x:g}V{point.y:g}" for point in others)


def _scale(stops: list[_Stop], places: list[float]) -> Callable[[datetime], float]:
    """Where an instant between the stops is."""
    times = [stop.at for stop in stops]

    def at_x(at: datetime) -> float:
        after = min(max(bisect_right(times, at), 1), len(times) - 1)
        span = times[after] - times[after - 1]
        part = min(max((at - times[after - 1]) / span, 0.0), 1.0) if span else 1.0
        return round(places[after - 1] + part * (places[after] - places[after - 1]), 1)

    return at_x


def _ticks(
    course: Course, zone: str, language: Language, at_x: Callable[[datetime], float], width: float
) -> Iterator[Tick]:
    local = course.start.astimezone(ZoneInfo(zone))
    last = -LEAST_APART
    year, month = local.year, local.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if first >= course.end:
            return
        x = at_x(first)
        if x - last >= LEAST_APART and EDGE <= x <= width - EDGE:
            yield Tick(x, format_date(first.astimezone(ZoneInfo(zone)), "LLL", locale=language))
            last = x


def _band(
    stage: Stage,
    tops: dict[Stage, float],
    risers: list[tuple[Stage, float]],
    course: Course,
    names: dict[Stage, str],
    width: float,
) -> Band:
    """The name goes where the path begins if it fits there, else before the path leaves, at worst at the edge."""
    left, right = _most_room(stage, risers, width)
    begins = next(x for other, x in risers if other is stage)
    needed = LETTER * (len(names[stage]) + DATE)
    x = max(left, min(begins, right))
    fits, leaves = x + needed <= right, right - WIDEST_LETTER * len(names[stage]) < 0
    stays = [stay for stay in course.stays if stay.stage is stage]
    been = [stay for stay in stays if stay.state != "coming"]
    now = any(stay.state == "now" for stay in stays)
    return Band(
        stage=stage,
        top=tops[stage],
        name=Point(x if fits else EDGE - 8 if leaves else right, tops[stage] + STRIP - 7),
        anchor="start" if fits or leaves else "end",
        state="now" if now else "past" if been else "coming",
        dated=(been[-1] if been else stays[0]).start if needed <= right - left else None,
    )


def _most_room(stage: Stage, risers: list[tuple[Stage, float]], width: float) -> tuple[float, float]:
    """The widest stretch above a stage's line that the path does not cross on its way up or down."""
    height = STAGES.index(stage)
    crossed = [
        x
        for (before, _), (after, x) in pairwise(risers)
        if min(STAGES.index(before), STAGES.index(after)) <= height < max(STAGES.index(before), STAGES.index(after))
    ]
    edges = [EDGE - 8, *(x for x in crossed), width - EDGE + 8]
    widest = max(pairwise(edges), key=lambda gap: gap[1] - gap[0])
    return widest[0] + 8, widest[1] - 8


def _anchor(x: float, width: float) -> Literal["start", "middle", "end"]:
    return "start" if x < 0.3 * width else "end" if x > 0.7 * width else "middle"
