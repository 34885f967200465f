"""Long forms ask one question at a time, keep what was typed, and act only at the last press."""

from dataclasses import replace

import httpx
import pytest
from bs4 import BeautifulSoup
from pydantic import BaseModel

from models.answers import CheckIn, Goal, Progress, Reflect, Report, Terms
from tests.test_web_asks import GOAL, REPORT, introduced, owed, with_goals, with_sessions
from tests.web_parts import Browser, PureEngine, ask_link, filled, text_of
from web import steps
from web.guards import MOST_BYTES
from web.steps import Step

GOALS = ask_link("set_goals.mentee.1")
WIDE = chr(0x1D538)
"""A character that takes twelve bytes on the wire."""
FIRST = {name.replace("__", "."): value for name, value in GOAL.items()}


def seen(answer: httpx.Response, status: int = 200) -> BeautifulSoup:
    """The page that came back."""
    assert answer.status_code == status, text_of(answer.text)
    return BeautifulSoup(answer.text, "lxml")


def asked(page: BeautifulSoup) -> str:
    """The heading of a page."""
    assert page.h1 is not None
    return page.h1.get_text()


async def written(browser: Browser) -> BeautifulSoup:
    """The first goal written down, all to look over."""
    page = await browser.get(GOALS)
    for fields in (("title",), ("measure", "baseline", "target"), ("why",), ("by_when",), ()):
        page = seen(await browser.send(GOALS, page, {f"goals.0.{one}": FIRST[f"goals.0.{one}"] for one in fields}))
    return page


async def test_goals_are_asked_one_question_at_a_time_and_looked_over_before_they_are_sent() -> None:
    engine, browser = await introduced()
    page = await browser.get(GOALS)
    assert "Step 1 of 6" in text_of(str(page))
    assert asked(page) == "Your goal"
    before = engine.m
    page = await written(browser)
    told = text_of(str(page))
    for answer in ("Speak at a meetup", "To be heard.", "20 March 2027", "left open", "Nothing is sent yet."):
        assert answer in told
    assert engine.m is before
    answer = await browser.send(GOALS, page, {}, "Send my goals")
    assert answer.status_code == 303
    assert engine.m.goal_versions[0].goals[0].title == "Speak at a meetup"


async def test_a_press_between_steps_only_reads() -> None:
    engine, browser = await introduced()
    page = await browser.get(GOALS)
    effects = engine.effects
    engine.calls.clear()
    await browser.send(GOALS, page, {"goals.0.title": "Speak"})
    assert engine.calls == ["page"]
    assert engine.effects == effects


@pytest.mark.parametrize("button", ["next", "back", "look", "without goals.0.", "goals.0.plan", "goals.999.goal", "x"])
async def test_no_press_that_names_a_step_acts_even_with_a_whole_form(button: str) -> None:
    engine, browser = await introduced()
    effects = engine.effects
    page = await browser.get(GOALS)
    for at in ("", "look", "goals.0.plan", "goals.7.why"):
        answer = await browser.post(GOALS, page, {**FIRST, "confirm": "yes", "step": button, "at": at, "seen": "yes"})
        assert answer.status_code in (200, 422)
    assert engine.effects == effects


async def test_a_short_form_does_not_act_on_such_a_press_either() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    answer = await browser.post(url, await browser.get(url), {"decision": "yes", "step": "next"})
    assert answer.status_code == 200
    assert engine.effects == 0


async def test_only_the_step_that_is_left_is_checked_and_the_problem_stands_beside_its_field() -> None:
    _engine, browser = await introduced()
    page = seen(await browser.send(GOALS, await browser.get(GOALS), {"goals.0.title": "Speak"}))
    page = seen(await browser.send(GOALS, page, {"goals.0.measure": "Talks"}), 422)
    assert asked(page) == "How you will see it"
    assert {str(tag["id"]) for tag in page.select(".mistake")} == {
        "f-goals-0-baseline-mistake",
        "f-goals-0-target-mistake",
    }
    assert str(page.title.string).startswith("Problem: ")  # type: ignore[union-attr]
    assert filled(page, {})["goals.0.measure"] == "Talks"


