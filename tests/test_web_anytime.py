"""What can be done at any time, from the journey page."""

import pytest

import lifecycle
from models.acts import AnyTime
from models.base import Role
from models.pages import PageQuery
from models.state import Stage, TaskStatus
from tests.test_web_asks import owed, with_sessions
from tests.web_parts import Browser, PureEngine, ask_link, journey_link, text_of
from web import words


def test_every_act_has_a_name_on_the_journey_page() -> None:
    assert set(words.ACTS) == {act.model_fields["act"].default for act in AnyTime.__args__}


async def test_the_journey_page_leads_to_the_form_of_everything_it_offers() -> None:
    engine, browser = await with_sessions()
    page = await browser.get(journey_link())
    links = {str(link["href"]) for link in page.select(".acts a")}
    offered = set(lifecycle.journey(engine.m, PageQuery(role=Role.MENTEE), engine.now).can)
    assert offered <= {link.rsplit("/", 1)[-1] for link in links}
    for link in links:
        assert "Back to the journey page" in text_of(str(await browser.get(link)))


async def test_a_pause_silences_it_until_the_day_and_resuming_needs_a_tick() -> None:
    _engine, browser = await with_sessions()
    receipt = await browser.press(f"{journey_link()}/pause", until="2027-01-20", reason="Exams")
    assert "Thank you" in text_of(str(receipt))
    assert "It rests until Wednesday 20 January 2027" in text_of(str(await browser.get(journey_link(Role.MENTOR))))
    resume = f"{journey_link()}/resume"
    assert (await browser.send(resume, await browser.get(resume), {})).status_code == 422
    await browser.press(resume, confirm="yes")
    assert "It rests" not in text_of(str(await browser.get(journey_link())))


async def test_a_pause_in_the_past_comes_back_with_the_problem_and_the_words() -> None:
    _engine, browser = await with_sessions()
    url = f"{journey_link()}/pause"
    answer = await browser.send(url, await browser.get(url), {"until": "2026-01-01", "reason": "Exams"})
    assert answer.status_code == 422
    assert 'id="f-until-mistake"' in answer.text
    assert "Exams" in answer.text


async def test_days_away_are_noted_and_the_order_is_checked() -> None:
    engine, browser = await with_sessions()
    url = f"{journey_link()}/days_away"
    answer = await browser.send(url, await browser.get(url), {"first": "2027-02-10", "last": "2027-02-01"})
    assert answer.status_code == 422
    assert "Must not be before the first day." in text_of(answer.text)
    await browser.press(url, first="2027-02-01", last="2027-02-10")
    assert len(engine.m.mentee.away) == 1
    assert "back on Thursday 11 February 2027" in text_of(str(await browser.get(journey_link())))


async def test_a_session_is_moved_in_the_readers_own_time_zone() -> None:
    engine, browser = await with_sessions()
    url = f"{journey_link(Role.MENTOR)}/move_session?session=1"
    page = await browser.get(url)
    assert "in America/New_York" in text_of(str(page))
    assert "Ines Duarte is in Europe/Lisbon: 5 hours ahead of you" in text_of(str(page))
    await browser.press(url, starts_at="2027-01-13T10:00")
    assert engine.m.sessions[1].starts_at.isoformat() == "2027-01-13T15:00:00+00:00"


async def test_moves_of_two_sessions_from_two_tabs_are_two_moves() -> None:
    engine, browser = await with_sessions()
    urls = [f"{journey_link()}/move_session?session={number}" for number in (1, 2)]
    tabs = [await browser.get(url) for url in urls]
    first = await browser.send(urls[0], tabs[0], {"starts_at": "2027-01-13T10:00"})
    second = await browser.send(urls[1], tabs[1], {"starts_at": "2027-01-27T10:00"})
    assert first.headers["location"] != second.headers["location"]
    assert [one.sequence for one in engine.m.sessions[1:3]] == [1, 1]


async def test_without_a_session_the_page_lets_one_choose() -> None:
    engine, browser = await with_sessions()
    page = await browser.get(f"{journey_link()}/cancel_session")
    links = [str(link["href"]) for link in page.select("main ul a")]
    assert len(links) == len([one for one in engine.m.sessions if one.starts_at > engine.now])
    await browser.press(links[0], confirm="yes", reason="Ill")
    assert "cancelled" in {one.status.value for one in engine.m.sessions}


async def test_a_task_is_assigned_done_and_given_feedback() -> None:
    engine, browser = await with_sessions()
    await browser.press(
        f"{journey_link(Role.MENTOR)}/assign_task", task__title="Read it", task__due="2027-01-09", task__owner="mentee"
    )
    engine.forward(days=3)
    ask = next(ask for ask in owed(engine) if ask.startswith("follow_up"))
    await browser.press(ask_link(ask), status="done")
    assert engine.m.tasks[0].status is TaskStatus.DONE
    page = await browser.get(f"{journey_link(Role.MENTOR)}/give_feedback")
    url = str(page.select("main ul a")[0]["href"])
    await browser.press(url, feedback="Thorough.")
    assert engine.m.tasks[0].feedback == "Thorough."


