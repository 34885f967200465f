"""Single forms in a real browser: by keyboard alone, with mistakes, with names from elsewhere, while none answers."""

import re
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import expect

from demo.mailbox import Mail, Mailbox
from models.base import PAIR, Role
from models.people import Start
from tests.browser_house import House, a_pair, open_house
from tests.browser_keyboard import Keyboard
from tests.browser_person import DESK, PHONE, SCRIPTED_PHONE, Device, Person
from tests.screenshots import NEEDS_CHROMIUM
from workflows.time_skipping import idle, skip_to_next

pytestmark = [NEEDS_CHROMIUM, pytest.mark.timeout(300)]

MENTEE, MENTOR = PAIR
NAMES = ("שרה (כהן) 7", "محمد بن عبد الله بن عبد الرحمن الطويل جدا", "Ж" * 90, "<b>Ann</b> & “Bob” {{ 7 }}")
DEEDS = {
    PHONE.name: {
        "message": {"to": "both", "text": "How are you two?"},
        "patience": {"days": "7"},
        "pause": {"reason": "A move to another town."},
    },
    DESK.name: {"resume": {}, "end": {"outcome": "ended_early"}},
}
"""What the coordinator does, one thing after the other, and what they say."""
ORDER = """names => {
    const wrong = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!node.parentElement.checkVisibility() || !names.some(name => node.data.includes(name))) continue;
        let pieces = [[0, node.data]];
        for (const name of names) pieces = pieces.flatMap(([at, text]) => {
            const found = text.indexOf(name);
            if (found < 0 || names.includes(text)) return [[at, text]];
            const end = found + name.length;
            return [[at, text.slice(0, found)], [at + found, name], [at + end, text.slice(end)]];
        });
        const words = pieces.flatMap(([at, text]) => names.includes(text) ? [[at, text]]
            : [...text.matchAll(/\\S+/g)].map(match => [at + match.index, match[0]]));
        let last = null;
        for (const [at, text] of words) {
            const range = document.createRange();
            range.setStart(node, at); range.setEnd(node, at + text.length);
            const box = range.getClientRects()[0];
            if (!box) continue;
            const turned = last && Math.abs(box.top - last.box.top) < 4 && box.left < last.box.left;
            if (turned) wrong.push(last.text + " | " + text);
            last = { box, text };
        }
    }
    return wrong; }"""


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("forms")) as running:
        yield running


class Pair:
    """Two people whose mentorship has just begun."""

    def __init__(self, house: House, start: Start, people: dict[Role, Person]) -> None:
        self.house, self.id, self.people = house, start.id, people
        self.mailbox = Mailbox(house.parts.outbox, start.id)

    @classmethod
    async def begin(cls, house: House, start: Start, mentee: Device, mentor: Device) -> "Pair":
        await house.start(start)
        devices = {MENTEE: mentee, MENTOR: mentor}
        return cls(house, start, {role: await house.person(start, role, devices[role]) for role in PAIR})

    async def mail(self, role: Role, ask: str) -> tuple[Mail, str]:
        """The first mail that asks someone for this, and its link; the clock is moved until it has come."""
        for _ in range(200):
            self.mailbox.fetch()
            for mail in self.mailbox.mails:
                for id, url in mail.asked:
                    if mail.to is role and id.split(".")[0] == ask:
                        return mail, url
            assert await skip_to_next(self.house.parts.client, self.id) is not None
        raise AssertionError(f"the {role} was never asked to {ask}")

    async def call_for_help(self) -> str:
        """The link of the first mail that calls the coordinator, while nobody does anything."""
        for _ in range(200):
            self.mailbox.fetch()
            for mail in self.mailbox.mails:
                if mail.to is Role.COORDINATOR and (link := re.search(r"https?://[^/\s]+/c/\S+", mail.text)):
                    return link[0]
            assert await skip_to_next(self.house.parts.client, self.id) is not None
        raise AssertionError("the coordinator was never called")

    async def opens(self, role: Role, ask: str) -> Person:
        """Someone who has opened the link of what they are asked."""
        _, url = await self.mail(role, ask)
        await self.people[role].open(url)
        return self.people[role]

    async def answers(self, role: Role, ask: str, **says: str) -> None:
        """Someone answers as the demo's people do."""
        person = await self.opens(role, ask)
        await person.answer(ask, await self.now(), says)

    async def now(self) -> datetime:
        now = await idle(self.house.parts.client, self.id)
        assert now is not None
        return now


async def test_the_keyboard_alone_is_enough(house: House) -> None:
    pair = await Pair.begin(house, a_pair("keys", "career"), mentee=DESK, mentor=SCRIPTED_PHONE)
    keys = Keyboard(pair.people[MENTEE])
    await pair.opens(MENTEE, "accept")
    await keys.answer("accept", await pair.now())
    await pair.answers(MENTOR, "accept")
    await pair.opens(MENTEE, "propose_times")
    await keys.answer("propose_times", await pair.now())
    assert "2" in keys.person.read.html.get_text(), "the receipt tells the times"
    await pair.answers(MENTOR, "pick_time")
    await pair.opens(MENTEE, "fit_check")
    await keys.follow("/exit_ramp")
    await pair.opens(MENTEE, "fit_check")
    await keys.answer("fit_check", await pair.now())
    await pair.answers(MENTOR, "fit_check")
    await pair.opens(MENTEE, "set_goals")
    await keys.answer("set_goals", await pair.now())
    assert keys.lost == []
    assert keys.person.disturbed == []
    assert set(keys.person.done) == {"accept", "propose_times", "fit_check", "set_goals"}


