"""Stage check_ins, as the two people notice it."""

from typing import Any

import pytest

from lifecycle import Rejected, health
from models.mail import MailKind
from models.program import AskKind
from models.state import Stage
from tests.builders import COORDINATOR, MENTEE, MENTOR, Story, a_program

FINE = {"respect": 5, "give_and_take": 4, "expectations": 4, "values": 4, "connection": 5}


def at_a_check_in(**changes: object) -> Story:
    """At the midway check-in, which both owe."""
    story = Story(a_program(**changes))
    story.reach(MENTEE, AskKind.CHECK_IN)
    return story


def at_the_last_check_in(**changes: object) -> Story:
    story = at_a_check_in(**changes)
    while story.ask(MENTEE, AskKind.CHECK_IN).number < len(story.m.check_ins) or len(story.m.check_ins) < 2:
        story.says(MENTEE, AskKind.CHECK_IN)
        story.reach(MENTEE, AskKind.CHECK_IN)
    return story


def progress(percent: int, **more: Any) -> list[dict[str, Any]]:
    return [{"goal": 1, "percent": percent, **more}]


def test_the_midway_check_in_comes_the_day_after_half_of_the_sessions() -> None:
    story = at_a_check_in()
    assert story.stage() is Stage.GROW_SESSIONS
    assert sum(one.record is not None for one in story.m.sessions) == 2
    assert story.m.check_ins[0].midway
    assert story.owed(MENTOR, AskKind.CHECK_IN), "both are asked"


def test_without_a_midway_check_in_the_first_comes_after_the_sessions() -> None:
    story = at_a_check_in(check_ins={"midway": False})
    assert story.stage() is Stage.CHECK_INS


def test_what_the_mentee_shares_is_told_to_the_mentor() -> None:
    story = at_a_check_in()
    story.says(MENTEE, AskKind.CHECK_IN, progress=progress(40), note="It goes well")
    story.days(3)
    (item,) = story.items(MENTOR, MailKind.CHECK_IN_SHARED)
    assert (item.note, item.goals[0].percent) == ("It goes well", 40)
    assert "pulse" not in item.model_dump_json()


def test_a_private_note_goes_to_the_coordinator_only() -> None:
    story = at_a_check_in()
    story.says(MENTEE, AskKind.CHECK_IN, progress=(), note="He never listens", note_private=True)
    story.days(5)
    assert story.items(COORDINATOR, MailKind.HELP_ASKED)[0].note == "He never listens"
    assert "He never listens" not in "".join(letter.model_dump_json() for letter in story.mails(MENTOR))


def test_a_goal_that_gets_there_is_a_milestone_told_to_both() -> None:
    story = at_a_check_in()
    story.reach(MENTEE, AskKind.CHECK_IN)
    before = story.m
    two = before.evolve(goals=before.goals * 2, goal_states=before.goal_states * 2)
    story.m = two
    story.says(MENTEE, AskKind.CHECK_IN, progress=progress(100))
    story.days(3)
    for role in (MENTOR, MENTEE):
        (item,) = story.items(role, MailKind.MILESTONE)
        assert item.note == "Lead a project"
    assert story.stage() is not Stage.WRAP_UP, "one of two goals is reached"


def test_when_all_goals_are_reached_the_wrap_up_begins() -> None:
    story = at_a_check_in()
    story.says(MENTEE, AskKind.CHECK_IN, progress=progress(100))
    assert story.stage() is Stage.WRAP_UP
    assert story.m.visits[-1].why == "all goals are reached"
    story.days(4)
    cancelled = story.items(MENTOR, MailKind.SESSION_CANCELLED)
    assert all(item.calendar == "cancel" for item in cancelled)


def test_progress_is_corrected_until_the_partner_answered() -> None:
    story = at_a_check_in()
    act = story.answer(MENTEE, AskKind.CHECK_IN, progress=progress(80))
    story.do(act)
    story.do(type(act).model_validate({**act.model_dump(), "progress": progress(30)}))
    assert story.m.goal_states[0].percent == 30
    assert len(story.m.goal_states[0].history) == 1


