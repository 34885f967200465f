"""Stage wrap_up and the six outcomes, as the two people notice them."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, ended, is_over
from models.acts import (
    ExitRamp,
    MoveSession,
    Ramp,
    Undo,
)
from models.answers import Decision
from models.base import Role
from models.commands import EndCommand
from models.mail import MailClass, MailKind
from models.program import AskKind
from models.state import Outcome, SessionStatus, Stage
from tests.builders import COORDINATOR, MENTEE, MENTOR, Story, a_program


def at_the_wrap_up(**changes: object) -> Story:
    story = Story(a_program(**changes))
    story.reach(MENTEE, AskKind.EXTEND if story.m.program.wrap_up.extension_sessions else AskKind.REFLECT)
    return story


def after_a_session(**changes: object) -> Story:
    story = Story(a_program(**changes))
    story.reach(MENTOR, AskKind.CONFIRM)
    return story


def test_a_willing_pair_completes_it_and_both_get_a_summary() -> None:
    story = Story()
    story.live_on()
    assert story.m.outcome is Outcome.COMPLETED
    stages = [visit.stage for visit in story.m.visits]
    assert stages == list(Stage)
    for role in (MENTOR, MENTEE):
        closing = story.mails(role)[-1]
        assert closing.mail_class is MailClass.CLOSING
        summary = closing.items[0].summary
        assert summary is not None
        assert (summary.sessions_held, summary.tasks_done, summary.check_ins) == (4, 4, 3)
        assert summary.certificate is (role is MENTEE)
    assert not story.mails(COORDINATOR, MailKind.COORDINATOR_CLOSING)
    assert ended(story.m).outcome is Outcome.COMPLETED


def test_thanks_are_handed_to_the_partner_at_the_end_and_not_before() -> None:
    story = at_the_wrap_up()
    story.reach(MENTEE, AskKind.REFLECT)
    story.says(MENTEE, AskKind.REFLECT, thanks="You believed in me")
    assert "You believed in me" not in "".join(letter.model_dump_json() for letter in story.letters)
    story.says(MENTOR, AskKind.REFLECT, thanks="You worked hard")
    story.silence()
    thanks = [story.mails(role)[-1].items[0].summary for role in (MENTOR, MENTEE)]
    assert [one.thanks for one in thanks if one] == ["You believed in me", "You worked hard"]


def test_an_extension_needs_both() -> None:
    story = at_the_wrap_up()
    sessions = len(story.m.sessions)
    story.says(MENTEE, AskKind.EXTEND, decision="yes")
    assert story.stage() is Stage.WRAP_UP
    assert not story.owed(MENTEE)
    story.says(MENTOR, AskKind.EXTEND, decision="yes")
    assert story.stage() is Stage.GROW_SESSIONS
    assert len(story.m.sessions) == sessions + 2
    story.days(2)
    assert story.items(MENTEE, MailKind.EXTENDED)
    assert story.items(MENTOR, MailKind.EXTENDED)
    story.reach(MENTEE, AskKind.REFLECT)
    assert story.m.extended == 1, "it is offered once"


@pytest.mark.parametrize("by", [MENTOR, MENTEE])
def test_one_no_to_the_extension_is_enough(by: Role) -> None:
    story = at_the_wrap_up()
    story.says(by, AskKind.EXTEND, decision=Decision.NO)
    assert story.owed(MENTEE, AskKind.REFLECT)
    assert not story.owed(by.partner, AskKind.EXTEND)


def test_silence_on_the_extension_finishes_as_planned() -> None:
    story = at_the_wrap_up()
    story.says(MENTEE, AskKind.EXTEND, decision="yes")
    story.days(17)
    assert story.owed(MENTEE, AskKind.REFLECT)


def test_silence_in_the_wrap_up_completes_it() -> None:
    story = at_the_wrap_up()
    story.silence()
    assert story.m.outcome is Outcome.COMPLETED


def test_finishing_early_is_completed_with_a_look_back() -> None:
    story = after_a_session()
    story.do(ExitRamp(by=MENTOR, choice=Ramp.FINISH))
    assert story.stage() is Stage.WRAP_UP
    assert not story.owed(MENTEE, AskKind.EXTEND), "who wants to finish is not asked to go on"
    story.live_on()
    assert story.m.outcome is Outcome.COMPLETED
    assert story.m.reflections


def test_invitations_to_what_no_longer_takes_place_are_called_off() -> None:
    story = after_a_session()
    story.reach(MENTEE, AskKind.PREPARE)
    invited = {
        item.session.number
        for item in story.items(MENTOR, MailKind.SESSION_INVITE)
        if item.session and item.session.starts_at > story.now
    }
    assert invited
    story.do(ExitRamp(by=MENTEE, choice=Ramp.END))
    story.silence()
    for role in (MENTOR, MENTEE):
        assert story.mails(role)[-1].kind is MailKind.CLOSING
        cancelled = {item.session.number for item in story.items(role, MailKind.SESSION_CANCELLED) if item.session}
        assert cancelled == invited


def test_a_cancellation_that_waits_for_the_morning_is_not_lost_when_the_end_comes_first() -> None:
    story = after_a_session(without=(AskKind.REFLECT,))
    story.reach(MENTEE, AskKind.PREPARE)
    story.until(story.now.replace(hour=21, minute=30))
    story.do(ExitRamp(by=MENTEE, choice=Ramp.FINISH))
    assert story.m.outcome is Outcome.COMPLETED
    story.silence()
    for role in (MENTOR, MENTEE):
        assert [item.calendar for item in story.items(role, MailKind.SESSION_CANCELLED)] == ["cancel"]


def test_finishing_before_the_first_session_is_refused_with_another_way() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.SET_GOALS)
    with pytest.raises(Rejected, match="end it now"):
        story.do(ExitRamp(by=MENTOR, choice=Ramp.FINISH))


def test_ending_without_blame_takes_effect_after_the_undo_time_and_names_nobody() -> None:
    story = after_a_session()
    story.do(ExitRamp(by=MENTOR, choice=Ramp.END, note="Too much work"))
    story.do(Undo(by=MENTOR))
    assert story.m.ending is None
    story.do(ExitRamp(by=MENTOR, choice=Ramp.END, note="Too much work"))
    story.until(story.now + timedelta(minutes=16))
    assert story.m.outcome is Outcome.ENDED_EARLY
    with pytest.raises(Rejected) as refusal:
        story.do(Undo(by=MENTOR))
    assert refusal.value.code == "ended"
    story.silence()
    closing = story.mails(MENTEE)[-1]
    assert (closing.kind, closing.items[0].by, closing.items[0].note) == (MailKind.CLOSING, None, "")


def test_the_platform_can_cancel_it_and_the_reason_is_not_mailed_to_the_pair() -> None:
    story = after_a_session()
    story.order(EndCommand(reason="The company closes"))
    story.silence()
    assert story.m.outcome is Outcome.CANCELLED
    assert ended(story.m).note == "The company closes"
    for role in (MENTOR, MENTEE):
        assert story.mails(role)[-1].items[0].outcome == "cancelled"
        assert "closes" not in story.mails(role)[-1].model_dump_json()


def test_the_deadline_forces_a_good_ending() -> None:
    story = after_a_session(nudges={"silences_to_lapse": 10}, sessions={"count": 12, "every_weeks": 8})
    story.live_on(silent=[AskKind.REFLECT])
    assert story.m.outcome is Outcome.COMPLETED
    assert "deadline" in next(visit.why for visit in story.m.visits if visit.stage is Stage.WRAP_UP)
    assert story.items(MENTEE, AskKind.REFLECT), "there was time to look back"
    assert story.m.ended_at is not None
    assert story.m.ended_at <= story.m.deadline


def test_at_the_deadline_without_any_session_it_lapses() -> None:
    story = Story(a_program(nudges={"silences_to_lapse": 10}, weeks=1, longest_days=40, sessions={"count": 1}))
    story.reach(MENTEE, AskKind.PREPARE)
    story.do(MoveSession(by=MENTEE, session=1, starts_at=story.m.deadline + timedelta(days=3)))
    story.live_on()
    assert story.m.outcome is Outcome.LAPSED
    assert story.m.ended_at == story.m.deadline


def test_after_the_end_nothing_is_sent_and_nothing_is_changed() -> None:
    story = Story()
    story.live_on()
    letters = len(story.letters)
    assert is_over(story.m, story.now)
    story.days(100)
    assert len(story.letters) == letters
    with pytest.raises(Rejected) as refusal:
        story.do(ExitRamp(by=MENTEE, choice=Ramp.END))
    assert refusal.value.code == "ended"


def test_without_a_reflection_it_is_completed_when_the_run_is_over() -> None:
    story = Story(a_program(without=(AskKind.REFLECT,), wrap_up={"extension_sessions": 0}))
    story.live_on()
    assert story.m.outcome is Outcome.COMPLETED
    assert not story.m.reflections
    assert all(one.status is not SessionStatus.PLANNED for one in story.m.sessions if one.number)