async def test_going_back_checks_nothing_and_keeps_everything() -> None:
    _engine, browser = await introduced()
    page = seen(await browser.send(GOALS, await browser.get(GOALS), {"goals.0.title": "Speak"}))
    page = seen(await browser.send(GOALS, page, {"goals.0.measure": "  half an id"}, "Back"))
    assert asked(page) == "Your goal"
    form = filled(page, {})
    assert form["goals.0.title"] == "Speak"
    assert form["goals.0.measure"] == "  half an id"


async def test_an_answer_is_changed_from_the_last_page_and_leads_straight_back_there() -> None:
    engine, browser = await introduced()
    page = await written(browser)
    why = page.find("button", {"name": "step", "value": "goals.0.why"})
    assert why is not None
    assert why["aria-label"] == "Change: Why this goal"
    form = filled(page, {})
    page = seen(await browser.http.post(GOALS, data={**form, "step": "goals.0.why"}))
    assert asked(page) == "Why this goal"
    page = seen(await browser.send(GOALS, page, {"goals.0.why": "For my team."}, "Look it over"))
    assert "For my team." in text_of(str(page))
    await browser.send(GOALS, page, {}, "Send my goals")
    assert engine.m.goal_versions[0].goals[0].why == "For my team."


async def test_a_second_goal_is_asked_for_in_full_and_can_be_left_out_again() -> None:
    engine, browser = await introduced()
    page = seen(await browser.send(GOALS, await written(browser), {}, "Write another goal"))
    assert "Step 6 of 11" in text_of(str(page))
    page = seen(await browser.send(GOALS, page, {"goals.1.title": "Write"}))
    assert asked(page) == "How you will see it"
    page = seen(await browser.send(GOALS, page, {}, "Back"))
    page = seen(await browser.send(GOALS, page, {}, "Leave this goal out"))
    assert asked(page) == "What do you want to reach?"
    assert "goals.1.title" not in filled(page, {})
    await browser.send(GOALS, page, {}, "Send my goals")
    assert len(engine.m.goal_versions[0].goals) == 1


async def test_what_only_the_engine_finds_wrong_leads_back_to_its_step() -> None:
    _engine, browser = await introduced()
    page = await written(browser)
    form = filled(page, {"goals.0.by_when": "2026-12-31"})
    page = seen(await browser.http.post(GOALS, data=form), 422)
    assert asked(page) == "Your day"
    assert "a date that lies ahead" in text_of(str(page.select_one("#f-goals-0-by-when-mistake")))
    page = seen(await browser.send(GOALS, page, {"goals.0.by_when": "2027-03-01"}))
    assert "1 March 2027" in text_of(str(page))


async def test_goals_that_come_back_are_looked_over_first_and_need_a_tick() -> None:
    engine, browser = await introduced()
    await browser.press(GOALS, **GOAL)
    await browser.press(ask_link("review_goals.mentor.1"), verdict="change", comment="Make it smaller.")
    url = ask_link("set_goals.mentee.2")
    page = await browser.get(url)
    assert "Make it smaller." in text_of(str(page))
    assert "Speak at a meetup" in text_of(str(page))
    form = filled(page, {})
    for button in page.find_all("button"):
        press = {str(button["name"]): str(button["value"])} if button.has_attr("name") else {}
        turned = seen(await browser.http.post(url, data={**form, **press}), 200 if press else 422)
        assert not turned.select("input[name=confirm][checked]")
    assert len(engine.m.goal_versions) == 1, "whoever presses everything has not sent anything"
    ticked = seen(await browser.http.post(url, data={**form, "confirm": "yes", "step": "goals.0.why"}))
    assert "confirm" not in filled(ticked, {}), "a tick is never carried along"


async def test_a_report_of_a_session_that_did_not_happen_asks_for_a_new_time_only() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    url = next(ask_link(ask) for ask in owed(engine) if ask.startswith("report"))
    page = await browser.get(url)
    assert "Step 1 of 8" in text_of(str(page))
    page = seen(await browser.send(url, page, {}), 422)
    page = seen(await browser.send(url, page, {"happened": "no"}))
    assert "Step 2 of 3" in text_of(str(page))
    assert asked(page) == "A new time"


async def test_each_step_of_grow_has_the_question_of_the_bank_that_belongs_to_it() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    url = next(ask_link(ask) for ask in owed(engine) if ask.startswith("report"))
    page = seen(await browser.send(url, await browser.get(url), {"happened": "yes"}))
    helping = []
    said = {name.replace("__", "."): value for name, value in REPORT.items()}
    for fields in (("goal",), ("reality",), ("options.0", "options.1"), ("will",)):
        helping.append(text_of(str(page.select_one(".help li"))))
        page = seen(await browser.send(url, page, {name: said[name] for name in fields}))
    assert helping == [
        "What would make today worth your time?",
        "What is happening now: how often, and who is part of it?",
        "What could you do? List everything, the silly ideas too.",
        "Which one will you take?",
    ]


