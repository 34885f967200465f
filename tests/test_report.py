"""A report over many: what it counts, how numbers spread, and a page that fetches nothing and fits its numbers."""

import io
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from cli.report_page import END, LABEL, WIDTH, bars, page, spreads, stacked
from cli.report_table import report_view
from cli.survey import VERDICTS, Counted, Spread, Survey, sampled, spread
from lifecycle import measures
from models.program import AskKind
from tests.builders import MENTEE, MENTOR, Story, a_program

IN_STAGE = {"on_track": 700, "too_early": 0, "needs_attention": 30, "at_risk": 2}
COUNTED = Counted(
    in_all=1000,
    open=732,
    ended=268,
    by_stage={"intro": dict.fromkeys(VERDICTS, 0), "grow_sessions": IN_STAGE},
    by_status={"active": 732, "paused": 0, "held": 0},
    nudged={"mentor": 12, "mentee": 30, "both": 1},
    by_outcome={"completed": 200, "lapsed": 68},
    by_program={"career": 1000},
)


@pytest.fixture(scope="module")
def survey() -> Survey:
    """A thousand, three of which were asked."""
    lived, silent, begun = Story(a_program()), Story(a_program()), Story(a_program())
    lived.live_on()
    silent.silence()
    begun.says(MENTEE, AskKind.ACCEPT)
    begun.days(3)
    told = [measures(one.m, one.now) for one in (lived, silent, begun)]
    return Survey(at=datetime(2026, 11, 24, 9, tzinfo=UTC), filter="", counted=COUNTED, sampled=sampled(told, 4, 7))


def test_a_sample_tells_how_far_they_came_and_how_long_it_took(survey: Survey) -> None:
    found = survey.sampled
    assert (found.asked, found.answered, found.seed) == (4, 3, 7)
    assert found.reached == {
        "intro": 3, "goal_setting": 1, "grow_sessions": 1, "check_ins": 1, "wrap_up": 1, "completed": 1,
    }  # fmt: skip
    assert found.stage_days["intro"].count == 2, "the third one is still there"
    accepted = {one.by: one.hours.count for one in found.answer_hours if one.kind is AskKind.ACCEPT}
    assert accepted == {MENTEE: 2, MENTOR: 1}
    assert sum(found.mails_last_week["mentor"].values()) == 1, "of those that are open"


def test_numbers_spread_over_their_quarters() -> None:
    assert spread([]) is None
    assert spread([3.0]) == Spread(count=1, low=3, middle=3, high=3, most=3)
    assert spread(range(1, 9)) == Spread(count=8, low=3, middle=5, high=7, most=8)


def test_bars_are_as_long_as_their_numbers_and_stay_in_the_picture() -> None:
    longest, short = bars("x", {"a": 400, "b": 100}).bars
    assert longest.parts[0].width == 4 * short.parts[0].width
    assert longest.end == WIDTH - END
    assert (longest.told, short.told) == ("400 · 80%", "100 · 20%")
    row = stacked("x", {"one": IN_STAGE}, VERDICTS).bars[0]
    assert [part.kind for part in row.parts] == ["on_track", "needs_attention", "at_risk"], "nothing is drawn for none"
    assert row.parts[0].x == LABEL
    assert all(part.x + part.width <= WIDTH for part in row.parts)
    nothing = bars("x", {"a": 0}).bars[0]
    assert (nothing.parts, nothing.end) == ((), LABEL)
    told = spreads("x", [("a", Spread(count=9, low=12, middle=24, high=72, most=900))], None).bars[0]
    assert told.told == "24 h"
    assert told.parts[0].x < (told.mark or 0) < told.end


def printed(survey: Survey) -> str:
    """The table as text."""
    console = Console(width=140, file=io.StringIO())
    with console.capture() as captured:
        console.print(report_view(survey))
    return captured.get()


class Fetched(HTMLParser):
    """What a page would fetch, and whether it would run anything."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "object", "base", "form"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name in ("src", "href", "srcset", "style") or name.startswith("on")]


def test_the_page_runs_nothing_and_fetches_nothing(survey: Survey) -> None:
    html = page(survey)
    reader = Fetched()
    reader.feed(html)
    assert reader.found == []
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_page_and_table_say_what_was_counted_and_what_was_sampled(survey: Survey) -> None:
    table, html = printed(survey), page(survey)
    for text in (table, re.sub(r"<[^>]+>", "", html)):
        assert "1,000 mentorships" in text
        assert "732 open" in text
        assert "a sample of 4 of 1,000 (seed 7); 1 did not answer" in text
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_a_filter_cannot_write_into_the_page(survey: Survey) -> None:
    assert "<script>" not in page(survey.evolve(filter="TrellisProgram = '<script>'"))


def test_a_report_of_nothing_says_so() -> None:
    none = COUNTED.evolve(in_all=0, open=0, ended=0, by_stage={}, by_outcome={"lapsed": 0}, by_program={"career": 0})
    empty = Survey(at=datetime(2026, 11, 24, tzinfo=UTC), filter="", counted=none, sampled=sampled([], 0, 1))
    assert "0 mentorships" in printed(empty)
    assert "0 mentorships" in page(empty)
