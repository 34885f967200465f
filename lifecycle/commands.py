"""Commands of the platform and of ops."""

from datetime import datetime, timedelta

from lifecycle import calendar
from lifecycle.anytime import paused, resumed
from lifecycle.ending import decide
from lifecycle.notices import notify
from lifecycle.rejection import Rejected
from lifecycle.stages import all_asks, settled
from models.base import Role
from models.commands import (
    ChangePersonCommand,
    ChangeProgramCommand,
    Command,
    EndCommand,
    ExtendCommand,
    PauseCommand,
    ResumeCommand,
    RevokeLinksCommand,
)
from models.mail import MailKind
from models.state import Mentorship, Outcome, Stage


def command(m: Mentorship, order: Command, now: datetime) -> Mentorship:
    """The state after a command. Raises `Rejected` where it makes no sense any more."""
    if m.stage is Stage.ENDED:
        raise Rejected("ended", "This mentorship has ended.")
    return settled(_obeyed(m, order, now), now)


def _obeyed(m: Mentorship, order: Command, now: datetime) -> Mentorship:
    match order:
        case PauseCommand():
            return paused(m, order.until, now, None, order.reason)
        case ResumeCommand():
            return resumed(m, now, None)
        case EndCommand():
            return decide(m.evolve(ending=None), Outcome.CANCELLED, now, note=order.reason)
        case ExtendCommand():
            return _extended(m, order, now)
        case ChangeProgramCommand():
            return m.evolve(program=order.program)
        case ChangePersonCommand():
            return _changed_person(m, order, now)
        case RevokeLinksCommand():
            return _revoked(m, order.role, now)


def _extended(m: Mentorship, order: ExtendCommand, now: datetime) -> Mentorship:
    m = m.evolve(deadline=m.deadline + timedelta(days=order.days))
    if not order.sessions:
        return m
    if m.stage not in (Stage.GROW_SESSIONS, Stage.CHECK_INS):
        raise Rejected("not_open", "Sessions can be added while there are sessions or check-ins.", "sessions")
    m = calendar.add_sessions(m, order.sessions, now)
    return m.evolve(extra_sessions=m.extra_sessions + order.sessions)


def _changed_person(m: Mentorship, order: ChangePersonCommand, now: datetime) -> Mentorship:
    person = m.person(order.role)
    if order.name is not None:
        person = person.evolve(name=order.name)
    changed_address = order.email is not None and order.email != person.email
    if order.email is not None:
        if order.email.casefold() == m.person(order.role.partner).email.casefold():
            raise Rejected("invalid", "This is the partner's address, and they must be two people.", "email")
        person = person.evolve(email=order.email)
    m = m.evolve(
        **{order.role.value: person},
        unreachable={role: why for role, why in m.unreachable.items() if role is not order.role},
    )
    if not changed_address:
        return m
    # What the old address got of sessions to come is told again to the new one.
    kept = {key: at for key, at in m.told.items() if not (key.startswith("invite.") and key.endswith(f".{order.role}"))}
    return _revoked(m.evolve(told=kept), order.role, now)


def _revoked(m: Mentorship, role: Role, now: datetime) -> Mentorship:
    m = m.evolve(links_from={**m.links_from, role: now})
    owed = next((ask for ask in all_asks(m) if ask.by is role and ask.opened_at <= now), None)
    return notify(m, role, MailKind.FRESH_LINK, now, "revoked", note=owed.id if owed is not None else "")
