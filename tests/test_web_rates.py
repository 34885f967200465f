"""How often one may look and press: kindly, apart for strangers, and without memory that grows."""

import asyncio
import logging
from random import Random
from types import SimpleNamespace

import httpx
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError
from limits.storage.base import TimestampedSlidingWindow

from links import Link, Purpose
from models.base import Role
from settings import LOCAL_KEY, Settings
from tests.payload_keys import entries
from tests.web_parts import (
    BASE,
    LINKS,
    START,
    Browser,
    PureEngine,
    a_mentorship,
    ask_link,
    filled,
    journey_link,
    text_of,
    unsubscribe_link,
)
from web import rates as rates_module
from web.app import create_app
from web.rates import ANSWERS_WITHIN, BUCKETS, Rates, network


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time by which is counted; it moves only where a test moves it."""
    moved = SimpleNamespace(now=1_800_000_000.0)
    monkeypatch.setattr("limits.aio.storage.memory.time", SimpleNamespace(time=lambda: moved.now))
    return moved


class Street:
    """Many people with browsers at addresses of their own, before one application."""

    def __init__(self, engine: PureEngine, **chosen: object) -> None:
        self.engine = engine
        settings = Settings.model_validate({"base_url": BASE, "link_keys": LOCAL_KEY, "rates": True, **chosen})
        self.app = create_app(engine, settings)

    def at(self, address: str) -> Browser:
        """A browser at an address."""
        browser = Browser(self.engine)
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(address, 4321))
        browser.http = httpx.AsyncClient(transport=transport, base_url=BASE)
        return browser


async def press_in_vain(browser: Browser, url: str, times: int) -> None:
    """Presses without an answer, which is within the rate."""
    page = await browser.get(url)
    for _ in range(times):
        assert (await browser.send(url, page, {})).status_code == 422


async def test_who_presses_too_often_is_asked_to_wait_and_loses_nothing(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    browser = Street(engine).at("192.0.2.1")
    url = ask_link("accept.mentee")
    await press_in_vain(browser, url, 20)
    calls = len(engine.calls)
    typed = "First line\nsecond <line> & “more”"
    kept = await browser.send(url, await browser.get(url), {"decision": "yes", "reason": typed})
    assert kept.status_code == 429
    seconds = int(kept.headers["retry-after"])
    assert 1 <= seconds <= 61
    assert "That was a lot at once" in text_of(kept.text)
    assert "your answer is kept on this page" in text_of(kept.text)
    assert f"wait {seconds} seconds, and press again" in text_of(kept.text)
    assert engine.calls[calls:] == ["page"], "only the look that came before it reached the engine"
    assert engine.effects == 0
    clock.now += seconds
    again = await browser.send(url, BeautifulSoup(kept.text, "lxml"), {})
    assert again.status_code == 303
    given = engine.m.answers["accept.mentee"].act
    assert given is not None
    assert given.model_dump()["reason"] == typed
    assert engine.effects == 1


async def test_all_links_of_a_person_share_one_rate_and_the_partner_has_another(clock: SimpleNamespace) -> None:
    street = Street(PureEngine())
    await press_in_vain(street.at("192.0.2.1"), ask_link("accept.mentee"), 10)
    await press_in_vain(street.at("192.0.2.2"), f"{journey_link()}/pause", 10)
    other_mail = ask_link("accept.mentee", letter="letter-2")
    browser = street.at("192.0.2.3")
    assert (await browser.send(other_mail, await browser.get(other_mail), {})).status_code == 429
    await press_in_vain(browser, ask_link("accept.mentor"), 10)


async def test_only_a_genuine_link_counts_against_its_person(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    street = Street(engine)
    url = ask_link("accept.mentee")
    token = url.rsplit("/", 1)[-1]
    strangers = [street.at(f"198.51.100.{number}") for number in range(5)]
    for number in range(300):
        stranger = strangers[number % 5]
        forged = [f"/a/{token[:-9]}AAAA{token[-5:]}", f"/j/{token}/pause", f"/u/{token}"][number % 3]
        assert (await stranger.http.post(forged, data={"decision": "yes"})).status_code == 404
    assert engine.calls == []
    await street.at("192.0.2.1").press(url, decision="yes")


async def test_a_stranger_at_the_same_address_or_everywhere_locks_nobody_out(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    street = Street(engine, rates_presses_per_address="5/minute", rates_presses="20/minute")
    shared = street.at("192.0.2.1")
    stati = [(await shared.http.post("/a/forged")).status_code for _ in range(10)]
    assert stati == [404] * 5 + [429] * 5
    everywhere = [(await street.at(f"198.51.{n}.1").http.post("/a/forged")).status_code for n in range(40)]
    assert set(everywhere[20:]) == {429}
    await shared.press(ask_link("accept.mentee"), decision="yes")


async def test_an_address_and_everybody_with_a_link_are_bounded_too(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    street = Street(engine, rates_presses_per_address="4/minute", rates_presses="6/minute")
    url = ask_link("accept.mentee")
    page = await street.at("192.0.2.9").get(url)
    one = [(await street.at("192.0.2.1").send(url, page, {})).status_code for _ in range(6)]
    assert one == [422] * 4 + [429] * 2
    many = [(await street.at(f"192.0.2.{n}").send(url, page, {})).status_code for n in range(2, 6)]
    assert many == [422] * 2 + [429] * 2


async def test_looking_is_bounded_generously_and_asks_the_engine_nothing_beyond(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    browser = Street(engine).at("192.0.2.1")
    url = journey_link()
    for _ in range(120):
        assert (await browser.http.head(url)).status_code == 200
    calls = len(engine.calls)
    answer = await browser.http.get(url)
    assert answer.status_code == 429
    assert f"wait {answer.headers['retry-after']} seconds, then open this page again" in text_of(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert len(engine.calls) == calls
    await browser.get(journey_link(Role.MENTOR))


async def test_files_health_and_the_providers_events_have_no_rate(clock: SimpleNamespace) -> None:
    browser = Street(
        PureEngine(), rates_looks="1/minute", rates_presses="1/minute", rates_looks_per_address="1/minute"
    ).at("192.0.2.1")
    for _ in range(5):
        assert (await browser.http.get("/static/style.css")).status_code == 200
        assert (await browser.http.get("/health")).status_code == 200
        assert (await browser.http.post("/webhooks/sendgrid", content=b"[]")).status_code == 404
    assert [(await browser.http.get("/nowhere")).status_code for _ in range(2)] == [404, 429]


async def test_a_mail_provider_unsubscribes_many_people_from_one_address(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    browser = Street(engine, rates_presses_per_address="2/minute").at("192.0.2.1")
    for number in range(20):
        engine.m = a_mentorship(f"pair-{number}")
        link = LINKS.mint(Purpose.UNSUBSCRIBE, engine.m.id, Role.MENTEE, "", "letter-u", START)
        assert (await browser.http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert engine.effects == 20
    link = unsubscribe_link()
    again = [(await browser.http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code for _ in range(21)]
    assert again[-1] == 429


@pytest.mark.parametrize("form", ["none", "of another link", "of nobody"])
async def test_a_refused_press_repeats_nothing_that_did_not_come_from_our_form(
    clock: SimpleNamespace, form: str
) -> None:
    browser = Street(PureEngine()).at("192.0.2.1")
    url = ask_link("accept.mentee")
    await press_in_vain(browser, url, 20)
    other = filled(await browser.get(ask_link("accept.mentor")), {})
    forms: dict[str, dict[str, str | list[str]]] = {
        "none": {},
        "of another link": other,
        "of nobody": {"nonce": "forged.x"},
    }
    answer = await browser.http.post(url, data={**forms[form], "reason": "planted words"})
    assert answer.status_code == 429
    assert "planted words" not in answer.text
    assert "go back, and press again" in text_of(answer.text)
    files = await browser.http.post(url, content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data"})
    assert files.status_code == 429


async def test_local_mode_has_no_rates_unless_they_are_asked_for(clock: SimpleNamespace) -> None:
    await press_in_vain(Street(PureEngine(), rates=None).at("192.0.2.1"), ask_link("accept.mentee"), 50)
    assert not Settings().bounds_rates
    assert Settings.model_validate({"rates": True}).bounds_rates
    real = {"local": False, "link_keys": "k" * 40, "payload_keys": entries("a")}
    assert Settings.model_validate(real).bounds_rates
    assert not Settings.model_validate({**real, "rates": False}).bounds_rates


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:DB8:1:2:0:0:0:1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("unix", "", False),
    ],
)
def test_a_household_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same


async def test_a_flood_from_ever_new_addresses_fills_no_memory_and_no_address_is_kept(clock: SimpleNamespace) -> None:
    rates = Rates(Settings(rates=True))
    storage = rates._own.storage
    assert isinstance(storage, MemoryStorage)
    dice = Random(1)
    for number in range(6_000):
        clock.now += 0.02
        address = f"2001:db8:{dice.randrange(65536):x}:{dice.randrange(65536):x}::1"
        await rates.wait(address, None, None, pressing=bool(number % 2))
    held = [*storage.storage, *storage.expirations, *storage.locks]
    assert len(storage.storage) <= 2 * 2 * BUCKETS + 8
    assert len(held) <= 3 * (2 * 2 * BUCKETS + 8)
    assert not any("2001" in key or "db8" in key for key in held)
    clock.now += 3600
    await rates.wait("192.0.2.1", None, None, pressing=False)
    await asyncio.sleep(0.05)
    await rates.wait("192.0.2.1", None, None, pressing=False)
    assert len(storage.storage) < 10


@effort(max_examples=150, deadline=None)
@given(
    amount=st.integers(1, 6),
    gaps=st.lists(st.floats(0, 90), min_size=1, max_size=40),
)
async def test_the_wait_that_is_told_is_enough_and_no_window_holds_more(amount: int, gaps: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        now = 1_800_000_000.0
        patch.setattr("limits.aio.storage.memory.time", SimpleNamespace(time=lambda: now))
        limiter, rate = SlidingWindowCounterRateLimiter(MemoryStorage()), parse(f"{amount}/minute")
        windows: dict[str, int] = {}
        for gap in gaps:
            now += gap
            seconds = await rates_module._hit(limiter, rate, "x")
            if seconds:
                assert seconds <= 61
                now += seconds
                assert not await rates_module._hit(limiter, rate, "x"), "the wait was promised to be enough"
            key = TimestampedSlidingWindow.sliding_window_keys("x", 60, now)[1]
            windows[key] = windows.get(key, 0) + 1
            assert windows[key] <= amount


class Hanging(MemoryStorage):
    """A Redis that never answers."""

    STORAGE_SCHEME = ["hanging"]

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        await asyncio.sleep(60)
        return True


async def test_while_redis_is_away_each_process_counts_for_itself(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rates_module, "_shared", lambda _: SlidingWindowCounterRateLimiter(Hanging()))
    rates = Rates(Settings.model_validate({"rates_presses_per_person": "3/minute"}))
    link = Link(mentorship="pair-1", role=Role.MENTEE, ask="", jti="j", issued_at=START)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with caplog.at_level(logging.WARNING):
        waits = [await rates.wait("192.0.2.1", Purpose.ASK, link, pressing=True) for _ in range(5)]
    assert [bool(seconds) for seconds in waits] == [False, False, False, True, True]
    assert loop.time() - began < 4 * ANSWERS_WITHIN, "it is not asked again at every press"
    assert caplog.text.count("TRELLIS_RATE_STORAGE does not answer") == 1
    assert "192.0.2.1" not in caplog.text


def test_a_redis_that_can_not_be_used_is_told_at_start_and_its_password_is_not() -> None:
    with pytest.raises(ConfigurationError, match="TRELLIS_RATE_STORAGE") as raised:
        Rates(Settings.model_validate({"rate_storage": "redis://:hunter2@redis.example.com:no-port/0"}))
    assert "hunter2" not in str(raised.value)


async def test_the_unsubscribe_page_keeps_its_press_too(clock: SimpleNamespace) -> None:
    engine = PureEngine()
    browser = Street(engine).at("192.0.2.1")
    await press_in_vain(browser, unsubscribe_link(), 20)
    page = await browser.get(unsubscribe_link())
    kept = await browser.send(unsubscribe_link(), page, {"mail": "closing_only"})
    assert kept.status_code == 429
    clock.now += int(kept.headers["retry-after"])
    assert (await browser.send(unsubscribe_link(), BeautifulSoup(kept.text, "lxml"), {})).status_code == 200
    assert engine.m.mentee.preferences.mail == "closing_only"
