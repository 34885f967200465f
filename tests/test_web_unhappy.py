"""Pages that lead to nothing to fill in: each says what happened and offers a way on, and names nobody of the pair."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

import lifecycle
from models.base import Role
from models.commands import EndCommand, RevokeLinksCommand
from models.pages import LinkStatus
from models.phrases import say
from tests.web_parts import Browser, PureEngine, ask_link, journey_link, text_of
from web import reading, unhappy
from workflows.client import ActRejected

NAMES = ("Ines", "Jonas", "Duarte", "Meyer", "ines@", "jonas@")


async def opened(status: str) -> tuple[Browser, str]:
    """A link that finds its ask in this state."""
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    match status:
        case "expired":
            engine.m = engine.m.evolve(ran_out={"accept.mentee": engine.now})
        case "revoked":
            engine.now += timedelta(hours=1)
            engine.m = lifecycle.command(engine.m, RevokeLinksCommand(role=Role.MENTEE), engine.now)
        case "superseded":
            url = ask_link("report.mentee.1.0")
        case "ended":
            engine.m = lifecycle.command(engine.m, EndCommand(), engine.now)
        case "unknown":
            url = ask_link("nothing.mentee")
        case "unreachable":
            engine.down = True
        case "bad_link":
            url = f"{url[:-5]}"
    return browser, url


def ways_on(page: BeautifulSoup) -> list[str]:
    """What a person can press there, and whom they can write to."""
    main = page.main
    assert main is not None
    return [tag.get_text(strip=True) for tag in main.find_all(["a", "button"])]


@pytest.mark.parametrize(
    ("status", "code", "way"),
    [
        ("expired", 410, "Mail me a fresh link"),
        ("revoked", 410, "Mail me a fresh link"),
        ("superseded", 200, "See where your mentorship stands"),
        ("ended", 200, "See where your mentorship stands"),
        ("unknown", 404, "Mail me a fresh link"),
        ("unreachable", 503, "Try again"),
    ],
)
async def test_no_link_is_a_dead_end(status: str, code: int, way: str) -> None:
    browser, url = await opened(status)
    page = await browser.get(url, code)
    assert way in ways_on(page)
    assert len(page.find_all("h1")) == 1
    assert not [name for name in NAMES if name in str(page)]


async def test_a_link_that_was_cut_says_what_to_do_and_whom_to_write_to() -> None:
    browser, url = await opened("bad_link")
    page = text_of(str(await browser.get(url, 404)))
    assert "open the link from the mail again" in page
    assert "Reply to the mail" in page


async def test_a_link_to_nothing_mails_a_fresh_one_that_leads_to_the_journey() -> None:
    browser, url = await opened("unknown")
    page = await browser.get(url, 404)
    answer = await browser.send(url, page, {})
    assert "the address we have on record" in text_of(str(await browser.get(answer.headers["location"])))


@pytest.mark.parametrize(("accepted", "language"), [("es-MX,es;q=0.9", "es"), ("fr,en;q=0.5", "en"), ("", "en")])
async def test_someone_unknown_is_answered_in_the_language_of_their_browser(accepted: str, language: str) -> None:
    browser, url = await opened("unreachable")
    for address in (url, "/a/x", "/nowhere"):
        answer = await browser.http.get(address, headers={"accept-language": accepted})
        assert f'<html lang="{language}"' in answer.text


async def test_an_answer_that_could_not_be_sent_is_kept_in_the_readers_language() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    engine.down = True
    browser.http.headers["accept-language"] = "es"
    answer = await browser.send(url, page, {"decision": "no", "reason": "Line one\nline two"})
    assert answer.status_code == 503
    assert '<html lang="es"' in answer.text
    engine.down = False
    kept = await browser.send(url, BeautifulSoup(answer.text, "lxml"), {})
    assert kept.status_code == 303
    assert engine.effects == 1


async def test_a_refusal_is_told_with_its_values_in_the_readers_language() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = f"{journey_link()}/pause"
    page = await browser.get(url)
    answer = await browser.send(url, page, {"until": f"{(engine.now + timedelta(days=300)).date()}"})
    assert answer.status_code == 422
    assert "A pause can last 42 days at the most." in text_of(answer.text)


@pytest.mark.parametrize("code", unhappy.TITLES)
async def test_every_refusal_of_the_engine_has_a_page_with_a_way_on(code: str) -> None:
    class Refusing(PureEngine):
        async def act(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise ActRejected(code, "It is as it is.", "", say("It is as it is."))

    browser = Browser(Refusing())
    url = ask_link("accept.mentee")
    answer = await browser.send(url, await browser.get(url), {"decision": "yes"})
    assert answer.status_code in (403, 409)
    page = BeautifulSoup(answer.text, "lxml")
    assert "It is as it is." in text_of(answer.text)
    assert "See where your mentorship stands" in ways_on(page)
    assert unhappy.TITLES[code] in text_of(answer.text)


def test_every_state_of_a_link_without_a_form_has_its_words() -> None:
    states = {value for name, value in vars(LinkStatus).items() if name.isupper()}
    assert unhappy.WORDS.keys() >= states - {LinkStatus.OPEN}
    for words in unhappy.WORDS.values():
        assert reading.spoken(words.title, "en", "UTC")
        assert words.text.endswith(".")
