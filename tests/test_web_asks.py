"""Every ask has its form, and every answer its receipt."""

import asyncio
import re
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup

import lifecycle
from models.answers import Decision
from models.base import Role
from models.program import AskKind
from models.state import Stage
from tests.web_parts import Browser, PureEngine, ask_link, filled, journey_link, text_of

GOAL = {
    "goals__0__title": "Speak at a meetup",
    "goals__0__measure": "Talks given",
    "goals__0__baseline": "None",
    "goals__0__target": "One",
    "goals__0__why": "To be heard.",
    "goals__0__by_when": "2027-03-20",
}
TERMS = {
    "terms__weekday": "1",
    "terms__time": "16:00",
    "terms__zone": "Europe/Lisbon",
    "terms__channels": "Mail",
    "terms__in_scope": "Speaking",
    "terms__confidential": "Everything",
    "confirm": "yes",
}
PULSE = {f"pulse__{name}": "4" for name in ("respect", "give_and_take", "expectations", "values", "connection")}
REPORT = {
    "happened": "yes",
    "goal": "A first outline",
    "reality": "Only notes",
    "options__0": "Ask for a slot",
    "options__1": "Talk at lunch",
    "will": "Ask for a slot",
    "rating": "4",
}


def owed(engine: PureEngine) -> set[str]:
    """The asks that are open now."""
    return {ask.id for ask in lifecycle.all_asks(engine.m) if ask.opened_at <= engine.now}


async def introduced() -> tuple[PureEngine, Browser]:
    """A pair that has met and found that it fits."""
    engine = PureEngine()
    browser = Browser(engine)
    for role in ("mentee", "mentor"):
        await browser.press(ask_link(f"accept.{role}"), decision="yes")
    page = await browser.press(
        ask_link("propose_times.mentee.1"), times__0="2027-01-06T15:00", times__2="2027-01-07T15:00", place="Call"
    )
    assert "Wednesday 6 January 2027, 15:00" in text_of(str(page))
    page = await browser.get(ask_link("pick_time.mentor.1"))
    assert "Wed 6 Jan, 10:00 your time 15:00 for Ines Duarte" in text_of(str(page))
    await browser.press(ask_link("pick_time.mentor.1"), time="2027-01-06T15:00:00+00:00")
    engine.forward(days=3)
    for role in ("mentee", "mentor"):
        await browser.press(ask_link(f"fit_check.{role}.1"), fit="good")
    engine.settle()
    assert engine.m.stage is Stage.GOAL_SETTING
    return engine, browser


async def with_goals() -> tuple[PureEngine, Browser]:
    """A pair whose goals stand."""
    engine, browser = await introduced()
    await browser.press(ask_link("set_goals.mentee.1"), **GOAL)
    await browser.press(ask_link("review_goals.mentor.1"), verdict="approve")
    return engine, browser


async def with_sessions() -> tuple[PureEngine, Browser]:
    """A pair whose sessions are in the calendar."""
    engine, browser = await with_goals()
    await browser.press(ask_link("sign_agreement.mentee.1"), **TERMS)
    await browser.press(ask_link("sign_agreement.mentor.1"), confirm="yes")
    engine.settle()
    assert engine.m.stage is Stage.GROW_SESSIONS
    return engine, browser


def answers(ask: str, engine: PureEngine) -> dict[str, str]:
    """What an easy-going person says to an ask."""
    kind = AskKind(ask.split(".")[0])
    match kind:
        case AskKind.PREPARE:
            return {"topics": "My outline"}
        case AskKind.REPORT:
            due = (engine.now + timedelta(days=4)).date().isoformat()
            return {**REPORT, "tasks__0__title": "Write it", "tasks__0__due": due, "tasks__0__owner": "mentee"}
        case AskKind.CONFIRM:
            return {"verdict": "right", "rating": "5", "feedback": "Well prepared."}
        case AskKind.FOLLOW_UP:
            return {"status": "done"}
        case AskKind.CHECK_IN:
            return {**PULSE, **({"progress__0__percent": "50"} if ".mentee." in ask else {}), "refocus": "none"}
        case AskKind.EXTEND:
            return {"decision": "no"}
        case AskKind.REFLECT:
            return {"then_and_now": "I speak up.", "learnt": "To ask.", "thanks": "Thank you for asking."}
        case _:
            raise AssertionError(f"nobody should be asked {ask} again")


