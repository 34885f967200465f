"""Looking changes nothing, and no link is a dead end."""

import logging
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

import lifecycle
from links import Purpose
from models.base import PAIR, Role
from models.commands import EndCommand, RevokeLinksCommand
from models.state import Stage
from tests.test_web_asks import introduced, with_sessions
from tests.web_parts import (
    LINKS,
    START,
    Browser,
    PureEngine,
    ask_link,
    coordinator_link,
    journey_link,
    text_of,
    unsubscribe_link,
)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_scanner_that_opens_every_address_changes_nothing(method: str) -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    before, effects = engine.m.model_dump_json(), engine.effects
    tokens = {
        "/a/": [ask_link(ask.id) for ask in lifecycle.all_asks(engine.m)] + [ask_link(ask) for ask in engine.m.answers],
        "/j/": [journey_link(), journey_link(Role.MENTOR)],
        "/u/": [unsubscribe_link()],
        "/c/": [coordinator_link()],
    }
    paths = {route.path for route in _routes(browser)}
    assert {"/a/{token}", "/j/{token}/{act}", "/u/{token}", "/c/{token}/{deed}", "/outbox/skip"} <= paths
    engine.calls.clear()
    opened = 0
    for path in sorted(paths):
        for act in (
            "pause",
            "resume",
            "undo",
            "exit_ramp",
            "stop_contact",
            "fresh_link",
            "not_mine",
            "move_session",
            "unsubscribe",
            "message",
            "end",
        ):
            for link in tokens.get(path[:3], [""]):
                token = link.rsplit("/", 1)[-1]
                address = path.format(
                    token=token, act=act, deed=act, receipt_id="0" * 32, mail_id="none", index=0, path="x"
                )
                answer = await browser.http.request(method, f"{address}?decision=yes&session=2&confirm=yes&task=1")
                assert answer.status_code < 500, (address, answer.text)
                opened += 1
    assert opened > 100
    assert "act" not in engine.calls
    assert engine.m.model_dump_json() == before
    assert engine.effects == effects


def _routes(browser: Browser) -> list:  # type: ignore[type-arg]
    found = []
    for route in browser.app.routes:
        inner = getattr(route, "original_router", None)
        found += list(inner.routes) if inner is not None else [route]
    return [route for route in found if hasattr(route, "path") and not route.path.startswith("/static")]


@pytest.mark.parametrize("token", ["x", "x.y", "a" * 5000, "..%2f..", "%00"])
async def test_a_malformed_link_is_not_found_and_asks_the_engine_nothing(token: str) -> None:
    engine = PureEngine()
    browser = Browser(engine)
    for purpose in Purpose:
        answer = await browser.http.get(f"/{purpose.value}/{token}")
        assert answer.status_code == 404
        assert "/static/style.css" in answer.text, "it is a page"
    assert engine.calls == []


async def test_a_tampered_link_and_one_for_another_purpose_look_the_same() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    link = ask_link("accept.mentee")
    token = link.rsplit("/", 1)[-1]
    payload, signature = token.split(".")
    pages = [
        await browser.get(f"/a/{payload[:-2]}AA.{signature}", 404),
        await browser.get(f"/j/{token}", 404),
        await browser.get(f"/u/{token}", 404),
    ]
    assert len({str(page) for page in pages}) == 1
    answer = await browser.http.post(f"/j/{token}/pause", data={"until": "2027-02-01"})
    assert answer.status_code == 404
    assert engine.calls == []


async def test_the_coordinator_has_no_page_of_the_pair_and_they_none_of_the_coordinators() -> None:
    engine = PureEngine()
    crossed = [(Purpose.COORDINATOR, role) for role in PAIR]
    crossed += [(one, Role.COORDINATOR) for one in Purpose if one is not Purpose.COORDINATOR]
    for purpose, role in crossed:
        await Browser(engine).get(LINKS.mint(purpose, "pair-1", role, "", "x", START), 404)
    assert engine.calls == []


async def test_a_link_to_a_mentorship_that_is_not_kept_is_gone() -> None:
    page = await Browser(PureEngine()).get(ask_link("accept.mentee", mentorship="forgotten"), 410)
    assert "no longer kept" in text_of(str(page))


async def test_an_ask_that_never_was_is_unknown() -> None:
    page = await Browser(PureEngine()).get(
        LINKS.mint(Purpose.ASK, "pair-1", Role.MENTEE, "dance.mentee", "x", START), 404
    )
    assert "nothing here" in text_of(str(page))


