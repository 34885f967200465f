"""Headers, the cap on the body, and presses from elsewhere."""

from collections.abc import AsyncIterator

import pytest

from tests.web_parts import BASE, Browser, PureEngine, ask_link, filled, journey_link, unsubscribe_link


@pytest.mark.parametrize(
    "address", [ask_link("accept.mentee"), journey_link(), "/nowhere", "/health", "/static/style.css"]
)
async def test_every_answer_carries_the_strict_headers(address: str) -> None:
    answer = await Browser(PureEngine()).http.get(address)
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


async def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing() -> None:
    answer = await Browser(PureEngine()).http.get(journey_link())
    assert "<script" not in answer.text
    assert "onclick" not in answer.text
    own = answer.text.replace('<img src="data:image/', "")
    for source in ("src=", "@import", "url("):
        assert source not in own


async def test_a_body_that_is_too_long_is_refused_with_a_page() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    answer = await browser.http.post(ask_link("accept.mentee"), data={"reason": "x" * 600_000})
    assert answer.status_code == 413
    assert "/static/style.css" in answer.text
    assert engine.calls == []


async def test_a_body_that_hides_its_length_is_refused_too() -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    answer = await Browser(PureEngine()).http.post(ask_link("accept.mentee"), content=drip())
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": BASE}, 303),
        ({"Origin": "null"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": BASE, "Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_a_press_from_another_site_is_refused(headers: dict[str, str], status: int) -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    form = filled(await browser.get(url), {"decision": "yes"})
    answer = await browser.http.post(url, data=form, headers=headers)
    assert answer.status_code == status
    assert engine.effects == (status == 303)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_mail_program_unsubscribes_with_one_press(content_type: str) -> None:
    engine = PureEngine()
    browser = Browser(engine)
    one_click = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        if content_type.startswith("multipart"):
            answer = await browser.http.post(
                unsubscribe_link(),
                files={"List-Unsubscribe": (None, "One-Click")},
                headers={"Origin": "https://x.test"},
            )
        else:
            answer = await browser.http.post(unsubscribe_link(), data=one_click)
        assert answer.status_code == 200, "RFC 8058 wants no redirect"
    assert engine.m.mentee.preferences.mail == "partner_only"
    assert engine.effects == 1


async def test_a_person_unsubscribes_by_choosing_and_can_do_it_again_after_coming_back() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    page = await browser.get(unsubscribe_link())
    assert engine.m.mentee.preferences.mail == "all"
    assert (await browser.send(unsubscribe_link(), page, {})).status_code == 422
    answer = await browser.send(unsubscribe_link(), page, {"mail": "closing_only"})
    assert answer.status_code == 200
    assert engine.m.mentee.preferences.mail == "closing_only"
    await browser.press(f"{journey_link()}/change_preferences", preferences__mail="all")
    assert engine.m.mentee.preferences.mail == "all"
    await browser.http.post(unsubscribe_link(), data={"List-Unsubscribe": "One-Click"})
    assert engine.m.mentee.preferences.mail == "partner_only"