async def test_a_pair_goes_the_whole_way_through_the_pages_alone() -> None:
    engine, browser = await with_sessions()
    seen = {"accept", "propose_times", "pick_time", "fit_check", "set_goals", "review_goals", "sign_agreement"}
    for _ in range(200):
        for ask in sorted(owed(engine)):
            if ask not in owed(engine):  # the partner's answer has settled it
                continue
            receipt = await browser.press(ask_link(ask, at=engine.now), **answers(ask, engine))
            assert receipt.h1 is not None
            assert receipt.h1.text == "Thank you"
            seen.add(ask.split(".")[0])
        engine.forward(days=1)
        if engine.m.outcome is not None:
            break
    assert engine.m.outcome == "completed"
    assert seen == {kind.value for kind in AskKind}
    journey = text_of(str(await browser.get(journey_link())))
    assert "See your certificate" in journey
    assert "Thank you for asking." in journey
    mentor = text_of(str(await browser.get(journey_link(Role.MENTOR))))
    assert "Certificate" not in mentor


async def test_no_choice_is_made_for_anyone() -> None:
    engine = PureEngine()
    page = await Browser(engine).get(ask_link("accept.mentee"))
    assert page.select('input[type="radio"]')
    assert not page.select('input[type="radio"][checked]')


async def test_a_form_without_a_choice_comes_back_with_the_problem_beside_the_field() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    answer = await browser.send(url, await browser.get(url), {"reason": "I wonder <b>about</b> & it"})
    assert answer.status_code == 422
    assert engine.effects == 0
    text = text_of(answer.text)
    assert "Please choose one." in text
    assert "I wonder <b>about</b> & it" in text, "what was typed is kept"
    assert "<b>about</b>" not in answer.text, "and it is text, not markup"


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"goals.0.title": ""}, "goals-0-title", "Please fill this in"),
        ({"goals.0.title": "x" * 100_000}, "goals-0-title", "at most 200 characters"),
        ({"goals.0.by_when": "2026-12-31"}, "goals-0-by-when", "a date that lies ahead"),
        ({"goals.0.by_when": "soon"}, "goals-0-by-when", "a date, for example"),
        ({"goals.0.measure": "one\x07two"}, "goals-0-measure", "control characters"),
    ],
)
async def test_a_goal_that_can_not_stand_is_told_so(changed: dict[str, str], field: str, says: str) -> None:
    engine, browser = await introduced()
    before = engine.m
    url = ask_link("set_goals.mentee.1")
    good = {name.replace("__", "."): value for name, value in GOAL.items()}
    answer = await browser.post(url, await browser.get(url), {**good, **changed})
    assert answer.status_code == 422
    assert says in text_of(answer.text)
    assert f'id="f-{field}-mistake"' in answer.text
    assert engine.m is before


async def test_an_empty_row_is_no_goal_and_a_mistake_finds_the_row_that_moved_up() -> None:
    _engine, browser = await introduced()
    url = ask_link("set_goals.mentee.1")
    third = {name.replace("__", ".").replace(".0.", ".2."): value for name, value in GOAL.items()}
    answer = await browser.post(url, await browser.get(url), {**third, "goals.2.target": ""})
    assert answer.status_code == 422
    assert 'id="f-goals-0-target-mistake"' in answer.text
    assert 'name="goals.0.title" value="Speak at a meetup"' in answer.text