@pytest.mark.parametrize("device", [PHONE, DESK], ids=lambda device: device.name)
async def test_a_mistake_brings_the_page_back_with_all_that_was_typed(house: House, device: Device) -> None:
    pair = await Pair.begin(house, a_pair(f"mistakes-{device.scripts}".lower(), "single_session"), device, device)
    for role in PAIR:
        person = await pair.opens(role, "accept")
        await mistaken(person, "accept", await pair.now(), {"decision": ""})
        await person.answer("accept", await pair.now())
    person = await pair.opens(MENTEE, "set_goals")
    await mistaken(person, "set_goals", await pair.now(), {"goals.0.measure": ""})
    await person.answer("set_goals", await pair.now())
    person = await pair.opens(MENTEE, "prepare")
    await person.follow("/exit_ramp")
    await mistaken(person, "exit_ramp", await pair.now(), {"choice": "", "note": "A long story."})


async def mistaken(person: Person, act: str, now: datetime, wrong: dict[str, str]) -> None:
    """Fills in a form with something wrong in it, step by step until the page says so, and looks at what came back."""
    typed: dict[str, str | list[str]] = {}
    for _ in range(20):
        typed |= person.wants(act, now, wrong)
        await person.fill({name: value for name, value in typed.items() if value})
        await person.press(person.button())
        if person.read.problems:
            break
    page, form = person.read, person.read.form
    assert page.status == 422
    assert form is not None
    for name, field in form.fields.items():
        if name in typed and field.type != "hidden":
            assert (field.value or "") == (typed[name] or ""), f"{name} is as it was typed"
    amiss = {name for name in form.fields.keys() & wrong.keys() if not wrong[name]}
    links = page.html.select(".problems a[href^='#'], [role=alert] a[href^='#']")
    assert {await led_to(person, tag.get_text()) for tag in links} == amiss
    invalid = person.page.locator("[aria-describedby*='-mistake']")
    assert {await one.evaluate(NAME) for one in await invalid.all()} == amiss


NAME = "one => (one.matches('[name]') ? one : one.querySelector('[name]'))?.name"


async def led_to(person: Person, words: str) -> str:
    """The field to which a link of the summary leads: in sight, and with the focus where it can have it."""
    await person.page.get_by_role("link", name=words, exact=True).first.click()
    target = person.page.locator(":target")
    assert await target.count() == 1, f"“{words}” leads somewhere"
    await expect(target).to_be_in_viewport()
    if await target.evaluate("one => one.matches('[name]')"):
        await expect(target).to_be_focused()
    return str(await target.evaluate(NAME))


async def test_names_in_other_scripts_neither_break_the_page_nor_turn_its_words_around(house: House) -> None:
    start = a_pair("names", "career")
    mentor, mentee = start.mentor.evolve(name=NAMES[0]), start.mentee.evolve(name=NAMES[1])
    long, marked = start.mentor.evolve(name=NAMES[2]), start.mentee.evolve(name=NAMES[3])
    for one in (
        start.evolve(mentor=mentor, mentee=mentee, shared=(NAMES[0],)),
        start.evolve(id="names-long", mentor=long, mentee=marked),
    ):
        pair = await Pair.begin(house, one, mentee=PHONE, mentor=DESK)
        for role, kind in ((MENTEE, "accept"), (MENTOR, "accept"), (MENTEE, "propose_times"), (MENTOR, "pick_time")):
            person = await pair.opens(role, kind)
            partner = one.mentor.name if role is MENTEE else one.mentee.name
            assert partner in person.read.html.get_text(), "as it was given"
            assert await person.page.evaluate(ORDER, list(NAMES)) == []
            await person.answer(kind, await pair.now())
            await person.follow(urlsplit(next(url for url in person.read.links if "/j/" in url)).path)
            assert await person.page.evaluate(ORDER, list(NAMES)) == []


async def test_the_coordinator_steps_in_by_the_link_of_the_mail_that_calls(house: House) -> None:
    pair = await Pair.begin(house, a_pair("desk", "career"), mentee=PHONE, mentor=DESK)
    await pair.answers(MENTEE, "accept")
    link = await pair.call_for_help()
    for device in (PHONE, DESK):
        person = await house.person(a_pair("desk", "career"), Role.COORDINATOR, device)
        await person.open(link)
        assert "Amara Okafor" in person.read.html.get_text()
        for deed, says in DEEDS[device.name].items():
            await person.follow(f"/{deed}")
            await person.answer(deed, await pair.now(), says)
            await person.open(link)
            assert person.read.status == 200


async def test_what_was_typed_is_kept_while_the_engine_is_away_and_counts_once_it_is_back(house: House) -> None:
    pair = await Pair.begin(house, a_pair("away", "career"), mentee=PHONE, mentor=DESK)
    person = await pair.opens(MENTEE, "accept")
    now = await pair.now()
    worker = house.parts.running["worker"].process
    worker.send_signal(signal.SIGSTOP)
    try:
        await person.fill(person.wants("accept", now, {"decision": "no", "reason": "A new town,\nand “no” time."}))
        await person.press(person.button())
        assert person.read.status == 503
    finally:
        worker.send_signal(signal.SIGCONT)
    await person.press(person.button())
    assert "/receipt/" in person.read.url
    assert "A new town,\nand “no” time." in person.read.html.get_text()


async def test_no_page_of_all_these_keeps_anyone_out(house: House) -> None:
    inspector = house.inspector
    assert len(inspector.inspected) > 15
    assert inspector.barriers + inspector.sideways + inspector.heavy == []
    assert [said for person in house.people for said in person.disturbed] == []
