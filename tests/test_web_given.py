"""The receipt just given is the one that the engine would give, and it is given once."""

from datetime import datetime, timedelta

import httpx
import pytest

import lifecycle
from links import Purpose
from models.acts import ChangePreferences
from models.base import Role
from models.pages import PageQuery
from models.phrases import say
from models.state import Receipt
from tests.test_web_asks import with_sessions
from tests.web_parts import LINKS, START, Browser, PureEngine, a_mentorship, ask_link, journey_link
from web import given
from web.given import Given


async def pressed(browser: Browser, url: str, values: dict[str, str]) -> tuple[str, httpx.Response]:
    """Where the press leads, and what is found there at first."""
    answer = await browser.send(url, await browser.get(url), values)
    assert answer.status_code == 303, answer.text
    where = answer.headers["location"]
    return where, await browser.http.get(where)


ANSWERS = [
    ("accept.mentee", {"decision": "yes"}),
    ("accept.mentor", {"decision": "yes", "zone": "Asia/Tokyo"}),
    ("propose_times.mentee.1", {"times.0": "2027-01-06T15:00"}),
    ("pick_time.mentor.1", {"time": "2027-01-06T15:00:00Z"}),
]


async def test_a_receipt_just_given_reads_like_the_one_that_the_engine_gives_later() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    asked = [(ask_link(ask), values) for ask, values in ANSWERS]
    asked += [
        (f"{journey_link()}/change_preferences", {"preferences.language": "es", "preferences.zone": "Asia/Kolkata"}),
        (f"{journey_link()}/change_preferences", {"preferences.language": "en"}),
        (f"{journey_link(Role.MENTOR)}/ask_help", {"message": "Please call me."}),
        (f"{journey_link()}/days_away", {"first": "2027-02-01", "last": "2027-02-03"}),
    ]
    for url, values in asked:
        where, first = await pressed(browser, url, values)
        again = await browser.http.get(where)
        assert first.status_code == again.status_code == 200
        assert first.text == again.text, (url, values)


async def test_a_no_that_can_be_taken_back_says_so_at_once_and_later() -> None:
    browser = Browser(PureEngine())
    where, first = await pressed(browser, ask_link("accept.mentee"), {"decision": "no"})
    assert "take it back" in first.text
    assert first.text == (await browser.http.get(where)).text


async def test_a_reload_asks_the_engine_and_so_does_another_web_process() -> None:
    engine = PureEngine()
    browser, another = Browser(engine), Browser(engine)
    url = ask_link("accept.mentee")
    answer = await browser.send(url, await browser.get(url), {"decision": "yes"})
    engine.calls.clear()
    there = await another.http.get(answer.headers["location"])
    assert engine.calls == ["page"]
    here = await browser.http.get(answer.headers["location"])
    assert engine.calls == ["page"]
    reloaded = await browser.http.get(answer.headers["location"])
    assert engine.calls == ["page", "page"]
    assert there.text == here.text == reloaded.text


async def test_a_second_press_of_the_same_form_is_asked_of_the_engine() -> None:
    """Much may have happened since the first: the state of things is not taken from then."""
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    form = await browser.get(url)
    for calls in (["act"], ["act", "page"]):
        engine.calls.clear()
        answer = await browser.send(url, form, {"decision": "yes"})
        assert (await browser.http.get(answer.headers["location"])).status_code == 200
        assert engine.calls == calls


async def test_only_the_link_that_was_pressed_gets_what_was_kept() -> None:
    engine, browser = await with_sessions()
    url = f"{journey_link()}/ask_help"
    answer = await browser.send(url, await browser.get(url), {"message": "Please call me."})
    receipt = answer.headers["location"].rsplit("/", 1)[1]
    engine.calls.clear()
    foreign = await browser.http.get(f"{journey_link(Role.MENTOR)}/ask_help/receipt/{receipt}")
    assert foreign.status_code == 404
    later = await browser.http.get(f"{journey_link(at=START + timedelta(days=1))}/ask_help/receipt/{receipt}")
    assert later.status_code == 200
    assert engine.calls == ["page", "page"]


LINK = LINKS.read(Purpose.JOURNEY, journey_link().rsplit("/", 1)[1])
PAGE = lifecycle.page(a_mentorship(), PageQuery(role=Role.MENTEE), START)
ACT = ChangePreferences(by=Role.MENTEE, preferences=PAGE.preferences)


def receipt(id: str, at: datetime = START) -> Receipt:
    said = say("Your preferences are saved.")
    return Receipt(id=id, act="change_preferences", by=Role.MENTEE, ask="", at=at, recorded=said, happens_next=said)


@pytest.mark.parametrize(
    ("form_stood", "redirect_took", "kept"),
    [(0.0, 0.0, True), (given.FORM_WITHIN + 1, 0.0, False), (0.0, given.FOLLOWED_WITHIN + 1, False)],
)
def test_nothing_is_kept_for_long(form_stood: float, redirect_took: float, kept: bool) -> None:
    time = 0.0
    memory = Given(lambda: time)
    memory.shown("press", PAGE)
    time += form_stood
    memory.told(Purpose.JOURNEY, LINK, ACT, receipt("press"))
    time += redirect_took
    assert (memory.take(Purpose.JOURNEY, LINK, "press") is not None) is kept


def test_of_a_flood_of_forms_the_latest_are_kept() -> None:
    memory = Given()
    presses = [f"press {number}" for number in range(given.MOST + 1)]
    for press in presses:
        memory.shown(press, PAGE)
    found = []
    for press in presses:
        memory.told(Purpose.JOURNEY, LINK, ACT, receipt(press))
        found.append(memory.take(Purpose.JOURNEY, LINK, press) is not None)
    assert found == [False, *[True] * given.MOST]


def test_a_receipt_from_before_the_form_was_shown_is_not_taken_for_a_new_one() -> None:
    memory = Given()
    memory.shown("press", PAGE)
    memory.told(Purpose.JOURNEY, LINK, ACT, receipt("press", START - timedelta(seconds=1)))
    assert memory.take(Purpose.JOURNEY, LINK, "press") is None
