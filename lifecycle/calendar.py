"""The session calendar: laying sessions out on the regular slot, moving, cancelling and shifting them."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from lifecycle.notices import dropped, notify
from lifecycle.rejection import Rejected
from models.answers import Terms
from models.base import PAIR, Role
from models.mail import MailClass, MailKind
from models.state import Mentorship, Session, SessionStatus
from models.wall_clock import at_wall_clock, local_day

FURTHEST = timedelta(days=120)
"""How far ahead a meeting can be arranged."""
NEAR = timedelta(days=3)
"""A change to a meeting that is this near may be mailed on any day: after a weekend it would come too late."""
LEAD = timedelta(hours=1)
"""How soon a meeting can be arranged."""


def session(m: Mentorship, number: int) -> Session | None:
    """The session of this number; 0 is the first conversation."""
    return next((one for one in m.sessions if one.number == number), None)


def ends_at(one: Session) -> datetime:
    """When the session is over by plan."""
    return one.starts_at + timedelta(minutes=one.minutes)


def grow_sessions(m: Mentorship) -> tuple[Session, ...]:
    """The sessions of the run, without the first conversation."""
    return tuple(one for one in m.sessions if one.number > 0)


def planned(m: Mentorship) -> tuple[Session, ...]:
    """The GROW sessions that are still to come or to be reported."""
    return tuple(one for one in grow_sessions(m) if one.status is SessionStatus.PLANNED)


def with_session(m: Mentorship, one: Session) -> Mentorship:
    """The state with this session put in place of the one of its number, or added."""
    others = tuple(other for other in m.sessions if other.number != one.number)
    return m.evolve(sessions=tuple(sorted((*others, one), key=lambda other: other.number)))


def invited(m: Mentorship, one: Session, role: Role) -> bool:
    """Whether this person has any invitation to this session in their calendar."""
    return any(f"invite.{one.number}.{sequence}.{role}" in m.told for sequence in range(one.sequence + 1))


def invite_key(one: Session, role: Role) -> str:
    """What is marked as told once the invitation to the session, as it stands now, was mailed."""
    return f"invite.{one.number}.{one.sequence}.{role}"


def default_terms(m: Mentorship, now: datetime) -> Terms:
    """Terms to start from: the weekday and hour of the first conversation, else a Wednesday hour that suits both."""
    first = session(m, 0)
    zone = ZoneInfo(m.mentee.preferences.zone)
    local = (first.starts_at if first is not None else common_hour(m, now)).astimezone(zone)
    return Terms(
        every_weeks=m.program.sessions.every_weeks,
        minutes=m.program.sessions.minutes,
        weekday=local.weekday(),
        time=local.time().replace(second=0, microsecond=0),
        zone=m.mentee.preferences.zone,
        channels="Video calls for sessions, email in between",
        in_scope="The goals we set together",
        out_of_scope="",
        confidential="What we say stays between us unless we both agree otherwise",
    )


def common_hour(m: Mentorship, now: datetime) -> datetime:
    """An hour, next Wednesday, that lies inside both people's welcome hours, else noon there in UTC."""
    noon = datetime.combine((now + timedelta(days=1 + (1 - now.weekday()) % 7)).date(), time(12), tzinfo=now.tzinfo)
    for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8, 9, -9, 10, -10, 11, -11):
        hour = noon + timedelta(hours=step)
        if all(_is_welcome(m, role, hour) for role in PAIR):
            return hour
    return noon


def _is_welcome(m: Mentorship, role: Role, at: datetime) -> bool:
    preferences = m.person(role).preferences
    local = at.astimezone(ZoneInfo(preferences.zone))
    return preferences.hours_from <= local.time() < preferences.hours_to and local.weekday() not in preferences.days_off


def slots(terms: Terms, earliest: datetime, count: int) -> tuple[datetime, ...]:
    """The next `count` regular slots from `earliest` on, each at the same wall-clock time whatever the clocks do."""
    zone = ZoneInfo(terms.zone)
    day = local_day(earliest, zone)
    day += timedelta(days=(terms.weekday - day.weekday()) % 7)
    if at_wall_clock(day, terms.time, zone) < earliest:
        day += timedelta(days=7)
    return tuple(
        at_wall_clock(day + timedelta(weeks=terms.every_weeks * index), terms.time, zone) for index in range(count)
    )


def lead_time(m: Mentorship) -> timedelta:
    """How long before a session it must be known, so that it can be prepared."""
    return timedelta(days=m.program.sessions.prepare_days_before + 1)


