"""What there is to tell, to whom, and from when on. Nothing of it is stored: it follows from the state.

An item may ride along with other mail from `ready` on and must go at `due`; what was mailed is marked in `told`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lifecycle import calendar
from lifecycle.anytime import pause_now
from lifecycle.asks import Ask
from lifecycle.health import reasons
from lifecycle.notices import is_waiting
from lifecycle.stages import all_asks
from models.base import PAIR, Role
from models.mail import MailClass, MailKind
from models.state import Mentorship, Notice, Session, SessionStatus, Stage
from models.wall_clock import at_wall_clock, local_day

RUNG_GAP = timedelta(days=1)
"""Two mails about the same ask are at least this far apart, however late the first one was."""
INVITE_AHEAD = timedelta(days=6)
REMIND_IF_KNOWN_FOR = timedelta(hours=36)
"""A session that was arranged later than this before it begins needs no reminder: the invitation is one."""
PAUSED_KINDS = (MailKind.PAUSED, MailKind.FRESH_LINK)
COORDINATOR_CLASSES = (MailClass.ALERT, MailClass.URGENT)

URGENCY: dict[MailKind, int] = {
    MailKind.STOP_ASKED: 0,
    MailKind.CLOSING: 0,
    MailKind.COORDINATOR_MESSAGE: 0,  # its words are whole only where they lead
    MailKind.COORDINATOR_CLOSING: 0,
    MailKind.HELP_ASKED: 1,
    MailKind.FRESH_LINK: 1,
    MailKind.SESSION_MOVED: 2,
    MailKind.SESSION_CANCELLED: 3,
    MailKind.PAUSED: 4,
    MailKind.RESUMED: 5,
    MailKind.ACCEPT: 6,
    MailKind.TASK_BLOCKED: 7,
    MailKind.SESSION_REMINDER: 8,
    MailKind.MILESTONE: 30,
    MailKind.SESSION_INVITE: 40,
}
"""What leads a mail that says several things; asks (10) come before news (20) that is not listed here."""


class Item(NamedTuple):
    """One thing to tell one person. `keys` are marked as told when it goes."""

    to: Role
    kind: MailKind
    mail_class: MailClass
    ready: datetime
    due: datetime
    keys: tuple[str, ...]
    ask: Ask | None = None
    rung: int = 0
    session: Session | None = None
    notice: Notice | None = None

    @property
    def why(self) -> str:
        """What it is, for ops: "nudge mentee: write the goals"."""
        if self.ask is not None:
            return f"{'nudge' if self.rung else 'ask'} {self.to}: {self.ask.title}"
        if self.notice is None and self.session is not None:
            verb = "remind {} of" if self.kind is MailKind.SESSION_REMINDER else "invite {} to"
            return f"{verb.format(self.to)} {session_name(self.session)}"
        return f"tell {self.to}: {self.kind.replace('_', ' ')}"

    @property
    def urgency(self) -> tuple[int, int, datetime, str]:
        default = 10 if self.ask is not None else 20
        return (URGENCY.get(self.kind, default), self.rung, self.due, self.keys[0])


def items(m: Mentorship, now: datetime) -> tuple[Item, ...]:
    """Everything that is to be told, now or later, whatever the manners say."""
    if m.stage is Stage.ENDED:
        return tuple(_notices(m, now))
    if m.ending is not None:
        return tuple(item for item in _notices(m, now) if item.mail_class in COORDINATOR_CLASSES)
    resting = pause_now(m, now)
    if resting is not None:
        return tuple(
            item
            for item in _notices(m, now)
            if item.mail_class in COORDINATOR_CLASSES or (item.kind in PAUSED_KINDS and not resting.held)
        )
    return (*_notices(m, now), *_asks(m), *_invitations(m, now), *_reminders(m, now))


def _notices(m: Mentorship, now: datetime) -> Iterator[Item]:
    for notice in m.notices:
        if notice.kind is MailKind.ATTENTION and not is_current(m, notice, now):
            continue
        session = calendar.session(m, notice.session) if notice.session is not None else None
        keys: tuple[str, ...] = (notice.key,)
        if notice.kind is MailKind.SESSION_MOVED and session is not None:
            if session.starts_at <= now:
                continue
            keys = (notice.key, calendar.invite_key(session, notice.to))
        yield Item(
            to=notice.to,
            kind=notice.kind,
            mail_class=notice.mail_class,
            ready=notice.due,
            due=notice.due,
            keys=keys,
            session=session,
            notice=notice,
        )


def is_current(m: Mentorship, notice: Notice, now: datetime) -> bool:
    """Whether the reason that the coordinator is to hear of still holds."""
    return any(notice.key.endswith(f".{reason.key}") for reason in reasons(m, now))


def _asks(m: Mentorship) -> Iterator[Item]:
    for ask in all_asks(m):
        rung = next((index for index, key in enumerate(ask.keys) if key not in m.told), None)
        if rung is None:
            continue
        due = ask.rungs[rung]
        if rung and (told := m.told.get(ask.keys[rung - 1])) is not None:
            due = max(due, told + RUNG_GAP)
        if due >= ask.ends_at:
            continue
        yield Item(
            to=ask.by,
            kind=MailKind(ask.kind.value),
            mail_class=MailClass.DIRECT if ask.direct and rung == 0 else MailClass.INITIATED,
            ready=due,
            due=due,
            keys=(ask.keys[rung],),
            ask=ask,
            rung=rung,
        )


def _invitations(m: Mentorship, now: datetime) -> Iterator[Item]:
    """The invitation to a session rides along with other mail once the one before is over; it goes six days before."""
    before: Session | None = None
    for one in m.sessions:
        if one.status is SessionStatus.PLANNED and one.starts_at > now:
            ready = one.planned_at
            if before is not None and one.number > 1:
                ready = max(ready, min(calendar.ends_at(before), one.starts_at - INVITE_AHEAD))
            due = max(ready, one.starts_at - INVITE_AHEAD) if one.number > 1 else ready
            for role in PAIR:
                key = calendar.invite_key(one, role)
                if key not in m.told and not is_waiting(m, MailKind.SESSION_MOVED, role, str(one.number)):
                    yield Item(
                        to=role,
                        kind=MailKind.SESSION_INVITE,
                        mail_class=MailClass.DIRECT if due <= one.planned_at else MailClass.INITIATED,
                        ready=ready,
                        due=due,
                        keys=(key,),
                        session=one,
                    )
        if one.status is not SessionStatus.CANCELLED:
            before = one


def session_name(one: Session) -> str:
    """What ops call a session."""
    return f"session {one.number}" if one.number else "the first conversation"


def remind_at(m: Mentorship, one: Session, role: Role) -> datetime:
    """The morning of the day before, in the reader's zone, when their welcome hours begin (waking hours at least)."""
    preferences = m.person(role).preferences
    zone = ZoneInfo(preferences.zone)
    day = local_day(one.starts_at, zone) - timedelta(days=1)
    hour = max(preferences.hours_from, m.program.manners.waking_from)
    return at_wall_clock(day, min(hour, m.program.manners.waking_to), zone)


def _reminders(m: Mentorship, now: datetime) -> Iterator[Item]:
    for one in m.sessions:
        if one.status is not SessionStatus.PLANNED or one.starts_at <= now:
            continue
        if one.starts_at - one.planned_at < REMIND_IF_KNOWN_FOR:
            continue
        for role in PAIR:
            key = f"remind.{one.number}.{one.sequence}.{role}"
            if key in m.told:
                continue
            due = remind_at(m, one, role)
            if due >= one.planned_at:
                yield Item(
                    to=role,
                    kind=MailKind.SESSION_REMINDER,
                    mail_class=MailClass.REMINDER,
                    ready=due,
                    due=due,
                    keys=(key,),
                    session=one,
                )