async def test_an_ask_that_moved_on_says_so_and_refuses_a_late_press() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    engine.m = engine.m.evolve(stage=Stage.GOAL_SETTING)
    assert "This has moved on" in text_of(str(await browser.get(url)))
    late = await browser.send(url, page, {"decision": "yes"})
    assert late.status_code == 409
    assert "See where your mentorship stands" in text_of(late.text)


async def test_an_ask_that_ran_out_offers_the_journey_and_a_fresh_link() -> None:
    engine, browser = await introduced()
    url = ask_link("set_goals.mentee.1")
    engine.m = engine.m.evolve(ran_out={"set_goals.mentee.1": engine.now})
    page = await browser.get(url, 410)
    assert "went on without an answer" in text_of(str(page))
    answer = await browser.send(url, page, {})
    assert answer.status_code == 303
    receipt = await browser.get(answer.headers["location"])
    assert "the address we have on record" in text_of(str(receipt))


async def test_a_withdrawn_link_shows_nothing_of_the_pair_and_mails_a_fresh_one() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    engine.now += timedelta(days=1)
    engine.m = lifecycle.command(engine.m, RevokeLinksCommand(role=Role.MENTEE), engine.now)
    for url in (ask_link("accept.mentee"), journey_link()):
        page = await browser.get(url, 410)
        assert "Jonas" not in str(page)
        assert "Ines" not in str(page)
        answer = await browser.send(url, page, {})
        receipt = await browser.get(answer.headers["location"])
        assert "the address we have on record" in text_of(str(receipt))
    fresh = ask_link("accept.mentee", at=engine.now + timedelta(minutes=1))
    assert "Meet Jonas" in text_of(str(await browser.get(fresh)))


async def test_after_the_end_a_page_says_how_it_ended_and_a_press_is_refused() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentor")
    page = await browser.get(url)
    engine.m = lifecycle.command(engine.m, EndCommand(), engine.now)
    engine.forward(days=3)
    assert engine.m.stage is Stage.ENDED
    assert "has ended" in text_of(str(await browser.get(url)))
    assert (await browser.send(url, page, {"decision": "yes"})).status_code == 409
    journey = text_of(str(await browser.get(journey_link(Role.MENTOR))))
    assert "The program closed it." in journey
    assert "At any time" not in journey


async def test_a_question_that_comes_too_soon_says_not_yet() -> None:
    engine, browser = await with_sessions()
    future = next(ask for ask in lifecycle.all_asks(engine.m) if ask.opened_at > engine.now)
    page = await browser.get(ask_link(future.id))
    assert "Not yet" in text_of(str(page))


async def test_while_the_engine_is_away_a_look_says_so_and_a_press_keeps_the_answer() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    engine.down = True
    away = await browser.http.get(url)
    assert away.status_code == 503
    assert away.headers["retry-after"] == "60"
    kept = await browser.send(url, page, {"decision": "yes", "reason": "First line\nsecond <line>"})
    assert kept.status_code == 503
    engine.down = False
    again = await browser.send(url, BeautifulSoup(kept.text, "lxml"), {})
    assert again.status_code == 303
    given = engine.m.answers["accept.mentee"].act
    assert given is not None
    assert given.act == "accept"
    assert given.reason == "First line\nsecond <line>"


async def test_a_press_whose_answer_was_lost_counts_once_when_it_is_pressed_again() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    engine.drop_answer = True
    kept = await browser.send(url, await browser.get(url), {"decision": "yes"})
    assert kept.status_code == 503
    engine.drop_answer = False
    again = await browser.send(url, BeautifulSoup(kept.text, "lxml"), {})
    assert again.status_code == 303
    assert engine.effects == 1


async def test_a_receipt_is_shown_to_its_owner_only() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    answer = await browser.send(url, await browser.get(url), {"decision": "yes"})
    receipt = answer.headers["location"].rsplit("/", 1)[-1]
    await browser.get(f"{ask_link('accept.mentor')}/receipt/{receipt}", 404)
    await browser.get(f"{url}/receipt/{'0' * 32}", 404)
    await browser.get(f"{url}/receipt/{receipt}")


async def test_a_refused_method_has_its_page() -> None:
    answer = await Browser(PureEngine()).http.delete(ask_link("accept.mentee"))
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"] or "GET" in answer.headers["allow"]
    assert "/static/style.css" in answer.text


async def test_no_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    with caplog.at_level(logging.DEBUG):
        await browser.press(url, decision="yes")
        engine.down = True
        await browser.http.get(url)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not any(url.rsplit("/", 1)[-1] in message for message in ours)
