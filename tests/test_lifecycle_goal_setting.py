"""Stage goal_setting, as the two people notice it."""

from datetime import time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lifecycle import Rejected, page
from lifecycle.calendar import default_terms
from models.answers import SignAgreement
from models.mail import MailKind
from models.pages import PageQuery
from models.program import AskKind
from models.state import Outcome, Stage
from tests.builders import BERLIN, MENTEE, MENTOR, Story, a_program, a_start


def at_the_goals(**changes: object) -> Story:
    story = Story(a_program(**changes))
    story.reach(MENTEE, AskKind.SET_GOALS)
    return story


def at_the_agreement() -> Story:
    story = at_the_goals()
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    return story


def test_a_request_for_a_change_keeps_both_versions_and_tells_the_comment() -> None:
    story = at_the_goals()
    story.says(MENTEE, AskKind.SET_GOALS)
    story.says(MENTOR, AskKind.REVIEW_GOALS, verdict="change", comment="Please make it smaller")
    story.days(1)
    item = story.items(MENTEE, AskKind.SET_GOALS)[-1]
    assert item.note == "Please make it smaller"
    shown = page(story.m, PageQuery(role=MENTEE, ask="set_goals.mentee.2"), story.now)
    assert (shown.comment, len(shown.draft_goals)) == ("Please make it smaller", 1)
    story.says(MENTEE, AskKind.SET_GOALS)
    story.says(MENTOR, AskKind.REVIEW_GOALS)
    assert [version.verdict for version in story.m.goal_versions] == ["change", "approved"]
    assert story.m.goal_versions[0].comment == "Please make it smaller"
    assert story.m.goals == story.m.goal_versions[1].goals


def test_goals_are_changed_until_the_mentor_has_looked() -> None:
    story = at_the_goals()
    first = story.answer(MENTEE, AskKind.SET_GOALS)
    story.do(first)
    story.do(first)
    assert len(story.m.goal_versions) == 1
    story.says(MENTOR, AskKind.REVIEW_GOALS)
    with pytest.raises(Rejected) as refusal:
        story.do(first)
    assert refusal.value.code == "superseded"


def test_goals_do_not_go_back_and_forth_for_ever() -> None:
    story = at_the_goals(goals={"rounds": 2})
    story.says(MENTEE, AskKind.SET_GOALS)
    story.says(MENTOR, AskKind.REVIEW_GOALS, verdict="change", comment="Smaller")
    story.says(MENTEE, AskKind.SET_GOALS)
    with pytest.raises(Rejected) as refusal:
        story.says(MENTOR, AskKind.REVIEW_GOALS, verdict="change", comment="Smaller still")
    assert refusal.value.code == "too_late"


def test_a_silent_mentor_lets_the_goals_stand() -> None:
    story = at_the_goals()
    story.says(MENTEE, AskKind.SET_GOALS)
    story.days(17)
    assert story.m.goal_versions[-1].verdict == "assumed"
    assert story.items(MENTEE, MailKind.GOALS_APPROVED)


def test_without_goals_it_lapses() -> None:
    story = at_the_goals()
    story.silence()
    assert story.m.outcome is Outcome.LAPSED


def test_too_many_goals_are_refused() -> None:
    story = at_the_goals(goals={"most": 1})
    act = story.answer(MENTEE, AskKind.SET_GOALS)
    goals = act.model_dump()["goals"]
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.SET_GOALS, goals=goals * 2)
    assert refusal.value.field == "goals"


def test_a_goal_with_a_past_date_is_refused_by_its_field() -> None:
    story = at_the_goals()
    goal = story.answer(MENTEE, AskKind.SET_GOALS).model_dump()["goals"][0]
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.SET_GOALS, goals=[goal, {**goal, "by_when": story.today()}])
    assert refusal.value.field == "goals.1.by_when"
    assert not story.m.goal_versions