def test_the_mentor_does_not_report_the_progress() -> None:
    story = at_a_check_in()
    with pytest.raises(Rejected) as refusal:
        story.says(MENTOR, AskKind.CHECK_IN, progress=progress(50))
    assert refusal.value.field == "progress"


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ([{"goal": 4, "percent": 10}], "progress.0.goal"),
        ([{"goal": 1, "percent": 10}, {"goal": 1, "percent": 20}], "progress.1.goal"),
    ],
)
def test_progress_on_a_goal_that_is_not_there_or_named_twice_is_refused(told: list[Any], field: str) -> None:
    story = at_a_check_in()
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.CHECK_IN, progress=told)
    assert refusal.value.field in (field, "progress.0.goal")
    assert story.m.goal_states[0].percent == 0


def test_a_refocus_on_the_goals_goes_back_to_them_and_adds_a_session() -> None:
    story = at_the_last_check_in()
    sessions = len(story.m.sessions)
    story.says(MENTEE, AskKind.CHECK_IN, refocus="goals")
    assert story.stage() is Stage.GOAL_SETTING
    story.days(2)
    assert story.items(MENTOR, MailKind.REFOCUSED)
    story.says(MENTEE, AskKind.SET_GOALS)
    story.says(MENTOR, AskKind.REVIEW_GOALS)
    assert story.stage() is Stage.GROW_SESSIONS
    assert len(story.m.sessions) == sessions + 1
    assert len(story.m.goal_versions) == 2, "history is kept"


def test_a_refocus_on_a_session_adds_one() -> None:
    story = at_the_last_check_in()
    sessions = len(story.m.sessions)
    story.says(MENTOR, AskKind.CHECK_IN, refocus="session")
    assert story.stage() is Stage.GROW_SESSIONS
    assert len(story.m.sessions) == sessions + 1


def test_the_room_for_a_refocus_is_bounded() -> None:
    story = at_a_check_in(check_ins={"refocus_most": 0})
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.CHECK_IN, refocus="goals")
    assert (refusal.value.code, refusal.value.field) == ("too_late", "refocus")
    assert not story.m.check_ins[0].answers, "nothing of a refused answer is kept"


def test_a_low_pulse_is_told_to_the_coordinator_once_and_never_to_the_partner() -> None:
    story = at_a_check_in()
    story.says(MENTOR, AskKind.CHECK_IN, pulse={**FINE, "expectations": 2})
    assert "the mentor: the pulse on clear expectations is 2 of 5" in health(story.m, story.now).reasons
    assert health(story.m, story.now).verdict == "needs_attention"
    story.says(MENTEE, AskKind.CHECK_IN)
    story.days(30)
    texts = [str(reason.text) for item in story.items(COORDINATOR, MailKind.ATTENTION) for reason in item.reasons]
    assert len([item for item in story.items(COORDINATOR, MailKind.ATTENTION) if "pulse" in item.key]) == 1
    assert any("expectations" in text for text in texts)
    assert "pulse on" not in "".join(letter.model_dump_json() for letter in story.mails(MENTEE))


def test_a_pulse_that_fell_is_a_reason() -> None:
    story = at_a_check_in()
    story.says(MENTEE, AskKind.CHECK_IN, pulse=FINE)
    story.reach(MENTEE, AskKind.CHECK_IN)
    story.says(MENTEE, AskKind.CHECK_IN, pulse={**FINE, "respect": 3})
    assert "the mentee: the pulse on respect fell from 5 to 3" in health(story.m, story.now).reasons


def test_an_unanswered_check_in_is_skipped() -> None:
    story = at_a_check_in(nudges={"silences_to_lapse": 9})
    story.reach(MENTEE, AskKind.REFLECT, silent=[AskKind.CHECK_IN])
    assert story.stage() is Stage.WRAP_UP
    assert not any(one.answers for one in story.m.check_ins)


def test_without_check_ins_the_wrap_up_follows_the_sessions() -> None:
    story = Story(a_program(check_ins={"count": 0, "midway": False}, wrap_up={"extension_sessions": 0}))
    story.reach(MENTEE, AskKind.REFLECT)
    assert not story.m.check_ins