async def test_a_report_of_a_session_needs_two_options() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    url = ask_link("report.mentee.1.0")
    values = {name.replace("__", "."): value for name, value in REPORT.items()} | {"options.1": ""}
    answer = await browser.post(url, await browser.get(url), values)
    assert answer.status_code == 422
    assert "Name at least two" in text_of(answer.text)
    assert 'id="f-options-mistake"' in answer.text


async def test_a_session_that_did_not_happen_is_moved_by_the_report() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    page = await browser.press(
        next(ask_link(ask) for ask in owed(engine) if ask.startswith("report")),
        happened="no",
        new_time=f"{(engine.now + timedelta(days=3)).date()}T16:00",
    )
    assert "What happens next" in text_of(str(page))
    assert engine.m.sessions[1].missed == 1
    assert engine.m.sessions[1].starts_at.date() == (engine.now + timedelta(days=3)).date()


async def test_times_that_suit_both_are_pressed_and_others_may_be_written() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    for role in ("mentee", "mentor"):
        await browser.press(ask_link(f"accept.{role}"), decision="yes")
    url = ask_link("propose_times.mentee.1")
    page = await browser.get(url)
    assert re.search(r"Wed 6 Jan, 1[4-7]:00 your time (09|1[0-2]):00 for Jonas Meyer", text_of(str(page)))
    offered = [str(box["value"]) for box in page.select("input[name=slot]")]
    assert len(offered) == 8
    nonce = filled(page, {})["nonce"]
    for data, problem in (
        ({"slot": offered[:4]}, "at most 3"),
        ({"slot": offered[:1], "times.0": "2026-01-01T10:00"}, "an hour ahead"),
        ({"slot": ["soon"]}, "a date and a time"),
        ({}, "Please fill this in"),
    ):
        answer = await browser.http.post(url, data={"nonce": nonce, **data})
        assert answer.status_code == 422
        told = BeautifulSoup(answer.text, "lxml")
        assert problem in text_of(str(told.select_one(".mistake")))
        assert len(told.select("input[name=slot][checked]")) == len([at for at in data.get("slot", []) if at != "soon"])
    both = {"nonce": nonce, "slot": [offered[5], offered[0]], "times.0": "2027-01-20T15:00"}
    assert (await browser.http.post(url, data=both)).status_code == 303
    given = engine.m.answers["propose_times.mentee.1"].act
    assert given is not None
    assert given.act == "propose_times"
    assert len(given.times) == 3
    assert {datetime.fromisoformat(offered[at]) for at in (0, 5)} < set(given.times)


async def test_one_time_is_pressed_or_written_but_not_both() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    url = next(ask_link(ask) for ask in owed(engine) if ask.startswith("report"))
    page = BeautifulSoup((await browser.send(url, await browser.get(url), {"happened": "no"})).text, "lxml")
    offered = str(page.select("input[name=slot]")[0]["value"])
    both = await browser.send(url, page, {"slot": offered, "new_time": "2027-01-29T16:00"})
    assert both.status_code == 422
    assert "Please leave just one" in text_of(both.text)
    page = BeautifulSoup((await browser.send(url, page, {"slot": offered})).text, "lxml")
    await browser.send(url, page, {}, "Send my report")
    assert engine.m.sessions[1].starts_at == datetime.fromisoformat(offered)