async def test_an_agreement_is_looked_over_and_signed_with_one_tick() -> None:
    engine, browser = await with_goals()
    url = ask_link("sign_agreement.mentee.1")
    page = await browser.get(url)
    assert "every two weeks" in text_of(str(page))
    assert seen(await browser.send(url, page, {}, "Sign the agreement"), 422).select(".mistake")
    answer = await browser.send(url, page, {"confirm": "yes"}, "Sign the agreement")
    assert answer.status_code == 303
    page = await browser.get(ask_link("sign_agreement.mentor.1"))
    assert "This is what Ines Duarte would like." in text_of(str(page))
    await browser.send(ask_link("sign_agreement.mentor.1"), page, {"confirm": "yes"}, "Sign the agreement")
    assert engine.m.terms is not None


async def test_what_is_carried_along_is_text_and_no_markup() -> None:
    _engine, browser = await introduced()
    bad = '"><script>alert(1)</script>'
    page = await browser.get(GOALS)
    answer = await browser.send(GOALS, page, {"goals.0.title": bad})
    assert "<script" not in answer.text
    assert filled(seen(answer), {})["goals.0.title"] == bad


async def test_a_hidden_field_that_was_tampered_with_is_just_an_answer() -> None:
    engine, browser = await introduced()
    page = await written(browser)
    for name, value in (("goals.0.title", "y" * 300), ("goals.0.by_when", "soon"), ("by", "mentor"), ("x", "y")):
        answer = await browser.http.post(GOALS, data={**filled(page, {}), name: value})
        assert answer.status_code == 422
        assert seen(answer, 422).select(".problems")
    assert engine.m.goal_versions == ()


async def test_the_fullest_form_fits_through_every_step() -> None:
    engine, browser = await introduced()
    most = {
        f"goals.{row}.{name}": value
        for row in range(5)
        for name, value in {
            **dict.fromkeys(("title", "measure", "baseline", "target", "obstacle", "plan"), WIDE * 200),
            "why": WIDE * 4000,
            "within_reach": WIDE * 1000,
            "by_when": "2027-03-01",
        }.items()
    }
    page = await browser.get(GOALS)
    request = browser.http.build_request("POST", GOALS, data={**filled(page, {}), **most, "step": "next", "at": "look"})
    assert len(request.content) < MOST_BYTES
    answer = await browser.http.send(request)
    assert answer.status_code == 200
    sent = {**filled(seen(answer), {}), "step": "goals.4.plan"}
    assert {name: sent[name] for name in most} == most
    assert engine.m.goal_versions == ()


@pytest.mark.parametrize(
    ("model", "prefix", "asked"),
    [
        (Goal, "goals.0.", [replace(step, prefix="goals.0.") for step in steps.GOAL]),
        (Terms, "terms.", steps.TERMS),
        (Reflect, "", steps.REFLECT),
        (Report, "", (Step("happened", {"happened": "yes"}), *steps.HELD, *steps.NOT_HELD)),
        (Progress, "progress.0.", [replace(steps.PROGRESS, prefix="progress.0.")]),
        (CheckIn, "", (replace(steps.PROGRESS, prefix="progress.0."), steps.PULSE, steps.COURSE)),
    ],
)
def test_no_field_is_left_out_of_the_steps(model: type[BaseModel], prefix: str, asked: tuple[Step, ...]) -> None:
    for name in model.model_fields.keys() - {"act", "by", "ask", "link"}:
        assert len([step for step in asked if step.holds(prefix + name)]) == 1, name


def test_no_step_is_called_like_a_button_that_turns_the_page() -> None:
    """The last look has a button with the name of each step beside the one that sends."""
    fixed = (*steps.GOAL, *steps.HELD, *steps.NOT_HELD, steps.PROGRESS, steps.PULSE, steps.COURSE, *steps.TERMS)
    kinds = {step.kind for step in (*fixed, *steps.REFLECT)}
    assert not kinds & {steps.NEXT, steps.BACK, steps.WITHOUT, steps.LOOK}