def add_sessions(m: Mentorship, count: int, at: datetime) -> Mentorship:
    """Lays out `count` more sessions on the regular slot, after those that are already planned."""
    assert m.terms is not None
    earliest = at + lead_time(m)
    if coming := planned(m):
        earliest = max(earliest, coming[-1].starts_at + timedelta(days=6))
    number = max((one.number for one in m.sessions), default=0)
    for starts_at in slots(m.terms, earliest, count):
        number += 1
        m = with_session(
            m, Session(number=number, starts_at=starts_at, minutes=m.terms.minutes, planned_at=at, place=_place(m))
        )
    return m


def _place(m: Mentorship) -> str:
    first = session(m, 0)
    return first.place if first is not None else ""


def check_time(starts_at: datetime, now: datetime, field: str) -> None:
    """Refuses a meeting in the past, in the next hour, or too far ahead."""
    if starts_at < now + LEAD:
        raise Rejected("invalid", "Please choose a time that is at least an hour ahead.", field)
    if starts_at > now + FURTHEST:
        raise Rejected("invalid", "Please choose a time within the next four months.", field)


def moved(
    m: Mentorship, one: Session, starts_at: datetime, at: datetime, by: Role | None, note: str = ""
) -> Mentorship:
    """The session at another time. Whoever has an invitation gets a new one; the others just see the new time."""
    new = one.evolve(starts_at=starts_at, planned_at=at, sequence=one.sequence + 1)
    near = min(one.starts_at, starts_at) - at < NEAR
    mail_class = MailClass.CANCELLATION if near else MailClass.DIRECT
    m = dropped(m, session=one.number)
    for role in PAIR:
        if invited(m, one, role) or by is not None:
            m = notify(
                m,
                role,
                MailKind.SESSION_MOVED,
                at,
                str(one.number),
                mail_class=mail_class,
                session=one.number,
                by=by,
                note=note,
            )
    return with_session(m, new)


def cancelled(m: Mentorship, one: Session, at: datetime, by: Role | None, note: str = "") -> Mentorship:
    """The session called off. Whoever has an invitation gets the cancellation."""
    m = dropped(m, session=one.number)
    for role in PAIR:
        if invited(m, one, role) or by is not None:
            m = notify(
                m,
                role,
                MailKind.SESSION_CANCELLED,
                at,
                str(one.number),
                mail_class=MailClass.CANCELLATION if one.starts_at > at else MailClass.DIRECT,
                session=one.number,
                by=by,
                note=note,
            )
    return with_session(m, one.evolve(status=SessionStatus.CANCELLED, sequence=one.sequence + 1))


def next_free_slot(m: Mentorship, one: Session, at: datetime) -> datetime:
    """Where a session goes that did not take place: a week later at the regular time, or on another day if taken."""
    taken = {other.starts_at for other in planned(m) if other.number != one.number}
    terms = (m.terms or default_terms(m, at)).evolve(every_weeks=1)
    candidates = slots(terms, at + lead_time(m), len(taken) + 1)
    return next(slot for slot in candidates if slot not in taken)


def laid_out_again(m: Mentorship, earliest: datetime, at: datetime, every_weeks: int | None = None) -> Mentorship:
    """All coming sessions on new slots from `earliest` on, in their order, at the agreed (or a new) rhythm."""
    coming = tuple(one for one in planned(m) if ends_at(one) > at)
    if not coming:
        return m
    terms = m.terms or default_terms(m, at)
    if every_weeks is not None:
        terms = terms.evolve(every_weeks=every_weeks)
        m = m.evolve(terms=terms)
    for one, starts_at in zip(coming, slots(terms, earliest, len(coming)), strict=True):
        if one.starts_at != starts_at:
            m = moved(m, one, starts_at, at, None)
    return m


def around_a_pause(m: Mentorship, until: datetime, at: datetime) -> Mentorship:
    """Sessions that would fall into a pause, and those after them, move behind it."""
    coming = tuple(one for one in planned(m) if ends_at(one) > at)
    if coming and coming[0].starts_at < until:
        m = laid_out_again(m, until + lead_time(m), at)
    first = session(m, 0)
    if first is not None and first.status is SessionStatus.PLANNED and at < first.starts_at < until:
        weeks = (until - first.starts_at) // timedelta(days=7) + 1
        m = moved(m, first, first.starts_at + timedelta(weeks=weeks), at, None)
    return m
