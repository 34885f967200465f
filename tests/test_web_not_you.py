"""Who a link is for: every page that names the pair says it, masked, and offers a way out to whom it is not."""

from datetime import timedelta

import pytest

import lifecycle
from models.base import Role
from models.commands import EndCommand
from tests.web_parts import START, Browser, PureEngine, ask_link, journey_link, text_of, unsubscribe_link

NAMES = ("Ines", "Jonas", "Duarte", "Meyer")
ADDRESSES = ("ines@example.com", "jonas@example.com")


@pytest.mark.parametrize("url", [ask_link("accept.mentee"), journey_link(), unsubscribe_link()])
async def test_the_foot_says_whose_link_it_is_and_never_the_whole_address(url: str) -> None:
    page = await Browser(PureEngine()).get(url)
    assert page.footer is not None
    assert "This link was mailed to i•••@example.com. Not you?" in text_of(str(page.footer))
    assert not [address for address in ADDRESSES if address in str(page)]


async def test_opening_not_you_changes_nothing_and_names_nobody() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    page = await browser.get(ask_link("accept.mentee"))
    before = engine.m
    (way,) = [tag["href"] for tag in page.find_all("a") if tag.get_text() == "Not you?"]
    offered = await browser.get(str(way))
    assert engine.m is before
    assert "i•••@example.com" in text_of(str(offered))
    assert not [name for name in NAMES if name in str(offered)]


async def test_who_got_it_by_mistake_switches_it_off_and_sees_nothing_of_the_pair_after() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    way = f"{journey_link()}/not_mine"
    engine.now += timedelta(hours=1)
    page = await browser.get(way)
    untouched = await browser.send(way, page, {})
    assert untouched.status_code == 422, "a press without the tick may be a machine's"
    answer = await browser.send(way, page, {"confirm": "yes"})
    again = await browser.send(way, page, {"confirm": "yes"})
    assert again.headers["location"] == answer.headers["location"]
    receipt = await browser.get(answer.headers["location"])
    assert "is switched off" in text_of(str(receipt))
    assert "Your journey page" not in text_of(str(receipt))
    late = [await browser.get(url, 410) for url in (ask_link("accept.mentee"), journey_link(), way)]
    for shown in (receipt, *late):
        assert not [secret for secret in (*NAMES, *ADDRESSES) if secret in str(shown)]
    fresh = ask_link("accept.mentee", at=engine.now)
    assert "Meet Jonas" in text_of(str(await browser.get(fresh)))
    await browser.get(ask_link("accept.mentor"))


async def test_after_the_end_it_says_whom_to_tell_and_offers_no_press() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    engine.m = lifecycle.command(engine.m, EndCommand(), engine.now)
    engine.forward(days=1)
    page = await browser.get(f"{journey_link(Role.MENTEE, START)}/not_mine")
    assert page.find("form") is None
    assert "coordinator@example.com" in str(page)
