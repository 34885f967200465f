"""Links and forms that were cut, changed, swapped or signed by keys of before open nothing of anybody else."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

import lifecycle
from links import BadLink, Links, Purpose
from models.answers import ActBase
from models.base import Role
from models.journeys import Journey
from models.pages import Page, PageQuery
from models.state import Receipt
from settings import LOCAL_KEY, Settings
from tests.test_web_asks import with_sessions
from tests.web_parts import (
    BASE,
    LINKS,
    START,
    Browser,
    PureEngine,
    a_mentorship,
    ask_link,
    coordinator_link,
    filled,
    journey_link,
    text_of,
    unsubscribe_link,
)
from tests.web_routes import visitor
from web.app import create_app

OPENED = {
    "a": ask_link("accept.mentee"),
    "c": coordinator_link(),
    "j": journey_link(),
    "u": unsubscribe_link(),
}
FORMS = {"/j": "/pause", "/c": "/message"}
"""Below which path of a link a form is pressed, where it is not the link's own page."""
TOKENS = {purpose: url.rsplit("/", 1)[-1] for purpose, url in OPENED.items()}
OLD, NEW = "o" * 40, "n" * 40


async def nobody_there(http: httpx.AsyncClient, path: str) -> None:
    """Whatever is wrong with a link, the page is the same to the byte, for looking and for pressing."""
    for purpose in "acju":
        never = await http.get(f"/{purpose}/never.was")
        assert never.status_code == 404
        looked = await http.get(path)
        pressed = await http.post(path + FORMS.get(path[:2], ""), data={"decision": "yes"})
        for answer in (looked, pressed):
            assert answer.status_code == 404, path
            assert answer.content == never.content


