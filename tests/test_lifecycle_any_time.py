"""What people and the platform can do at any time, as they notice it."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, health, journey, mail_event, page
from models.acts import (
    AskHelp,
    DaysAway,
    ExitRamp,
    FreshLink,
    Pause,
    Ramp,
    Resume,
    Snooze,
    StopContact,
    Undo,
    Unsubscribe,
)
from models.answers import LinkUsed
from models.commands import ChangePersonCommand, EndCommand, ExtendCommand, PauseCommand, ResumeCommand
from models.mail import MailClass, MailEvent, MailKind
from models.pages import PageQuery
from models.program import AskKind
from models.state import Outcome, Stage
from tests.builders import BERLIN, COORDINATOR, MENTEE, MENTOR, Story, a_program


def at_the_sessions() -> Story:
    story = Story()
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    story.days(1)
    return story


def test_a_pause_is_silent_resumes_by_itself_and_moves_the_sessions_behind_it() -> None:
    story = at_the_sessions()
    starts = story.session(1).starts_at
    story.do(Pause(by=MENTEE, until=story.today(20)))
    began = story.now
    assert story.session(1).starts_at > began + timedelta(days=20) > starts
    first, second = (story.session(number).starts_at.astimezone(BERLIN) for number in (1, 2))
    assert (second.date() - first.date(), first.time()) == (timedelta(days=14), second.time())
    story.days(19)
    told = [letter for letter in story.mails(MENTOR) if letter.at >= began]
    assert [item.kind for letter in told for item in letter.items] == [MailKind.PAUSED]
    assert not story.mails(MENTEE, since=began)
    story.days(3)
    for role in (MENTOR, MENTEE):
        assert story.items(role, MailKind.RESUMED)
    assert story.reach(MENTEE, AskKind.REPORT).number == 1


def test_what_is_owed_waits_as_long_as_the_pause_lasts() -> None:
    story = Story()
    story.says(MENTOR, AskKind.ACCEPT)
    before = story.ask(MENTEE, AskKind.ACCEPT)
    story.do(Pause(by=MENTOR, until=story.today(10)))
    pause = story.m.pauses[0]
    after = story.ask(MENTEE, AskKind.ACCEPT)
    assert after.ends_at - before.ends_at == pause.end - pause.start


def test_either_can_resume_earlier() -> None:
    story = at_the_sessions()
    story.do(Pause(by=MENTEE, until=story.today(20)))
    story.days(5)
    story.do(Resume(by=MENTOR))
    story.days(1)
    assert story.items(MENTEE, MailKind.RESUMED)
    assert not story.items(MENTOR, MailKind.RESUMED), "who resumed it knows"
    with pytest.raises(Rejected):
        story.do(Resume(by=MENTOR))


@pytest.mark.parametrize("days", [0, -3, 60])
def test_a_pause_ends_ahead_and_not_too_far(days: int) -> None:
    story = at_the_sessions()
    with pytest.raises(Rejected) as refusal:
        story.do(Pause(by=MENTEE, until=story.today(days)))
    assert refusal.value.field == "until"


def test_all_pauses_together_are_bounded() -> None:
    story = at_the_sessions()
    for _ in range(2):
        story.do(Pause(by=MENTEE, until=story.today(42)))
        story.days(43)
    with pytest.raises(Rejected, match="together"):
        story.do(Pause(by=MENTEE, until=story.today(10)))


def test_days_away_move_due_dates_and_the_partner_hears_until_when() -> None:
    story = Story()
    before = story.ask(MENTEE, AskKind.ACCEPT)
    story.do(DaysAway(by=MENTEE, first=story.today(1), last=story.today(7)))
    after = story.ask(MENTEE, AskKind.ACCEPT)
    assert after.due_at - before.due_at == timedelta(days=7)
    assert after.ends_at - before.ends_at == timedelta(days=7)
    began = story.now
    story.days(7)
    assert not story.mails(MENTEE, since=began)
    (item,) = story.items(MENTOR, MailKind.PARTNER_AWAY)
    assert item.until is not None
    assert item.until.astimezone(BERLIN).date() == began.astimezone(BERLIN).date() + timedelta(days=8)
    assert story.ask(MENTOR, AskKind.ACCEPT).ends_at == before.ends_at, "the partner's own dates stay"


def test_a_snooze_puts_off_the_next_nudge_and_can_be_had_three_times() -> None:
    story = Story()
    story.says(MENTOR, AskKind.ACCEPT)
    story.days(1)
    for times in range(3):
        before = story.ask(MENTEE, AskKind.ACCEPT).ends_at
        story.do(Snooze(by=MENTEE, ask="accept.mentee", days=5))
        assert story.ask(MENTEE, AskKind.ACCEPT).ends_at - before == timedelta(days=5)
        with pytest.raises(Rejected):
            story.do(Snooze(by=MENTEE, ask="accept.mentee", days=5))
        began = story.now
        story.days(5)
        assert not story.mails(MENTEE, since=began), times
    with pytest.raises(Rejected, match="three times"):
        story.do(Snooze(by=MENTEE, ask="accept.mentee", days=1))


def test_a_stop_silences_everything_at_once_and_only_the_coordinator_hears() -> None:
    story = at_the_sessions()
    story.until(story.now.replace(hour=23))
    began = story.now
    story.do(StopContact(by=MENTEE, message="He frightens me"))
    (letter,) = [letter for letter in story.letters if letter.at >= began]
    assert (letter.to.role, letter.mail_class) == (COORDINATOR, MailClass.URGENT)
    assert letter.items[0].note == "He frightens me"
    assert health(story.m, story.now).verdict == "at_risk"
    story.days(13)
    assert not story.mails(MENTOR, since=began)
    assert not story.mails(MENTEE, since=began)
    with pytest.raises(Rejected):
        story.do(Resume(by=MENTOR))
    story.silence()
    assert story.m.outcome is Outcome.ENDED_EARLY
    assert "frightens" not in "".join(one.model_dump_json() for one in story.mails(MENTOR))


def test_when_both_end_it_neither_can_take_it_back_and_both_hear_at_once() -> None:
    story = at_the_sessions()
    story.do(ExitRamp(by=MENTEE, choice=Ramp.END))
    assert story.m.stage is not Stage.ENDED
    assert "exit_ramp" in journey(story.m, PageQuery(role=MENTOR), story.now).can
    receipt = story.do(ExitRamp(by=MENTOR, choice=Ramp.END))
    assert (story.m.outcome, receipt.undo_until) == (Outcome.ENDED_EARLY, None)
    with pytest.raises(Rejected):
        story.do(Undo(by=MENTEE))


def test_a_stop_outlasts_two_wishes_to_end_it() -> None:
    story = at_the_sessions()
    story.do(ExitRamp(by=MENTEE, choice=Ramp.END))
    story.do(StopContact(by=MENTEE))
    story.do(ExitRamp(by=MENTOR, choice=Ramp.END))
    assert story.m.stage is not Stage.ENDED


def test_the_coordinator_can_lift_a_stop() -> None:
    story = at_the_sessions()
    story.do(StopContact(by=MENTEE))
    story.days(2)
    story.order(ResumeCommand())
    story.days(30)
    assert story.m.stage is Stage.GROW_SESSIONS


def test_unsubscribing_stops_nudges_and_keeps_what_the_partner_does() -> None:
    story = Story()
    story.do(Unsubscribe(by=MENTEE))
    began = story.now
    story.says(MENTOR, AskKind.ACCEPT)
    story.days(10)
    assert not story.mails(MENTEE, since=began)
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(1)
    story.says(MENTEE, AskKind.PROPOSE_TIMES)
    story.says(MENTOR, AskKind.PICK_TIME)
    story.days(3)
    assert story.items(MENTEE, MailKind.SESSION_INVITE)
    assert not [letter for letter in story.mails(MENTEE, since=began) if letter.mail_class is MailClass.INITIATED]


def test_invitations_are_no_nudges_and_reach_who_has_unsubscribed() -> None:
    story = at_the_sessions()
    story.do(Unsubscribe(by=MENTEE))
    story.reach(MENTEE, AskKind.CHECK_IN)
    invited = {item.session.number for item in story.items(MENTEE, MailKind.SESSION_INVITE) if item.session}
    assert invited == {0, 1, 2, 3}


def test_closing_mails_reach_who_wants_closing_mails_only() -> None:
    story = Story()
    story.do(Unsubscribe.model_validate({"by": "mentee", "mail": "closing_only"}))
    began = story.now
    story.silence()
    assert [letter.kind for letter in story.mails(MENTEE, since=began)] == [MailKind.CLOSING]


def test_a_fresh_link_goes_to_the_address_on_record_three_times_a_day_at_most() -> None:
    story = Story()
    for _ in range(3):
        story.do(FreshLink(by=MENTEE, ask="accept.mentee"))
        story.until(story.now + timedelta(minutes=30))
    letters = story.mails(MENTEE, MailKind.FRESH_LINK)
    assert len(letters) == 3
    assert {letter.to.email for letter in letters} == {"theo@example.com"}
    assert letters[0].items[0].ask is not None
    assert letters[0].items[0].ask.id == "accept.mentee"
    with pytest.raises(Rejected, match="mailbox"):
        story.do(FreshLink(by=MENTEE, ask="accept.mentee"))


def test_a_change_of_address_revokes_the_links_of_before_and_mails_a_fresh_one() -> None:
    story = Story()
    old = LinkUsed(jti="old", issued_at=story.now)
    story.days(1)
    story.order(ChangePersonCommand(role=MENTEE, email="new@example.com"))
    query = PageQuery(role=MENTEE, ask="accept.mentee", link=old)
    assert page(story.m, query, story.now).status == "revoked"
    with pytest.raises(Rejected) as refusal:
        story.do(story.answer(MENTEE, AskKind.ACCEPT).evolve(link=old))
    assert refusal.value.code == "revoked"
    story.days(1)
    (letter,) = story.mails(MENTEE, MailKind.FRESH_LINK)
    assert letter.to.email == "new@example.com"
    story.do(story.answer(MENTEE, AskKind.ACCEPT).evolve(link=LinkUsed(jti="new", issued_at=letter.at)))


def test_a_new_name_revokes_nothing() -> None:
    story = Story()
    story.order(ChangePersonCommand(role=MENTEE, name="Theodor"))
    story.days(1)
    assert not story.mails(MENTEE, MailKind.FRESH_LINK)
    assert not story.m.links_from


def test_going_slower_doubles_the_rhythm_and_names_nobody() -> None:
    story = at_the_sessions()
    story.do(ExitRamp(by=MENTOR, choice=Ramp.SLOWER))
    second, third = (story.session(number).starts_at.astimezone(BERLIN) for number in (2, 3))
    assert (third.date() - second.date(), third.time()) == (timedelta(weeks=4), second.time())
    story.days(2)
    for role in (MENTOR, MENTEE):
        (item,) = story.items(role, MailKind.SLOWER)
        assert item.by is None
        assert len(item.times) == 4


def test_changing_the_topic_goes_back_to_the_goals() -> None:
    story = at_the_sessions()
    story.do(ExitRamp(by=MENTEE, choice=Ramp.CHANGE_TOPIC))
    assert story.m.stage is Stage.GOAL_SETTING
    assert story.owed(MENTEE, AskKind.SET_GOALS)


def test_a_word_to_the_coordinator_stays_from_the_partner() -> None:
    story = at_the_sessions()
    story.do(AskHelp(by=MENTEE, message="I need advice"))
    story.days(3)
    assert story.items(COORDINATOR, MailKind.HELP_ASKED)[0].note == "I need advice"
    assert "advice" not in "".join(letter.model_dump_json() for letter in story.mails(MENTOR))


def test_two_words_to_the_coordinator_both_arrive() -> None:
    story = at_the_sessions()
    story.do(AskHelp(by=MENTEE, message="First"))
    story.do(AskHelp(by=MENTOR, message="Second"))
    story.days(3)
    assert [item.note for item in story.items(COORDINATOR, MailKind.HELP_ASKED)] == ["First", "Second"]


def test_the_platform_can_pause_and_resume_it() -> None:
    story = at_the_sessions()
    story.order(PauseCommand(until=story.today(14), reason="Summer"))
    story.days(2)
    for role in (MENTOR, MENTEE):
        assert story.items(role, MailKind.PAUSED)[0].note == "Summer"
    story.order(ResumeCommand())
    story.days(3)
    assert story.items(MENTEE, MailKind.RESUMED)


def test_the_platform_can_give_more_time_and_sessions() -> None:
    story = at_the_sessions()
    deadline, sessions = story.m.deadline, len(story.m.sessions)
    story.order(ExtendCommand(days=30, sessions=2))
    assert story.m.deadline == deadline + timedelta(days=30)
    assert len(story.m.sessions) == sessions + 2


def test_commands_after_the_end_are_refused() -> None:
    story = at_the_sessions()
    story.order(EndCommand())
    for command in (ResumeCommand(), EndCommand(), ExtendCommand(days=3)):
        with pytest.raises(Rejected) as refusal:
            story.order(command)
        assert refusal.value.code == "ended"


def test_an_address_that_bounces_gets_no_more_mail_and_the_coordinator_hears_once() -> None:
    story = Story(a_program())
    event = MailEvent(letter="pair-0001", to=MENTEE, event="bounced", reason="no such mailbox")
    for _ in range(2):
        story.m = mail_event(story.m, event, story.now)
    began = story.now
    story.days(9)
    assert not story.mails(MENTEE, since=began)
    told = [item for item in story.items(COORDINATOR, MailKind.ATTENTION) if "unreachable" in item.key]
    assert len(told) == 1
    story.order(ChangePersonCommand(role=MENTEE, email="new@example.com"))
    story.days(1)
    assert story.mails(MENTEE, since=began)


def test_nobody_gets_the_address_of_their_partner() -> None:
    story = Story()
    order = ChangePersonCommand(role=MENTEE, email=story.m.mentor.email.upper())
    with pytest.raises(Rejected, match="two people"):
        story.order(order)