async def test_a_snooze_needs_a_choice_and_can_be_repeated_later() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    ask = next(ask for ask in owed(engine) if ask.startswith("report"))
    url = f"{ask_link(ask)}/snooze"
    assert (await browser.send(url, await browser.get(url), {})).status_code == 422
    await browser.press(url, days="1")
    engine.forward(days=2)
    await browser.press(url, days="1")
    assert len(engine.m.snoozes[ask]) == 2


async def test_leaving_is_private_and_can_be_taken_back() -> None:
    engine, browser = await with_sessions()
    page = await browser.get(f"{journey_link()}/exit_ramp")
    assert "This page is private." in text_of(str(page))
    receipt = await browser.press(f"{journey_link()}/exit_ramp", choice="end")
    assert "take it back" in text_of(str(receipt))
    await browser.press(f"{journey_link()}/undo", confirm="yes")
    engine.forward(days=1)
    assert engine.m.stage is Stage.GROW_SESSIONS


async def test_a_pause_by_the_exit_ramp_asks_for_its_day() -> None:
    _engine, browser = await with_sessions()
    url = f"{journey_link()}/exit_ramp"
    answer = await browser.send(url, await browser.get(url), {"choice": "pause"})
    assert answer.status_code == 422
    assert 'id="f-until-mistake"' in answer.text


@pytest.mark.parametrize(
    ("act", "values"),
    [("ask_help", {"message": "We are stuck."}), ("stop_contact", {"confirm": "yes"}), ("fresh_link", {})],
)
async def test_help_is_one_press_away(act: str, values: dict[str, str]) -> None:
    _engine, browser = await with_sessions()
    receipt = await browser.press(f"{journey_link()}/{act}", **values)
    assert "What happens next" in text_of(str(receipt))


async def test_all_contact_is_not_stopped_by_opening_and_sending_the_page() -> None:
    engine, browser = await with_sessions()
    url = f"{journey_link()}/stop_contact"
    assert (await browser.send(url, await browser.get(url), {})).status_code == 422
    assert engine.m.pauses == ()


async def test_what_is_not_possible_now_says_so() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    page = await browser.get(f"{journey_link()}/assign_task")
    assert "not possible just now" in text_of(str(page))
    await browser.get(f"{journey_link()}/dance", 404)


async def test_preferences_are_changed_in_one_form() -> None:
    engine, browser = await with_sessions()
    url = f"{journey_link()}/change_preferences"
    answer = await browser.send(url, await browser.get(url), {"preferences.zone": "Atlantis/Deep"})
    assert answer.status_code == 422
    assert 'id="f-preferences-zone-mistake"' in answer.text
    answer = await browser.send(url, await browser.get(url), {"preferences.hours_to": "09:10"})
    assert 'id="f-preferences-hours-to-mistake"' in answer.text
    await browser.press(url, preferences__zone="Asia/Tokyo", preferences__mail="partner_only")
    assert engine.m.mentee.preferences.zone == "Asia/Tokyo"
    assert engine.m.mentee.preferences.language == "en"
    await browser.press(url, preferences__language="es")
    assert (engine.m.mentee.preferences.zone, engine.m.mentee.preferences.language) == ("Asia/Tokyo", "es")


async def test_a_receipt_presses_nobody_who_has_asked_for_rest() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    assert any(ask.startswith("report.mentee") for ask in owed(engine))
    helped = text_of(str(await browser.press(f"{journey_link()}/ask_help", message="Please call me.")))
    assert "Next: report session 1" in helped
    assert "Nothing else is needed" not in helped
    for act, typed in (
        ("days_away", {"first": "2027-03-01", "last": "2027-03-02"}),
        ("exit_ramp", {"choice": "slower"}),
        ("stop_contact", {"confirm": "yes"}),
    ):
        receipt = text_of(str(await browser.press(f"{journey_link()}/{act}", **typed)))
        assert "Next: " not in receipt, act
    assert "The coordinator hears of it now" in receipt


@pytest.mark.parametrize("role", [Role.MENTEE, Role.MENTOR])
async def test_once_contact_is_stopped_the_journey_page_asks_for_nothing(role: Role) -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    await browser.press(f"{journey_link()}/stop_contact", confirm="yes")
    page = await browser.get(journey_link(role))
    assert page.select_one(".card.now") is None
    assert "goes on by itself" not in text_of(str(page))
    assert "The coordinator sees to it" in text_of(str(page))