@pytest.mark.parametrize("purpose", "acju")
async def test_a_token_that_was_cut_changed_or_extended_is_one_that_never_was(purpose: str) -> None:
    engine = PureEngine()
    http = Browser(engine).http
    token = TOKENS[purpose]
    head, _, tail = token.rpartition(".")
    changed = [
        token[:-1], token[1:], token[: len(token) // 2], head, tail, f"{head}.", f".{tail}",
        f"{token}.", f"{token})", f"{token}%2e", f"{token},", f"{token}>", f"{token}x", f"{token}{token}",
        f"{token}%20", f"%20{token}", f"{token}%0a", f"{token}%00", f"{token}=", f"{token}é", f"{token}%ff",
        token.swapcase(), token.upper(), f"{head}.{tail[::-1]}", f"{head[::-1]}.{tail}", token.replace(".", "%252e"),
        "x" * 1025, f"{token}\u200b", "a" * 60_000, "%00", "%ff%fe", "null", "{}", "e30.e30",
    ]  # fmt: skip
    for one in changed:
        await nobody_there(http, f"/{purpose}/{one}")
    assert engine.calls == []


@effort(max_examples=300, deadline=None)
@given(
    purpose=st.sampled_from("acju"),
    at=st.integers(0, 200),
    cut=st.integers(0, 3),
    put=st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)
async def test_no_change_of_a_token_makes_another_link_of_it(purpose: str, at: int, cut: int, put: str) -> None:
    token = TOKENS[purpose]
    changed = token[:at] + put + token[at + cut :]
    genuine = LINKS.read(Purpose(purpose), token)
    try:
        assert LINKS.read(Purpose(purpose), changed) == genuine, "it may be spelt in two ways; it is the same link"
    except BadLink:
        assert changed != token


async def test_the_last_character_may_be_spelt_in_another_way_and_it_is_the_same_person() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelt = []
    for last in alphabet:
        try:
            link = LINKS.read(Purpose.ASK, f"{TOKENS['a'][:-1]}{last}")
        except BadLink:
            continue
        assert link == LINKS.read(Purpose.ASK, TOKENS["a"])
        spelt.append(last)
    assert len(spelt) > 1
    form = filled(await browser.get(url), {"decision": "yes"})
    for last in spelt:
        assert (await browser.http.post(f"{url[:-1]}{last}", data=form)).status_code == 303
    assert engine.effects == 1, "a press counts once, however the link is spelt"


@pytest.mark.parametrize("purpose", "acju")
async def test_a_token_serves_its_own_purpose_only(purpose: str) -> None:
    engine = PureEngine()
    http = Browser(engine).http
    for other in set("acju") - {purpose}:
        await nobody_there(http, f"/{other}/{TOKENS[purpose]}")
    assert engine.calls == []
    await nobody_there(http, f"/{purpose}/{LINKS.serializer('form').dumps('x|accept|accept.mentee|0')}")


async def test_a_key_of_before_opens_while_it_is_listed_and_then_the_link_never_was() -> None:
    engine = PureEngine()
    link = Links(BASE, [OLD]).mint(Purpose.JOURNEY, "pair-1", Role.MENTEE, "", "letter-j", START)
    both, new = (
        visitor(create_app(engine, Settings.model_validate({"base_url": BASE, "link_keys": keys})))
        for keys in (f"{OLD},{NEW}", NEW)
    )
    page = await both.get(link)
    assert page.status_code == 200
    for href in [str(one["href"]) for one in BeautifulSoup(page.text, "lxml").select("a[href*='/a/']")]:
        with_new = Links(BASE, [NEW]).read(Purpose.ASK, href.split("/a/")[1].split("/")[0])
        assert with_new.mentorship == "pair-1", "what a page links to is signed with the new key"
    engine.calls.clear()
    await nobody_there(new, httpx.URL(link).path)
    assert engine.calls == []


@pytest.mark.parametrize(
    "content",
    [
        {"r": "king"}, {"r": "coordinator"}, {"r": ""}, {"r": None}, {"r": ["mentee"]}, {"m": ""}, {"m": "x" * 201},
        {"t": -1}, {"t": 10**20}, {"t": "1"}, {"t": True}, {"j": ""}, {"j": 7}, {"a": None}, {"extra": 1},
    ],
)  # fmt: skip
async def test_even_what_our_key_signed_must_be_a_link_of_this_shape(content: dict[str, Any]) -> None:
    engine = PureEngine()
    http = Browser(engine).http
    for purpose in Purpose:
        mine, not_mine = ("coordinator", "mentee") if purpose is Purpose.COORDINATOR else ("mentee", "coordinator")
        shape = {"m": "pair-1", "r": mine, "a": "accept.mentee", "j": "j", "t": 1_799_000_000, **content}
        if content == {"r": "coordinator"}:
            shape["r"] = not_mine
        token = LINKS.serializer(f"link.{purpose.name.lower()}").dumps(shape)
        await nobody_there(http, f"/{purpose.value}/{token}")
    assert engine.calls == []


@pytest.mark.parametrize(
    "planted", [{"by": "mentor"}, {"ask": "accept.mentor"}, {"act": "unsubscribe"}, {"link": "x"}, {"link.jti": "x"}]
)
async def test_a_form_can_not_say_who_pressed_or_what_was_asked(planted: dict[str, str]) -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    form = filled(await browser.get(url), {"decision": "yes"})
    answer = await browser.http.post(url, data={**form, **planted})
    assert answer.status_code == 422
    assert engine.effects == 0


async def test_a_session_or_a_task_is_that_of_the_form_and_not_that_of_the_address_or_the_body() -> None:
    engine, browser = await with_sessions()
    first, second = (f"{journey_link()}/move_session?session={number}" for number in (1, 2))
    form = filled(await browser.get(first), {"starts_at": "2027-01-13T10:00"})
    before = engine.m
    for address in (second, f"{journey_link()}/move_session", f"{journey_link()}/move_session?session=99"):
        assert (await browser.http.post(address, data=form)).status_code == 403
    assert (await browser.http.post(f"{journey_link()}/give_feedback?task=1", data=form)).status_code == 403
    assert engine.m is before
    assert (await browser.http.post(first, data={**form, "session": "2"})).status_code == 303
    moved = [one.number for one, was in zip(engine.m.sessions, before.sessions, strict=True) if one != was]
    assert moved == [1]


async def test_the_nonce_of_one_form_presses_no_other() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    ask = next(one.id for one in lifecycle.all_asks(engine.m) if one.opened_at <= engine.now and "report" in one.id)
    links = [
        ask_link(ask), ask_link(ask, letter="letter-2"), f"{ask_link(ask)}/snooze", f"{ask_link(ask)}/fresh",
        unsubscribe_link(), unsubscribe_link(Role.MENTOR),
        *(f"{journey_link()}/{act}" for act in ("pause", "exit_ramp", "stop_contact", "ask_help")),
        f"{journey_link()}/cancel_session?session=3", f"{journey_link()}/cancel_session?session=4",
        f"{journey_link(Role.MENTOR)}/pause", f"{journey_link(Role.MENTOR)}/stop_contact",
    ]  # fmt: skip
    forms = {url: filled(await browser.get(url), {})["nonce"] for url in links}
    assert len(set(forms.values())) == len(links)
    answered = {"confirm": "yes", "until": "2027-02-01", "message": "x", "choice": "end", "days": "1", "mail": "all"}
    before = engine.m
    engine.calls.clear()
    for url in links:
        for other in links:
            if url != other:
                answer = await browser.http.post(url, data={**answered, "nonce": forms[other]})
                # The answer of an ask and what is done beside it share the link: there it is the wrong moment instead.
                assert answer.status_code in (403, 409), (url[-40:], other[-40:])
    assert engine.m is before
    assert "act" not in engine.calls


@dataclass
class TwoPairs(PureEngine):
    """Two mentorships of people who must never read of each other."""

    others: PureEngine = field(default_factory=PureEngine)

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt:
        if id == self.others.m.id:
            return await self.others.act(id, act, update_id=update_id)
        return await super().act(id, act, update_id=update_id)

    async def page(self, id: str, query: PageQuery) -> Page:
        return await (self.others.page(id, query) if id == self.others.m.id else super().page(id, query))

    async def journey(self, id: str, query: PageQuery) -> Journey:
        return await (self.others.journey(id, query) if id == self.others.m.id else super().journey(id, query))


async def test_nothing_of_another_pair_or_of_the_partners_private_words_is_ever_shown() -> None:
    ours, _ = await with_sessions()
    engine = TwoPairs(m=ours.m, now=ours.now)
    other = a_mentorship("pair-2")
    engine.others.m = other.evolve(
        mentee=other.mentee.evolve(name="Secret Mentee", email="secret1@example.com"),
        mentor=other.mentor.evolve(name="Secret Mentor", email="secret2@example.com"),
    )
    browser = Browser(engine)
    private = "words for the coordinator alone"
    await browser.press(f"{journey_link(Role.MENTOR)}/ask_help", message=private)
    foreign = LINKS.mint(Purpose.ASK, "pair-2", Role.MENTEE, "accept.mentee", "letter-9", START)
    answer = await browser.send(foreign, await browser.get(foreign), {"decision": "yes"})
    theirs = answer.headers["location"].rsplit("/", 1)[-1]
    asked = [ask_link(one) for one in [*engine.m.answers, *(ask.id for ask in lifecycle.all_asks(engine.m))]]
    asked = [url for url in asked if LINKS.read(Purpose.ASK, url.rsplit("/", 1)[-1]).role is Role.MENTEE]
    addresses = [*asked, journey_link(), unsubscribe_link(), *(f"{journey_link()}/{act}" for act in ("pause", "undo"))]
    addresses += [f"{url}/receipt/{theirs}" for url in (asked[0], f"{journey_link()}/pause")]
    seen = 0
    for url in addresses:
        for query in ("", "?mentorship=pair-2&by=mentor&role=mentor&ask=accept.mentee&session=1&task=1&take=theirs"):
            page = await browser.http.get(url + query)
            assert page.status_code < 500
            for word in ("Secret", "secret1", "secret2", private):
                assert word not in page.text, url
            seen += "Jonas" in page.text
    assert seen > 10, "those pages do show one's own pair"


async def test_a_fresh_link_goes_to_the_address_on_record_and_thrice_a_day() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = f"{journey_link()}/fresh_link"
    for _ in range(3):
        page = await browser.get(url)
        form = {**filled(page, {}), "email": "thief@example.com"}
        assert (await browser.http.post(url, data=form)).status_code == 422, "there is no field for an address"
        assert (await browser.send(url, page, {})).status_code == 303
        engine.forward(hours=1)
    refused = await browser.send(url, await browser.get(url), {})
    assert refused.status_code == 409
    assert "We have sent you several links today. Please look in your mailbox." in text_of(refused.text)
    assert "thief" not in engine.m.model_dump_json()
    assert LOCAL_KEY not in refused.text
