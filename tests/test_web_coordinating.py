"""The coordinator's page: from the mail that calls, over the page and its forms, to what the pair hears."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

import lifecycle
from lifecycle.coordinating import possible
from links import Links, Purpose
from models.acts import StopContact
from models.answers import ActBase
from models.base import Role
from models.commands import ChangeProgramCommand, EndCommand, RevokeLinksCommand
from models.mail import Letter, MailEvent, MailKind
from models.state import Outcome, Stage
from tests.test_web_asks import with_sessions
from tests.web_parts import LINKS, START, Browser, PureEngine, ask_link, coordinator_link, text_of
from web.coordinating import DEEDS


class Postbox(PureEngine):
    """The pure engine, keeping the letters that it would send."""

    letters: list[Letter]

    def settle(self) -> None:
        self.m, delivery = lifecycle.advance(self.m, self.now)
        kept = getattr(self, "letters", [])
        self.letters = [*kept, *(delivery.letters if delivery is not None else ())]

    def to(self, role: Role, kind: MailKind) -> list[Letter]:
        return [one for one in self.letters if one.to.role is role and one.kind is kind]


async def a_silent_mentor() -> tuple[Postbox, Browser, str]:
    """Ines accepted, Jonas did not answer, and the mail to the coordinator has just come: the link that it holds."""
    engine = Postbox()
    engine.settle()
    browser = Browser(engine)
    await browser.press(ask_link("accept.mentee"), decision="yes")
    engine.forward(days=14, hours=2)
    (letter,) = engine.to(Role.COORDINATOR, MailKind.ATTENTION)
    link = LINKS.mint(Purpose.COORDINATOR, "pair-1", Role.COORDINATOR, "", letter.id, letter.at)
    return engine, browser, link


def stop(engine: PureEngine) -> None:
    act: ActBase = StopContact(by=Role.MENTEE, message="Please stop this")
    engine.m, _ = lifecycle.apply(engine.m, act, engine.now, "stop")


async def test_the_page_says_what_is_wrong_whom_we_wait_for_and_how_to_reach_them() -> None:
    _engine, browser, link = await a_silent_mentor()
    page = await browser.get(link)
    text = text_of(str(page))
    for said in (
        "Ines Duarte and Jonas Meyer",
        "Needs attention",
        "mentor has not answered “accept the mentorship” for 14 days",
        "Since Monday 4 January 2027",
        "Write to them yourself",
        "Jonas Meyer (mentor): accept the mentorship",
        "nudged 3 times",
        "Getting to know each other",
    ):
        assert said in text, said
    addresses = {str(one["href"]) for one in page.select("a[href^=mailto]")}
    assert addresses == {"mailto:ines@example.com", "mailto:jonas@example.com"}
    offered = {str(one["href"]).rsplit("/", 1)[-1] for one in page.select(".deeds a")}
    assert offered == {"message", "patience", "pause", "rematch", "end"}


async def test_looking_changes_nothing_and_every_form_says_what_they_hear() -> None:
    engine, browser, link = await a_silent_mentor()
    before = engine.m
    await browser.http.head(link)
    for deed in ("message", "patience", "pause", "rematch", "end"):
        page = await browser.get(f"{link}/{deed}")
        assert "What they hear" in text_of(str(page))
        assert not page.select("input[checked]"), "nothing is chosen for a person"
        answer = await browser.send(f"{link}/{deed}", page, {})
        assert answer.status_code == 422, "a form that is sent as it opens does nothing"
    assert engine.m is before


async def test_a_message_to_both_reaches_each_in_their_hours() -> None:
    engine, browser, link = await a_silent_mentor()
    sent_at = engine.now
    receipt = await browser.press(f"{link}/message", to="both", text="How are <b>you</b> two?")
    assert "Your message goes to Ines Duarte and Jonas Meyer." in text_of(str(receipt))
    assert "Answers come to you." in text_of(str(receipt))
    assert "Your message goes to Ines Duarte" in text_of(str(await browser.get(link))), "the page remembers"
    engine.settle()
    engine.forward(days=1)
    for role in (Role.MENTEE, Role.MENTOR):
        (letter,) = engine.to(role, MailKind.COORDINATOR_MESSAGE)
        assert letter.items[0].note == "How are <b>you</b> two?"
        assert letter.at - sent_at < timedelta(days=1)


async def test_more_patience_moves_the_end_of_the_ask() -> None:
    engine, browser, link = await a_silent_mentor()
    (before,) = lifecycle.all_asks(engine.m)
    receipt = await browser.press(f"{link}/patience", days="7")
    assert "7 more days" in text_of(str(receipt))
    (after,) = lifecycle.all_asks(engine.m)
    assert after.ends_at == before.ends_at + timedelta(days=7)
    engine.forward(days=5)
    assert engine.m.stage is Stage.INTRO
    engine.forward(days=6)
    assert engine.m.outcome is Outcome.LAPSED


async def test_handing_back_ends_it_and_tells_everyone() -> None:
    engine, browser, link = await a_silent_mentor()
    receipt = await browser.press(f"{link}/rematch", outcome="not_a_fit", reason="Jonas has left")
    assert "handed back to be matched anew" in text_of(str(receipt))
    engine.settle()
    engine.forward(days=3)
    for role in (Role.MENTEE, Role.MENTOR):
        (closing,) = engine.to(role, MailKind.CLOSING)
        assert closing.items[0].rematch
        assert "Jonas has left" not in closing.model_dump_json()
    result = lifecycle.ended(engine.m)
    assert (result.outcome, result.rematch, result.note) == (Outcome.NOT_A_FIT, True, "Jonas has left")
    page = await browser.get(link)
    assert "The two were handed back to be matched anew." in text_of(str(page))
    assert not page.select(".deeds a"), "there is nothing left to do"


async def test_a_pause_and_going_on() -> None:
    engine, browser, link = await a_silent_mentor()
    far = await browser.send(link, await browser.get(f"{link}/pause"), {"until": "2027-12-01"})
    assert far.status_code == 422
    assert 'id="f-until-mistake"' in far.text
    await browser.press(f"{link}/pause", until="2027-02-01", reason="Jonas is ill")
    assert "It rests until Monday 1 February 2027" in text_of(str(await browser.get(link)))
    refused = await browser.send(link, await browser.get(f"{link}/resume"), {})
    assert refused.status_code == 422, "a tick is needed"
    await browser.press(f"{link}/resume", confirm="yes")
    engine.settle()
    engine.forward(days=2)
    assert engine.to(Role.MENTEE, MailKind.PAUSED) == [], "a pause that nobody heard of needs no mail"


async def test_after_a_stop_of_all_contact_it_is_lifted_or_ended() -> None:
    engine, browser, link = await a_silent_mentor()
    stop(engine)
    page = await browser.get(link)
    text = text_of(str(page))
    assert "All contact is stopped." in text
    assert "Without you, it ends kindly on" in text
    assert "Please stop this" not in text, "the mail told it once"
    assert {str(one["href"]).rsplit("/", 1)[-1] for one in page.select(".deeds a")} == {"resume", "rematch", "end"}
    assert "It does not say who had asked" in text_of(str(await browser.get(f"{link}/resume")))
    receipt = await browser.press(f"{link}/end", outcome="ended_early")
    assert "The mentorship has ended." in text_of(str(receipt))
    engine.settle()
    assert engine.m.outcome is Outcome.ENDED_EARLY


async def test_nothing_that_is_between_the_pair_is_on_the_page() -> None:
    engine, browser = await with_sessions()
    m = engine.m
    text = text_of(str(await browser.get(coordinator_link())))
    between = [m.goals[0].title, m.goals[0].why, m.mentee.bio, *(task.title for task in m.tasks)]
    assert m.goals
    assert not [one for one in between if one in text]
    assert "They meet next" in text


async def test_unreachable_and_undelivered_mail_is_named() -> None:
    engine, browser, link = await a_silent_mentor()
    event = MailEvent(letter="pair-1-0001", to=Role.MENTOR, event="bounced", reason="550 no such mailbox")
    engine.m = lifecycle.mail_event(engine.m, event, engine.now)
    assert "Our mail does not get there: 550 no such mailbox" in text_of(str(await browser.get(link)))
    receipt = await browser.press(f"{link}/message", to="both", text="Hello")
    assert "goes to Ines Duarte only: our mail does not get to Jonas Meyer" in text_of(str(receipt))


# Unhappy pages.


async def test_a_press_twice_counts_once_and_a_later_one_again() -> None:
    engine, browser, link = await a_silent_mentor()
    page = await browser.get(f"{link}/patience")
    first, again = [await browser.send(link, page, {"days": "3"}) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    assert engine.effects == 2, "the acceptance and this"
    await browser.press(f"{link}/patience", days="3")
    assert engine.effects == 3


async def test_a_lost_answer_and_an_engine_that_is_away_keep_the_text() -> None:
    engine, browser, link = await a_silent_mentor()
    page = await browser.get(f"{link}/message")
    engine.drop_answer = True
    lost = await browser.send(link, page, {"to": "both", "text": "Two\nlines"})
    assert lost.status_code == 503
    assert "Two\nlines" in lost.text
    engine.drop_answer, engine.down = False, True
    assert (await browser.http.get(link)).status_code == 503
    engine.down = False
    answer = await browser.send(link, BeautifulSoup(lost.text, "lxml"), {})
    assert answer.status_code == 303
    assert engine.effects == 2, "it had arrived, and is not sent twice"


async def test_a_link_that_was_cut_or_is_for_something_else_opens_nothing() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    token = coordinator_link().rsplit("/", 1)[-1]
    foreign = Links("http://127.0.0.1:8000", ["x" * 40])
    elsewhere = foreign.mint(Purpose.COORDINATOR, "pair-1", Role.COORDINATOR, "", "l", START)
    for path in (f"/c/{token[:-3]}", f"/j/{token}", f"/a/{token}", f"/u/{token}", urlsplit(elsewhere).path):
        await browser.get(path, 404)
    answer = await browser.http.post(f"/c/{token[:-3]}/end", data={"outcome": "cancelled"})
    assert answer.status_code == 404
    assert (await browser.http.post(f"/c/{token}/end", data={"outcome": "cancelled"})).status_code == 403, "no nonce"
    assert (await browser.http.get(f"/c/{token}/dance")).status_code == 404
    assert (await browser.http.get(f"/c/{token}/receipt/none")).status_code == 404
    assert engine.m.stage is Stage.INTRO


@pytest.mark.parametrize("how", ["another coordinator", "on purpose"])
async def test_a_coordinator_who_is_replaced_sees_and_does_nothing_more(how: str) -> None:
    engine, browser, link = await a_silent_mentor()
    await browser.press(f"{link}/patience", days="7")
    page = await browser.get(f"{link}/end")
    engine.now += timedelta(hours=1)
    program = engine.m.program
    other = program.evolve(coordinator=program.coordinator.evolve(email="new@example.com"))
    order = RevokeLinksCommand(role=Role.COORDINATOR) if how == "on purpose" else ChangeProgramCommand(program=other)
    engine.m = lifecycle.command(engine.m, order, engine.now)
    gone = await browser.get(link, 410)
    assert "This link no longer works" in text_of(str(gone))
    assert "Ines" not in str(gone)
    assert (await browser.send(link, page, {"outcome": "cancelled"})).status_code == 410
    assert engine.m.stage is Stage.INTRO
    engine.settle()
    engine.forward(days=2)
    newer = engine.to(Role.COORDINATOR, MailKind.ATTENTION)[-1]
    fresh = LINKS.mint(Purpose.COORDINATOR, "pair-1", Role.COORDINATOR, "", newer.id, newer.at)
    assert "Needs attention" in text_of(str(await browser.get(fresh)))


async def test_what_is_not_possible_just_now_shows_what_is() -> None:
    engine, browser, link = await a_silent_mentor()
    form = await browser.get(f"{link}/patience")
    assert "This is not possible as things stand." in text_of(str(await browser.get(f"{link}/resume")))
    engine.m = lifecycle.command(engine.m, EndCommand(), engine.now)
    late = await browser.send(link, form, {"days": "3"})
    assert late.status_code == 409
    assert "It has ended" in text_of(late.text)


async def test_a_refusal_by_the_rules_keeps_what_was_written() -> None:
    engine, browser, link = await a_silent_mentor()
    event = MailEvent(letter="pair-1-0001", to=Role.MENTOR, event="bounced", reason="gone")
    engine.m = lifecycle.mail_event(engine.m, event, engine.now)
    answer = await browser.send(link, await browser.get(f"{link}/message"), {"to": "mentor", "text": "Long words"})
    assert answer.status_code == 409
    assert "Our mail does not get there just now." in text_of(answer.text)
    assert "Long words" in answer.text


async def test_a_form_with_a_field_of_its_own_making_is_refused() -> None:
    engine, browser, link = await a_silent_mentor()
    page = await browser.get(f"{link}/end")
    form = page.find("form")
    assert form is not None
    form.append(BeautifulSoup('<input name="rematch" value="true">', "html.parser"))
    answer = await browser.send(link, page, {"outcome": "cancelled"})
    assert answer.status_code == 422
    assert engine.m.stage is Stage.INTRO


def test_every_deed_is_one_that_the_rules_know() -> None:
    engine = PureEngine()
    assert set(possible(engine.m, engine.now)) <= set(DEEDS)
