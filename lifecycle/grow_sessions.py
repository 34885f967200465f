"""Stage grow_sessions: prepare, meet, report by GROW, confirm; and what happens when a session does not happen."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lifecycle import calendar, check_ins, tasks
from lifecycle.asks import Ask, opened
from lifecycle.notices import notify
from lifecycle.rejection import Rejected
from models.acts import CancelSession, MoveSession
from models.answers import (
    Confirm,
    Decision,
    Prepare,
    Report,
)
from models.base import Role
from models.mail import MailKind
from models.phrases import say
from models.program import AskKind
from models.state import Mentorship, Record, Session, SessionStatus, Stage
from models.wall_clock import at_wall_clock, local_day

MOST_MISSED = 3
"""After a session did not happen this often, it is dropped and the run goes on."""

LATEST_TO_PREPARE = timedelta(hours=36)
"""A session that is arranged later than this before it begins is not prepared by mail."""


def asks(m: Mentorship) -> tuple[Ask, ...]:
    """What is open around each session. A refocus does not stop the sessions that are in the calendar."""
    if m.stage in (Stage.INTRO, Stage.WRAP_UP, Stage.ENDED):
        return ()
    found: list[Ask] = []
    for one in m.sessions:
        if one.number == 0:
            continue
        if one.status is SessionStatus.PLANNED:
            found += _prepare(m, one)
            found += opened(
                m, AskKind.REPORT, Role.MENTEE, one.number, one.missed, at=calendar.ends_at(one), direct=False
            )
        elif one.record is not None and one.record.confirmed_at is None and m.program.has(AskKind.CONFIRM):
            found += opened(m, AskKind.CONFIRM, Role.MENTOR, one.number, at=one.record.at, direct=True)
    return tuple(found)


def _prepare(m: Mentorship, one: Session) -> tuple[Ask, ...]:
    if not m.program.has(AskKind.PREPARE):
        return ()
    opens = max(_prepare_from(m, one), one.planned_at)
    if one.starts_at - opens < LATEST_TO_PREPARE:
        return ()
    return opened(
        m,
        AskKind.PREPARE,
        Role.MENTEE,
        one.number,
        at=opens,
        direct=False,
        due=one.starts_at - timedelta(days=1),
        ends=one.starts_at,
    )


def _prepare_from(m: Mentorship, one: Session) -> datetime:
    """The morning of the mentee's welcome day that lies the program's days before the session, or sooner."""
    preferences = m.mentee.preferences
    zone = ZoneInfo(preferences.zone)
    day = local_day(one.starts_at, zone) - timedelta(days=m.program.sessions.prepare_days_before)
    while day.weekday() in preferences.days_off:
        day -= timedelta(days=1)
    return at_wall_clock(day, preferences.hours_from, zone)


def next_stage(m: Mentorship) -> Stage | None:
    """Check-ins are next once no session is to come and everything about the past ones is said."""
    if calendar.planned(m) or any(ask.kind is AskKind.CONFIRM for ask in asks(m)):
        return None
    if any(one.midway and not check_ins.is_over(m, one) for one in m.check_ins):
        return None
    return Stage.CHECK_INS


def of_ask(m: Mentorship, ask: str) -> Session:
    """The session that an ask is about."""
    found = calendar.session(m, int(ask.split(".")[2]))
    assert found is not None
    return found


def prepare(m: Mentorship, act: Prepare, ask: str, at: datetime) -> Mentorship:
    """Keeps the topics for the agenda that both get the day before."""
    return calendar.with_session(m, of_ask(m, ask).evolve(topics=act.topics, questions=act.questions))


def report(m: Mentorship, act: Report, ask: str, at: datetime) -> Mentorship:
    """The record and its tasks; or the session goes back into the calendar."""
    one = of_ask(m, ask)
    if act.happened is Decision.NO:
        return did_not_happen(m, one, act.new_time, at, act.by, act.reason)
    if len(act.tasks) > m.program.sessions.tasks_most:
        most = m.program.sessions.tasks_most
        raise Rejected(
            "invalid",
            say("Please keep to {count} task a session.", "Please keep to {count} tasks a session.", count=most),
            "tasks",
        )
    assert act.rating is not None
    record = Record(
        at=at,
        goal=act.goal,
        reality=act.reality,
        options=act.options,
        will=act.will,
        mentee_rating=act.rating,
        confirmed_at=None if m.program.has(AskKind.CONFIRM) else at,
    )
    m = tasks.without_session(m, one.number)
    m = calendar.with_session(m, one.evolve(status=SessionStatus.HELD, record=record))
    for index, new in enumerate(act.tasks):
        m = tasks.added(m, new, act.by, at, f"tasks.{index}", session=one.number)
    return check_ins.plan_midway(m, at)


def did_not_happen(
    m: Mentorship, one: Session, new_time: datetime | None, at: datetime, by: Role, reason: str
) -> Mentorship:
    """A session that nobody held moves to the time that was named, or to the next free slot."""
    if new_time is not None:
        calendar.check_time(new_time, at, "new_time")
    one = one.evolve(missed=one.missed + 1, topics=one.topics)
    if one.missed >= MOST_MISSED:
        return calendar.cancelled(m, one, at, by, reason)
    return calendar.moved(m, one, new_time or calendar.next_free_slot(m, one, at), at, by, reason)


def report_ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    """Nobody said what came of it: the session stays without a record and the run goes on."""
    m = calendar.with_session(m, of_ask(m, ask.id).evolve(status=SessionStatus.UNREPORTED))
    return check_ins.plan_midway(m, at)


def confirm(m: Mentorship, act: Confirm, ask: str, at: datetime) -> Mentorship:
    """The mentor's word on the record, which the mentee gets to read."""
    one = of_ask(m, ask)
    assert one.record is not None
    record = one.record.evolve(
        confirmed_at=at,
        mentor_rating=act.rating,
        correction=act.correction if act.verdict == "correct" else "",
        feedback=act.feedback,
    )
    m = calendar.with_session(m, one.evolve(record=record))
    return notify(m, Role.MENTEE, MailKind.SESSION_CONFIRMED, at, str(one.number), session=one.number, by=Role.MENTOR)


def confirm_ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    """Silence counts as agreement."""
    one = of_ask(m, ask.id)
    assert one.record is not None
    return calendar.with_session(m, one.evolve(record=one.record.evolve(confirmed_at=at, assumed=True)))


def _coming(m: Mentorship, number: int, at: datetime) -> Session:
    one = calendar.session(m, number)
    if one is None:
        raise Rejected("invalid", "There is no such session.", "session")
    if one.status is not SessionStatus.PLANNED or calendar.ends_at(one) <= at:
        raise Rejected("too_late", "This session is over, so it can't be changed any more.", "session")
    return one


def move_session(m: Mentorship, act: MoveSession, at: datetime) -> Mentorship:
    """Either person can move a session at any time; both get the new invitation."""
    one = _coming(m, act.session, at)
    calendar.check_time(act.starts_at, at, "starts_at")
    if act.starts_at == one.starts_at:
        raise Rejected("invalid", "The session is at that time already.", "starts_at")
    return calendar.moved(m, one, act.starts_at, at, act.by, act.reason)


def cancel_session(m: Mentorship, act: CancelSession, at: datetime) -> Mentorship:
    """Either person can call a session off; nothing takes its place."""
    return calendar.cancelled(m, _coming(m, act.session, at), at, act.by, act.reason)
