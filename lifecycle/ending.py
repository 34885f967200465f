"""How a mentorship ends: deciding, taking back, taking effect."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lifecycle.calendar import invited, session
from lifecycle.notices import notify
from models.base import PAIR, Role
from models.mail import MailClass, MailKind
from models.state import Ending, Mentorship, Notice, Outcome, Session, SessionStatus, Stage, Visit


def decide(
    m: Mentorship,
    outcome: Outcome,
    at: datetime,
    by: Role | None = None,
    *,
    ask: str = "",
    note: str = "",
    rematch: bool = False,
    successor: str = "",
    silent_to: Role | None = None,
    undoable: bool = False,
) -> Mentorship:
    """Decides how it ends. What a person chose can be taken back for a while; the first decision stands."""
    if m.ending is not None or m.stage is Stage.ENDED:
        return m
    wait = timedelta(minutes=m.program.manners.undo_minutes if undoable else 0)
    ending = Ending(
        outcome=outcome,
        by=by,
        at=at,
        effective_at=at + wait,
        ask=ask,
        note=note,
        rematch=rematch,
        successor=successor,
        silent_to=silent_to,
    )
    m = m.evolve(ending=ending)
    return m if wait else take_effect(m, at)


def take_effect(m: Mentorship, at: datetime) -> Mentorship:
    """The end: what waited to be told is dropped, closing mails are queued, invitations are called off."""
    assert m.ending is not None
    m = m.evolve(
        stage=Stage.ENDED,
        outcome=m.ending.outcome,
        ended_at=at,
        visits=(*m.visits, Visit(stage=Stage.ENDED, at=at, why=m.ending.outcome.replace("_", " "))),
        notices=tuple(_still_told(m)),
    )
    for one in m.sessions:
        if one.status is SessionStatus.PLANNED and one.starts_at > at:
            for role in PAIR:
                if invited(m, one, role):
                    m = notify(
                        m,
                        role,
                        MailKind.SESSION_CANCELLED,
                        at,
                        str(one.number),
                        mail_class=MailClass.CLOSING,
                        session=one.number,
                    )
    m = m.evolve(sessions=tuple(_left(one, at) for one in m.sessions))
    for role in PAIR:
        m = notify(m, role, MailKind.CLOSING, at, mail_class=MailClass.CLOSING)
    if (silent_to := m.ending.silent_to if m.ending is not None else None) is not None:
        m = m.evolve(notices=tuple(notice for notice in m.notices if notice.to is not silent_to))
    if m.outcome is not Outcome.COMPLETED:
        m = notify(m, Role.COORDINATOR, MailKind.COORDINATOR_CLOSING, at, mail_class=MailClass.ALERT)
    return m


def _still_told(m: Mentorship) -> Iterator[Notice]:
    """What waits and is told in spite of the end: an alarm, and that an invitation no longer holds."""
    for notice in m.notices:
        if notice.mail_class is MailClass.URGENT:
            yield notice
        elif notice.kind is MailKind.SESSION_CANCELLED:
            one = session(m, notice.session) if notice.session is not None else None
            if one is not None and invited(m, one, notice.to):
                yield notice.evolve(mail_class=MailClass.CLOSING)


def _left(one: Session, at: datetime) -> Session:
    """A session as the end leaves it: called off if it was still to come, without a record if it was not reported."""
    if one.status is not SessionStatus.PLANNED:
        return one
    if one.starts_at > at:
        return one.evolve(status=SessionStatus.CANCELLED, sequence=one.sequence + 1)
    return one.evolve(status=SessionStatus.UNREPORTED) if one.number else one
