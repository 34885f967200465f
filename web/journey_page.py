"""What the journey page shows beyond what the engine tells: its drawings, and how much of everything."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.journeys import Course, Journey, Mark, Stay
from models.people import Language
from models.state import Stage
from templates.catalogs import translations
from web import words
from web.goal_plot import Plot, goal_plot
from web.timeline import Drawing, drawing, is_done

MOST_BYTES = 50_000
"""How large the page may become. A longer life is cut, and told in full where one asks for all of it."""
NARROW, WIDE = 300.0, 640.0
"""The widths of the two drawings of the timeline: for phones, and for everything else."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown: so many letters of a text, and so many of what is over. None is all of it."""

    long: int | None = None
    most: int | None = None
    folded: bool = True
    """Whether what is folded on the page, or drawn for wide screens, is there at all."""

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return self.most is None

    @property
    def is_cut(self) -> bool:
        """Whether long texts are shortened."""
        return self.long is not None


ALL = Detail()
LEVELS = (Detail(most=6), Detail(most=6, long=240), Detail(most=3, long=30, folded=False))
"""From the usual page to the one that is small whatever was written."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stay in a stage and what happened in it."""

    stay: Stay
    marks: tuple[Mark, ...]
    back: bool
    """Whether they had been further already."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The timeline, narrow and wide, the same as a list, and a plot for each goal."""

    narrow: Drawing
    wide: Drawing
    chapters: tuple[Chapter, ...]
    plots: dict[int, Plot]


def pictures(journey: Journey, zone: str, language: Language) -> Pictures:
    """All drawings of a journey, for a reader's zone and language."""
    say = translations(language).gettext
    names = {stage: say(name) for stage, name in words.STAGES.items()}
    course, now = journey.course, journey.page.now
    paths = {path.number: path for path in journey.paths}
    return Pictures(
        narrow=drawing(course, now, zone, language, names, NARROW),
        wide=drawing(course, now, zone, language, names, WIDE),
        chapters=tuple(chapters(course)),
        plots={card.number: goal_plot(card, paths[card.number], now, zone, over=course.over) for card in journey.goals},
    )


ORDER = tuple(Stage)


def chapters(course: Course) -> Iterator[Chapter]:
    """Each stay with the marks of its time; what is done belongs to the stay that it leads out of."""
    marks = list(course.marks)
    furthest = -1
    for index, stay in enumerate(course.stays):
        following = course.stays[index + 1 :]
        own = [mark for mark in marks if not following or _is_before(mark, following[0])]
        marks = marks[len(own) :]
        place = ORDER.index(stay.stage)
        yield Chapter(stay, tuple(own), back=place < furthest)
        furthest = max(furthest, place)


def _is_before(mark: Mark, stay: Stay) -> bool:
    return mark.at < stay.start or (mark.at == stay.start and is_done(mark))