async def test_pressing_twice_gives_the_same_receipt_and_one_effect() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    answers = await asyncio.gather(*(browser.send(url, page, {"decision": "yes"}) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert engine.effects == 1


async def test_two_tabs_that_show_the_same_question_share_the_press() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    tabs = [await browser.get(url), await browser.get(url)]
    receipts = [(await browser.send(url, tab, {"decision": "yes"})).headers["location"] for tab in tabs]
    assert receipts[0] == receipts[1]
    assert engine.effects == 1


async def test_a_repeated_press_gets_its_receipt_even_after_the_ask_is_closed() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    first = await browser.send(url, page, {"decision": "yes"})
    await browser.press(ask_link("accept.mentor"), decision="yes")
    again = await browser.send(url, page, {"decision": "yes"})
    assert again.headers["location"] == first.headers["location"]


async def test_an_answer_can_be_changed_until_somebody_built_on_it() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    first = await browser.press(url, decision="no", reason="Too much to do")
    assert "take it back" in text_of(str(first))
    page = await browser.get(url)
    assert "you can change your answer" in text_of(str(page))
    assert "Too much to do" in str(page)
    await browser.press(url, decision="yes", reason="")
    given = engine.m.answers["accept.mentee"].act
    assert given is not None
    assert given.act == "accept"
    assert given.decision is Decision.YES
    assert engine.m.ending is None
    await browser.press(ask_link("accept.mentor"), decision="yes")
    assert "You have answered this" in text_of(str(await browser.get(url)))


async def test_days_off_can_all_be_unticked() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    form = filled(page, {"decision": "yes"})
    assert form["days_off"] == ["", "5", "6"]
    await browser.http.post(url, data={**form, "days_off": ""})
    assert engine.m.mentee.preferences.days_off == ()


async def test_hours_that_leave_no_room_are_told_beside_the_field() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    answer = await browser.send(url, await browser.get(url), {"decision": "yes", "hours_to": "09:30"})
    assert answer.status_code == 422
    assert 'id="f-hours-to-mistake"' in answer.text


async def test_a_form_that_names_another_ask_or_person_is_refused() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    form = filled(await browser.get(url), {"decision": "yes"})
    for field, value in (("ask", "accept.mentor"), ("by", "mentor"), ("link", "x"), ("goals.0.title", "x")):
        answer = await browser.http.post(url, data={**form, field: value})
        assert answer.status_code == 422
        assert "no such field" in text_of(answer.text)
    assert engine.effects == 0


async def test_a_press_without_a_nonce_of_this_form_is_refused() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url, other = ask_link("accept.mentee"), ask_link("accept.mentor")
    foreign = filled(await browser.get(other), {})["nonce"]
    for nonce in (None, "", "made-up", foreign):
        answer = await browser.http.post(url, data={"decision": "yes"} | ({"nonce": nonce} if nonce else {}))
        assert answer.status_code == 403
    assert engine.effects == 0


async def test_the_agreement_shows_just_the_differences_and_takes_over_the_partners_wishes() -> None:
    engine, browser = await with_goals()
    await browser.press(ask_link("sign_agreement.mentee.1"), **TERMS)
    await browser.press(ask_link("sign_agreement.mentor.1"), terms__weekday="3", confirm="yes")
    ask = next(ask for ask in owed(engine) if ask.startswith("sign_agreement"))
    page = await browser.get(ask_link(ask))
    table = page.find("table")
    assert table is not None
    assert text_of(str(table)) == "You Jonas Meyer Day of the week Tuesday Thursday"
    take = page.find("a", string="Fill in what Jonas Meyer wishes")
    assert take is not None
    theirs = await browser.get(str(take["href"]))
    answer = await browser.send(ask_link(ask), theirs, {"confirm": "yes"})
    assert answer.status_code == 303
    assert engine.m.terms is not None
    assert engine.m.terms.weekday == 3


async def test_a_prefilled_agreement_is_not_signed_without_a_tick() -> None:
    _engine, browser = await with_goals()
    url = ask_link("sign_agreement.mentee.1")
    values = {name.replace("__", "."): value for name, value in TERMS.items() if name != "confirm"}
    answer = await browser.post(url, await browser.get(url), values)
    assert answer.status_code == 422
    assert "Please tick the box" in text_of(answer.text)


async def test_goals_come_back_with_the_comment_and_what_was_written() -> None:
    _engine, browser = await introduced()
    await browser.press(ask_link("set_goals.mentee.1"), **GOAL)
    await browser.press(ask_link("review_goals.mentor.1"), verdict="change", comment="Make it smaller.")
    page = await browser.get(ask_link("set_goals.mentee.2"))
    assert "Make it smaller." in text_of(str(page))
    title = page.find("input", {"name": "goals.0.title"})
    assert title is not None
    assert title["value"] == "Speak at a meetup"


async def test_a_mentor_is_not_asked_for_progress() -> None:
    engine, browser = await with_sessions()
    found: set[str] = set()
    for _ in range(60):
        found = {ask for ask in owed(engine) if ask.startswith("check_in")}
        if found:
            break
        for ask in sorted(owed(engine)):
            await browser.press(ask_link(ask, at=engine.now), **answers(ask, engine))
        engine.forward(days=1)
    number = next(iter(found)).split(".")[2]
    mentor = await browser.get(ask_link(f"check_in.mentor.{number}"))
    mentee = await browser.get(ask_link(f"check_in.mentee.{number}"))
    assert not mentor.find(attrs={"name": "progress.0.percent"})
    assert mentee.find("select", {"name": "progress.0.percent"})


async def test_all_that_is_wrong_is_told_at_once() -> None:
    engine, browser = await with_sessions()
    engine.forward(days=15)
    url = next(ask_link(ask) for ask in owed(engine) if ask.startswith("report"))
    said = {"happened": "yes", "goal": "An outline", "tasks.0.title": "Write it"}
    answer = await browser.post(url, await browser.get(url), said)
    assert answer.status_code == 422
    assert 'id="f-reality-mistake"' in answer.text, "the page opens at the first of them"
    told = BeautifulSoup(answer.text, "lxml").select_one(".problems")
    assert told is not None
    for what in ("Where things stand : Please fill in", "Task 1, by when: Please fill this in."):
        assert what in text_of(str(told))


async def test_a_press_is_one_call_of_the_engine_and_its_receipt_none() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    url = ask_link("accept.mentee")
    page = await browser.get(url)
    engine.calls.clear()
    answer = await browser.send(url, page, {"decision": "yes"})
    assert engine.calls == ["act"]
    receipt = await browser.get(answer.headers["location"])
    assert engine.calls == ["act"]
    assert "Next: " not in text_of(str(receipt))
    await browser.press(ask_link("accept.mentor"), decision="yes")
    receipt = await browser.get(answer.headers["location"])
    assert "What happens next" in text_of(str(receipt))


async def test_a_receipt_leads_on_to_what_is_owed_next() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    await browser.press(ask_link("accept.mentor"), decision="yes")
    url = ask_link("accept.mentee")
    answer = await browser.send(url, await browser.get(url), {"decision": "yes"})
    receipt = await browser.get(answer.headers["location"])
    assert "Next: " in text_of(str(receipt))
    await browser.press(ask_link("propose_times.mentee.1"), times__0="2027-01-06T15:00")
    assert "Next: " not in text_of(str(await browser.get(answer.headers["location"])))


async def test_what_the_engine_refuses_is_asked_of_it_once_and_shown_on_the_page() -> None:
    engine, browser = await introduced()
    url = ask_link("set_goals.mentee.1")
    page = await browser.get(url)
    engine.calls.clear()
    late = {name.replace("__", "."): value for name, value in GOAL.items()} | {"goals.0.by_when": "2026-01-01"}
    answer = await browser.post(url, page, late)
    assert answer.status_code == 422
    assert engine.calls == ["act", "page"]


async def test_a_time_is_read_on_the_clock_that_the_form_showed() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    for role in ("mentee", "mentor"):
        await browser.press(ask_link(f"accept.{role}"), decision="yes")
    url = ask_link("propose_times.mentee.1")
    page = await browser.get(url)
    moved = engine.m.mentee.preferences.evolve(zone="Asia/Tokyo")
    engine.m = engine.m.evolve(mentee=engine.m.mentee.evolve(preferences=moved))
    await browser.post(url, page, {"times.0": "2027-01-06T15:00"})
    given = engine.m.answers["propose_times.mentee.1"].act
    assert given is not None
    assert given.act == "propose_times"
    assert given.times[0].isoformat() == "2027-01-06T15:00:00+00:00"
