"""Stage intro, as the two people notice it."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, apply, journey, page
from models.acts import Undo
from models.answers import (
    Accept,
    Decision,
    Fit,
    PickTime,
    ProposeTimes,
)
from models.base import Role
from models.mail import MailClass, MailKind
from models.pages import PageQuery
from models.program import AskKind
from models.state import Outcome, Stage
from tests.builders import BEGINNING, COORDINATOR, MENTEE, MENTOR, Story, a_program, a_start


def test_both_get_a_welcome_with_one_thing_to_do() -> None:
    story = Story()
    for role in (MENTOR, MENTEE):
        (letter,) = story.mails(role)
        assert letter.at == BEGINNING
        (item,) = letter.items
        assert (item.kind, item.ask and item.ask.id) == (MailKind.ACCEPT, f"accept.{role}")
        assert letter.partner is not None
        assert letter.partner.bio


def test_the_welcome_waits_for_the_morning_of_each_zone() -> None:
    story = Story(start=a_start("America/New_York", "Pacific/Auckland"))
    assert not story.letters
    story.days(2)
    (to_mentor,), (to_mentee,) = story.mails(MENTOR), story.mails(MENTEE)
    assert f"{to_mentor.at:%d %H:%M}" == "07 13:00"
    assert f"{to_mentee.at:%d %H:%M}" == "07 21:00"


@pytest.mark.parametrize("second", [MENTEE, MENTOR])
def test_only_who_accepts_first_is_told_to_wait_for_the_other(second: Role) -> None:
    story = Story()
    first = story.says(second.partner, AskKind.ACCEPT)
    assert str(first.happens_next).startswith("We wait for")
    last = story.says(second, AskKind.ACCEPT)
    assert str(last.happens_next).startswith("You both said yes")
    # The mentee proposes times, and can do so at once.
    assert ("one more thing" in str(last.happens_next)) is (second is MENTEE)


def test_a_decline_ends_it_after_fifteen_minutes_and_the_partner_hears_only_then() -> None:
    story = Story()
    receipt = story.says(MENTEE, AskKind.ACCEPT, decision="no", reason="No time this year")
    assert receipt.undo_until == story.now + timedelta(minutes=15)
    story.until(story.now + timedelta(minutes=14))
    assert story.m.stage is Stage.INTRO
    assert len(story.letters) == 2
    story.silence()
    assert story.m.outcome is Outcome.DECLINED
    for role in (MENTOR, MENTEE):
        assert story.mails(role)[-1].kind is MailKind.CLOSING
        assert "No time" not in story.mails(role)[-1].model_dump_json()
    assert story.mails(COORDINATOR, MailKind.COORDINATOR_CLOSING)[0].items[0].note == "No time this year"


def test_a_decline_is_taken_back_within_fifteen_minutes() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT, decision="no")
    with pytest.raises(Rejected, match="yours"):
        story.do(Undo(by=MENTOR))
    story.until(story.now + timedelta(minutes=10))
    story.do(Undo(by=MENTEE))
    story.days(1)
    assert story.m.stage is Stage.INTRO
    assert story.ask(MENTEE, AskKind.ACCEPT)
    assert len(story.mails(MENTEE)) == 1, "nobody is asked again at once"


def test_a_decline_is_changed_to_a_yes_before_it_takes_effect() -> None:
    story = Story()
    no = story.answer(MENTEE, AskKind.ACCEPT, decision="no")
    story.do(no)
    story.do(no.evolve(decision=Decision.YES))
    story.days(1)
    assert story.m.stage is Stage.INTRO
    assert story.m.ending is None
    assert story.m.answers["accept.mentee"].revision == 2


def test_a_yes_becomes_a_no_until_the_partner_has_answered() -> None:
    story = Story()
    yes = story.answer(MENTEE, AskKind.ACCEPT)
    story.do(yes)
    query = PageQuery(role=MENTEE, ask="accept.mentee")
    assert page(story.m, query, story.now).status == "changeable"
    story.do(yes.evolve(decision=Decision.NO))
    story.do(Undo(by=MENTEE))
    story.says(MENTEE, AskKind.ACCEPT)
    story.says(MENTOR, AskKind.ACCEPT)
    assert page(story.m, query, story.now).status == "answered"
    with pytest.raises(Rejected) as refusal:
        story.do(yes.evolve(decision=Decision.NO))
    assert refusal.value.code == "superseded"


def test_preferences_come_with_the_yes() -> None:
    story = Story()
    story.says(MENTOR, AskKind.ACCEPT, zone="Asia/Tokyo", hours_from="10:00", hours_to="12:00", days_off=[0])
    preferences = story.m.mentor.preferences
    assert (preferences.zone, preferences.days_off) == ("Asia/Tokyo", (0,))
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.ACCEPT, hours_from="10:00", hours_to="11:00")
    assert refusal.value.field == "hours_to"


def test_a_silent_mentor_is_nudged_three_times_then_the_coordinator_hears_then_it_lapses() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.silence()
    asked = story.items(MENTOR, AskKind.ACCEPT)
    assert [item.ask.rung for item in asked if item.ask] == [0, 1, 2, 3]
    days = [f"{letter.at:%a %d}" for letter in story.mails(MENTOR, AskKind.ACCEPT)]
    assert days == ["Mon 07", "Wed 09", "Mon 14", "Wed 16"], "after 0, 2, 5 and 9 days, but not on a Saturday"
    told = story.mails(COORDINATOR, MailKind.ATTENTION)
    assert "accept the mentorship" in str(told[0].items[0].reasons[0].text)
    assert f"{told[0].at:%a %d}" == "Mon 21", "after 12 days, but not on a Saturday"
    assert story.m.outcome is Outcome.LAPSED
    assert story.m.ended_at == BEGINNING + timedelta(days=16)
    assert not story.items(MENTEE, AskKind.ACCEPT)[1:], "who has answered is left alone"
    assert [story.mails(role)[-1].kind for role in (MENTOR, MENTEE)] == [MailKind.CLOSING, MailKind.CLOSING]


def test_the_partner_hears_that_both_accepted_and_the_mentee_proposes_times() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(1)
    story.says(MENTOR, AskKind.ACCEPT)
    (letter,) = story.mails(MENTEE, MailKind.PARTNER_ACCEPTED)
    assert [item.kind for item in letter.items] == [MailKind.PROPOSE_TIMES, MailKind.PARTNER_ACCEPTED]


def test_the_picked_time_is_in_both_calendars() -> None:
    story = Story()
    story.reach(MENTOR, AskKind.PICK_TIME)
    story.says(MENTOR, AskKind.PICK_TIME)
    story.days(1)
    for role in (MENTOR, MENTEE):
        (item,) = story.items(role, MailKind.SESSION_INVITE)
        assert item.calendar == "request"
        assert item.session is not None
        assert item.session.sequence == 0
        assert item.session.uid == "pair-session-0"


def test_times_are_proposed_up_to_three_times_then_the_pair_finds_one_itself() -> None:
    story = Story()
    for proposer in (MENTEE, MENTOR, MENTEE):
        story.reach(proposer, AskKind.PROPOSE_TIMES)
        story.says(proposer, AskKind.PROPOSE_TIMES)
        story.says(proposer.partner, AskKind.PICK_TIME, time=None, none_suits=True)
    assert not story.m.sessions
    assert story.owed(MENTEE, AskKind.FIT_CHECK)
    assert story.owed(MENTOR, AskKind.FIT_CHECK)


def test_silence_on_proposed_times_takes_the_first_that_is_still_ahead() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.PROPOSE_TIMES)
    early, late = story.now + timedelta(days=3), story.now + timedelta(days=30)
    story.do(ProposeTimes(by=MENTEE, ask="propose_times.mentee.1", times=(early, late)))
    story.days(17)
    assert story.session(0).starts_at == late


def test_a_time_that_was_not_proposed_is_refused() -> None:
    story = Story()
    story.reach(MENTOR, AskKind.PICK_TIME)
    with pytest.raises(Rejected) as refusal:
        story.do(PickTime(by=MENTOR, ask="pick_time.mentor.1", time=story.now + timedelta(days=50)))
    assert (refusal.value.code, refusal.value.field) == ("invalid", "time")


def test_a_time_in_the_past_is_refused_by_its_field() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.PROPOSE_TIMES)
    good, bad = story.now + timedelta(days=3), story.now - timedelta(days=1)
    with pytest.raises(Rejected) as refusal:
        story.do(ProposeTimes(by=MENTEE, ask="propose_times.mentee.1", times=(good, bad)))
    assert refusal.value.field == "times.1"


def test_who_is_unsure_is_asked_again_after_the_first_session_and_only_they() -> None:
    story = Story()
    story.reach(MENTOR, AskKind.FIT_CHECK, silent=[AskKind.FIT_CHECK])
    story.says(MENTOR, AskKind.FIT_CHECK, fit="not_sure")
    story.reach(MENTEE, AskKind.REPORT)
    assert not story.owed(MENTOR, AskKind.FIT_CHECK)
    story.says(MENTEE, AskKind.REPORT)
    assert story.ask(MENTOR, AskKind.FIT_CHECK).id == "fit_check.mentor.2"
    assert not story.owed(MENTEE, AskKind.FIT_CHECK)
    view = journey(story.m, PageQuery(role=MENTEE), story.now)
    assert "fit_check" not in view.model_dump_json(), "that they are asked again says that they were not sure"


def test_not_a_fit_never_reveals_who_said_it() -> None:
    def closing(role: Role) -> list[str]:
        story = Story()
        story.reach(role, AskKind.FIT_CHECK)
        if story.owed(role.partner, AskKind.FIT_CHECK):
            story.says(role.partner, AskKind.FIT_CHECK)
        story.says(role, AskKind.FIT_CHECK, fit=Fit.NOT_A_FIT, note="A word for the record")
        story.silence()
        assert story.m.outcome is Outcome.NOT_A_FIT
        letters = [story.mails(reader)[-1] for reader in (MENTOR, MENTEE)]
        assert all(letter.mail_class is MailClass.CLOSING for letter in letters)
        assert "for the record" not in "".join(letter.model_dump_json() for letter in letters)
        return [letter.items[0].evolve(summary=None).model_dump_json() for letter in letters]

    assert closing(MENTOR) == closing(MENTEE), "the closing mails are the same whoever said it"


def test_not_a_fit_can_be_taken_back_within_fifteen_minutes() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.FIT_CHECK)
    story.says(MENTEE, AskKind.FIT_CHECK, fit="not_a_fit")
    story.until(story.now + timedelta(minutes=5))
    story.do(Undo(by=MENTEE))
    story.days(1)
    assert story.m.stage is Stage.INTRO
    assert story.owed(MENTEE, AskKind.FIT_CHECK)


def test_a_program_without_a_first_conversation_asks_for_goals_once_both_accepted() -> None:
    story = Story(a_program(without=(AskKind.PROPOSE_TIMES, AskKind.FIT_CHECK)))
    story.says(MENTOR, AskKind.ACCEPT)
    story.says(MENTEE, AskKind.ACCEPT)
    assert story.m.stage is Stage.GOAL_SETTING
    assert [ask.kind for ask in story.owed(MENTEE)] == [AskKind.SET_GOALS]


def test_a_program_without_a_first_conversation_still_checks_the_fit() -> None:
    story = Story(a_program(without=(AskKind.PROPOSE_TIMES,)))
    story.says(MENTOR, AskKind.ACCEPT)
    story.says(MENTEE, AskKind.ACCEPT)
    assert story.m.stage is Stage.INTRO
    assert story.owed(MENTOR, AskKind.FIT_CHECK)


def test_the_same_press_twice_gives_the_same_receipt_and_counts_once() -> None:
    story = Story()
    act = Accept(by=MENTEE, ask="accept.mentee", decision=Decision.YES)
    once, receipt = apply(story.m, act, story.now, "one")
    twice, again = apply(once, act, story.now + timedelta(hours=1), "one")
    assert (twice, again) == (once, receipt)
    assert once.acts == 1


def test_nobody_answers_for_the_partner() -> None:
    story = Story()
    with pytest.raises(Rejected) as refusal:
        story.do(Accept(by=MENTEE, ask="accept.mentor", decision=Decision.YES))
    assert refusal.value.code == "not_yours"
