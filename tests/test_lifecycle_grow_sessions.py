"""Stage grow_sessions, as the two people notice it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lifecycle import Rejected, health
from models.acts import CancelSession, MoveSession
from models.mail import MailClass, MailKind
from models.program import AskKind
from models.state import SessionStatus, Stage
from tests.builders import BERLIN, COORDINATOR, MENTEE, MENTOR, Story, a_program


def at_the_sessions(**changes: object) -> Story:
    story = Story(a_program(**changes))
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    return story


def at_a_report(**changes: object) -> Story:
    story = at_the_sessions(**changes)
    story.reach(MENTEE, AskKind.REPORT)
    return story


def test_the_mentee_is_asked_for_topics_three_days_before_and_both_get_the_agenda_the_day_before() -> None:
    story = at_the_sessions()
    first = story.session(1).starts_at
    ask = story.reach(MENTEE, AskKind.PREPARE)
    # Three days before is a Sunday, and no mail is welcome then: it is the Friday.
    assert ask.opened_at.date() == (first - timedelta(days=5)).date()
    assert ask.opened_at.astimezone(ZoneInfo(story.m.mentee.preferences.zone)).hour == 9
    story.says(MENTEE, AskKind.PREPARE, topics="How to say no")
    story.until(first)
    for role in (MENTOR, MENTEE):
        (letter,) = story.mails(role, MailKind.SESSION_REMINDER)[-1:]
        item = next(item for item in letter.items if item.kind is MailKind.SESSION_REMINDER)
        assert item.session is not None
        assert (item.session.number, item.session.topics) == (1, "How to say no")
        assert len(item.questions) == (5 if role is MENTOR else 4)
        assert letter.at.astimezone(BERLIN).date() == first.astimezone(BERLIN).date() - timedelta(days=1)


def test_the_mentee_reports_the_mentor_confirms_and_the_mentee_reads_the_feedback() -> None:
    story = at_a_report()
    story.says(MENTEE, AskKind.REPORT)
    assert story.ask(MENTOR, AskKind.CONFIRM).title == "confirm session 1"
    story.says(MENTOR, AskKind.CONFIRM, feedback="You asked good questions", rating=4)
    story.days(3)
    (item,) = story.items(MENTEE, MailKind.SESSION_CONFIRMED)
    assert item.session is not None
    assert item.session.feedback == "You asked good questions"
    assert item.session.mentor_rating is None, "a rating is for nobody's eyes but one's own"


def test_a_silent_mentor_lets_the_record_stand() -> None:
    story = at_a_report()
    story.says(MENTEE, AskKind.REPORT)
    story.days(17)
    record = story.session(1).record
    assert record is not None
    assert record.assumed


def test_an_unreported_session_stays_without_a_record_and_the_run_goes_on() -> None:
    story = at_a_report()
    story.days(17)
    assert story.session(1).status is SessionStatus.UNREPORTED
    assert story.m.stage is Stage.GROW_SESSIONS


def test_a_moved_session_is_the_same_calendar_entry_with_the_next_sequence() -> None:
    story = at_the_sessions()
    story.days(4)
    before = story.session(1)
    new_time = before.starts_at + timedelta(days=1, hours=2)
    story.do(MoveSession(by=MENTOR, session=1, starts_at=new_time, reason="A trip"))
    story.days(2)
    for role in (MENTOR, MENTEE):
        (item,) = story.items(role, MailKind.SESSION_MOVED)
        assert item.session is not None
        assert (item.calendar, item.session.uid) == ("request", "pair-session-1")
        assert (item.session.sequence, item.session.starts_at) == (before.sequence + 1, new_time)
        assert item.note == "A trip"
    assert len(story.items(MENTEE, MailKind.SESSION_INVITE)) == 2, "the first conversation and session 1, once each"


def test_a_session_that_moves_before_its_invitation_is_told_once() -> None:
    story = at_the_sessions()
    told = story.now
    later = story.session(1).starts_at + timedelta(days=2)
    story.do(MoveSession(by=MENTEE, session=1, starts_at=later))
    story.until(later)
    entries = [
        item
        for letter in story.mails(MENTOR, since=told - timedelta(minutes=1))
        for item in letter.items
        if item.calendar == "request" and item.session is not None and item.session.number == 1
    ]
    assert len(entries) == 1


def test_a_moved_session_is_prepared_and_reminded_of_anew() -> None:
    story = at_the_sessions()
    story.until(story.session(1).starts_at - timedelta(hours=3))
    assert story.items(MENTOR, MailKind.SESSION_REMINDER)
    before = len(story.items(MENTOR, MailKind.SESSION_REMINDER))
    story.do(MoveSession(by=MENTEE, session=1, starts_at=story.session(1).starts_at + timedelta(days=7)))
    story.until(story.session(1).starts_at)
    assert len(story.items(MENTOR, MailKind.SESSION_REMINDER)) == before + 1


def test_a_cancelled_session_leaves_both_calendars() -> None:
    story = at_the_sessions()
    story.until(story.session(1).starts_at - timedelta(days=2))
    story.do(CancelSession(by=MENTEE, session=1, reason="Ill"))
    for role in (MENTOR, MENTEE):
        (item,) = story.items(role, MailKind.SESSION_CANCELLED)
        assert item.session is not None
        assert (item.calendar, item.session.sequence) == ("cancel", 1)
    story.days(7)
    assert not story.owed(MENTEE, AskKind.REPORT)


def test_a_cancellation_at_night_waits_for_the_morning_unless_the_session_comes_first() -> None:
    story = at_the_sessions()
    start = story.session(1).starts_at
    night = (start - timedelta(days=1)).replace(hour=22)
    story.until(night)
    story.do(CancelSession(by=MENTEE, session=1))
    assert not story.mails(MENTOR, MailKind.SESSION_CANCELLED)
    story.days(1)
    (letter,) = story.mails(MENTOR, MailKind.SESSION_CANCELLED)
    assert f"{letter.at.astimezone(BERLIN):%H:%M}" == "07:00"


def test_a_cancellation_goes_at_once_when_the_session_leaves_no_other_time() -> None:
    story = at_the_sessions()
    early = (story.now + timedelta(days=9)).replace(hour=4, minute=30)
    story.do(MoveSession(by=MENTEE, session=1, starts_at=early))
    story.until(early - timedelta(hours=1))
    story.do(CancelSession(by=MENTEE, session=1))
    (letter,) = story.mails(MENTOR, MailKind.SESSION_CANCELLED)
    assert letter.at == story.now
    assert letter.mail_class is MailClass.CANCELLATION


def test_a_session_in_the_past_can_not_be_moved() -> None:
    story = at_a_report()
    with pytest.raises(Rejected) as refusal:
        story.do(MoveSession(by=MENTEE, session=1, starts_at=story.now + timedelta(days=1)))
    assert refusal.value.code == "too_late"
    with pytest.raises(Rejected) as refusal:
        story.do(MoveSession(by=MENTEE, session=2, starts_at=story.now - timedelta(days=1)))
    assert refusal.value.field == "starts_at"


def test_a_no_show_moves_the_session_to_the_next_free_slot() -> None:
    story = at_a_report()
    before = story.session(1)
    story.says(MENTEE, AskKind.REPORT, happened="no", reason="Nobody came")
    after = story.session(1)
    assert after.status is SessionStatus.PLANNED
    assert after.starts_at > story.now
    assert after.sequence == before.sequence + 1
    others = {one.starts_at for one in story.m.sessions if one.number != 1}
    assert after.starts_at not in others
    story.days(3)
    assert story.items(MENTOR, MailKind.SESSION_MOVED)


def test_two_no_shows_in_a_row_worry_the_coordinator_and_three_drop_the_session() -> None:
    story = at_a_report()
    for missed in (1, 2, 3):
        assert story.reach(MENTEE, AskKind.REPORT).id == f"report.mentee.1.{missed - 1}"
        soon = story.now + timedelta(days=5)
        story.says(MENTEE, AskKind.REPORT, happened="no", new_time=soon)
        if missed == 2:
            assert health(story.m, story.now).verdict == "needs_attention"
            assert "session 1 did not happen 2 times in a row" in health(story.m, story.now).reasons
    assert story.session(1).status is SessionStatus.CANCELLED
    story.days(3)
    texts = [str(item.reasons[0].text) for item in story.items(COORDINATOR, MailKind.ATTENTION)]
    assert sum("did not happen 2 times" in text for text in texts) == 1
    assert story.reach(MENTEE, AskKind.REPORT).number == 2


def test_a_report_is_rewritten_until_the_mentor_confirmed_and_its_tasks_with_it() -> None:
    story = at_a_report()
    story.says(MENTEE, AskKind.REPORT)
    again = story.m.answers["report.mentee.1.0"].act
    assert again is not None
    story.do(again.evolve(will="Something else", tasks=()))
    assert not story.m.tasks
    record = story.session(1).record
    assert record is not None
    assert record.will == "Something else"
    story.says(MENTOR, AskKind.CONFIRM)
    with pytest.raises(Rejected) as refusal:
        story.do(again)
    assert refusal.value.code == "superseded"


def test_too_many_tasks_are_refused_and_nothing_is_kept() -> None:
    story = at_a_report()
    task = {"title": "Do it", "due": story.today(9)}
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.REPORT, tasks=[task] * 4)
    assert refusal.value.field == "tasks"
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.REPORT, tasks=[task, {**task, "due": story.today()}])
    assert refusal.value.field == "tasks.1.due"
    assert not story.m.tasks
    assert story.session(1).record is None


def test_without_confirmation_a_report_stands_at_once() -> None:
    story = at_a_report(without=(AskKind.CONFIRM,))
    story.says(MENTEE, AskKind.REPORT)
    assert not story.owed(MENTOR)
    record = story.session(1).record
    assert record is not None
    assert record.confirmed_at is not None


def test_without_preparation_nobody_is_asked_for_topics_but_both_are_reminded() -> None:
    story = at_a_report(without=(AskKind.PREPARE,))
    assert not story.items(MENTEE, AskKind.PREPARE)
    assert story.items(MENTEE, MailKind.SESSION_REMINDER)


def test_after_the_planned_sessions_come_the_check_ins() -> None:
    story = at_the_sessions()
    while story.m.stage is Stage.GROW_SESSIONS:
        story.reach(MENTOR, AskKind.CONFIRM)
        story.says(MENTOR, AskKind.CONFIRM)
        if not story.owed(MENTEE, AskKind.CHECK_IN) and len([s for s in story.m.sessions if s.record]) == 4:
            break
    story.reach(MENTEE, AskKind.CHECK_IN)
    assert sum(one.status is SessionStatus.HELD for one in story.m.sessions if one.number) == 4


def test_a_session_that_moves_behind_the_next_one_does_not_keep_back_its_invitation() -> None:
    story = at_a_report(without=(AskKind.PREPARE,))
    second = story.session(2).starts_at
    story.says(MENTEE, AskKind.REPORT, happened="no", new_time=second + timedelta(days=3))
    story.until(second)
    for role in (MENTOR, MENTEE):
        invited = {item.session.number for item in story.items(role, MailKind.SESSION_INVITE) if item.session}
        assert 2 in invited


def test_a_move_at_short_notice_is_told_on_a_day_off_because_later_would_be_too_late() -> None:
    story = at_the_sessions()
    friday = (story.now + timedelta(days=4 - story.now.weekday())).replace(hour=17)
    story.until(friday)
    story.do(MoveSession(by=MENTEE, session=1, starts_at=friday + timedelta(days=1)))
    story.days(1)
    assert [letter.mail_class for letter in story.mails(MENTOR, MailKind.SESSION_MOVED)] == [MailClass.CANCELLATION]
    assert f"{story.mails(MENTOR, MailKind.SESSION_MOVED)[0].at:%a}" in ("Fri", "Sat")