def test_the_same_terms_from_both_are_the_agreement() -> None:
    story = at_the_agreement()
    story.says(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    assert story.m.stage is Stage.GROW_SESSIONS
    story.days(1)
    assert story.items(MENTEE, MailKind.AGREEMENT_SIGNED)
    assert len(story.items(MENTOR, MailKind.AGREEMENT_SIGNED)[0].times) == 4


def test_differing_terms_show_just_the_differences_and_converge() -> None:
    story = at_the_agreement()
    usual = default_terms(story.m, story.now)
    early = usual.evolve(time=time(9), minutes=45)
    story.do(SignAgreement(by=MENTEE, ask="sign_agreement.mentee.1", terms=usual))
    story.do(SignAgreement(by=MENTOR, ask="sign_agreement.mentor.1", terms=early))
    assert story.m.stage is Stage.GOAL_SETTING
    assert not story.owed(MENTOR, AskKind.SIGN_AGREEMENT)
    ask = story.ask(MENTEE, AskKind.SIGN_AGREEMENT)
    shown = page(story.m, PageQuery(role=MENTEE, ask=ask.id), story.now)
    assert {(one.field, one.mine, one.theirs) for one in shown.differing} == {
        ("time", str(usual.time), "09:00:00"),
        ("minutes", "60", "45"),
    }
    story.do(SignAgreement(by=MENTEE, ask=ask.id, terms=early))
    assert story.m.terms == early
    assert story.session(1).minutes == 45


def test_offers_go_back_and_forth_four_times_then_the_newest_counts() -> None:
    story = at_the_agreement()
    usual = default_terms(story.m, story.now)
    newest = 0
    for minute in range(30):
        if story.m.terms is not None:
            break
        by = MENTEE if story.owed(MENTEE, AskKind.SIGN_AGREEMENT) else MENTOR
        ask = story.ask(by, AskKind.SIGN_AGREEMENT)
        story.until(story.now + timedelta(minutes=1))
        story.do(SignAgreement(by=by, ask=ask.id, terms=usual.evolve(minutes=30 + minute)))
        newest = 30 + minute
    assert story.m.terms is not None
    assert story.m.terms.minutes == newest
    assert newest < 37


def test_silence_on_the_agreement_takes_the_wishes_of_the_partner() -> None:
    story = at_the_agreement()
    wishes = default_terms(story.m, story.now).evolve(minutes=90)
    story.do(SignAgreement(by=MENTOR, ask="sign_agreement.mentor.1", terms=wishes))
    story.days(17)
    assert story.m.terms == wishes


def test_sessions_keep_their_wall_clock_time_across_the_clock_change() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTEE, AskKind.SIGN_AGREEMENT, terms=terms_at(story, "Europe/Berlin"))
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    starts = [one.starts_at for one in story.m.sessions if one.number]
    assert {f"{at.astimezone(BERLIN):%a %H:%M}" for at in starts} == {"Wed 10:30"}
    assert {f"{at:%H:%M}" for at in starts} == {"08:30", "09:30"}, "Berlin leaves summer time on 25 October"
    assert {(later - sooner).days for sooner, later in pairwise(starts)} <= {14}


def test_sessions_keep_the_time_of_the_zone_in_the_agreement() -> None:
    story = Story(start=a_start(mentor_zone="America/New_York"))
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTEE, AskKind.SIGN_AGREEMENT, terms=terms_at(story, "America/New_York"))
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    starts = [one.starts_at for one in story.m.sessions if one.number]
    assert {f"{at.astimezone(ZoneInfo('America/New_York')):%a %H:%M}" for at in starts} == {"Wed 10:30"}


def terms_at(story: Story, zone: str) -> dict[str, object]:
    usual = default_terms(story.m, story.now)
    return usual.evolve(weekday=2, time=time(10, 30), zone=zone, every_weeks=2).model_dump()


def test_without_a_review_the_goals_stand_at_once() -> None:
    story = at_the_goals(without=(AskKind.REVIEW_GOALS,))
    story.says(MENTEE, AskKind.SET_GOALS)
    assert story.m.goals
    assert story.owed(MENTOR, AskKind.SIGN_AGREEMENT)
    story.days(2)
    assert not story.items(MENTEE, MailKind.GOALS_APPROVED)


def test_without_an_agreement_the_sessions_follow_the_program() -> None:
    story = at_the_goals(without=(AskKind.SIGN_AGREEMENT,))
    story.says(MENTEE, AskKind.SET_GOALS)
    story.says(MENTOR, AskKind.REVIEW_GOALS)
    assert story.m.stage is Stage.GROW_SESSIONS
    assert len([one for one in story.m.sessions if one.number]) == 4
