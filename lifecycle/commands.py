"""Commands of the platform, of ops and of the coordinator."""

from datetime import datetime, timedelta

from lifecycle import calendar
from lifecycle.anytime import pause_now, paused, resumed
from lifecycle.ending import decide
from lifecycle.health import reasons
from lifecycle.links import barred, had_enough, switched_off
from lifecycle.notices import notify
from lifecycle.rejection import Rejected
from lifecycle.rests import after, rests_of
from lifecycle.stages import all_asks, settled
from models.base import LONGEST_NOTE, PAIR, Role, Span
from models.commands import (
    ChangePersonCommand,
    ChangeProgramCommand,
    Command,
    EndCommand,
    ExtendCommand,
    MessageCommand,
    PatienceCommand,
    PauseCommand,
    ResendLinkCommand,
    ResumeCommand,
    RevokeLinksCommand,
)
from models.mail import MailClass, MailKind
from models.people import MailChoice
from models.phrases import say
from models.state import Mentorship, Stage

MESSAGES_A_DAY = 3
"""Mails to one person: more is a conversation, and belongs into the coordinator's own mailbox."""
MOST_GRANTS = 5
"""How often one ask can be given more time."""


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
            if order.successor == m.id:
                raise Rejected(
                    "invalid", "The mentee goes on in another mentorship, with an id of its own.", "successor"
                )
            m = m.evolve(ending=None)
            return decide(
                m,
                order.outcome,
                now,
                note=order.reason,
                rematch=order.rematch,
                successor=order.successor,
                silent_to=order.silent_to,
            )
        case ExtendCommand():
            return _extended(m, order, now)
        case MessageCommand():
            return _message(m, order, now)
        case PatienceCommand():
            return _patient(m, order, now)
        case ChangeProgramCommand():
            return _changed_program(m, order, now)
        case ChangePersonCommand():
            return _changed_person(m, order, now)
        case ResendLinkCommand():
            return _resent(m, order.role, now)
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


def reached(m: Mentorship, role: Role) -> bool:
    """Whether a message would get to this person."""
    return role not in m.unreachable and m.person(role).preferences.mail is not MailChoice.CLOSING_ONLY


def _message(m: Mentorship, order: MessageCommand, now: datetime) -> Mentorship:
    resting = pause_now(m, now)
    if resting is not None and resting.held:
        raise Rejected("paused", "All contact is stopped, so we write to neither of them. Please write yourself.")
    if resting is not None:
        raise Rejected("paused", "It rests, and a pause is silent. Let it go on first, or write to them yourself.")
    if m.ending is not None:
        raise Rejected("too_late", "It is about to end, so a message would come too late. Please write yourself.")
    readers = tuple(role for role in PAIR if order.to in ("both", role) and reached(m, role))
    if not readers:
        raise Rejected("not_open", "Our mail does not get there just now. Please write to them yourself.", "to")
    for role in readers:
        if _messages_today(m, role, now) >= MESSAGES_A_DAY:
            raise Rejected("too_late", "They have several messages of yours today. Please write to them yourself.")
        m = notify(m, role, MailKind.COORDINATOR_MESSAGE, now, by=Role.COORDINATOR, note=_with_waiting(m, role, order))
    return m


def _with_waiting(m: Mentorship, role: Role, order: MessageCommand) -> str:
    """The text, behind what still waits for the same reader: one mail brings both, and neither in a shortened line."""
    waits = next((one for one in m.notices if one.to is role and one.kind is MailKind.COORDINATOR_MESSAGE), None)
    text = f"{waits.note}\n\n{order.text}" if waits is not None else order.text
    if len(text) > LONGEST_NOTE:
        raise Rejected("invalid", "An earlier message has not left yet, and both do not fit into one mail.", "text")
    return text


def _messages_today(m: Mentorship, role: Role, now: datetime) -> int:
    kind, day = MailKind.COORDINATOR_MESSAGE, now - timedelta(days=1)
    return sum(log.to is role and log.kind is kind and log.at > day for log in m.mails)


def _patient(m: Mentorship, order: PatienceCommand, now: datetime) -> Mentorship:
    """Each ask rests until so many days have counted: what is due moves by just these days, whatever rests besides."""
    resting = pause_now(m, now)
    if resting is not None and resting.held:
        raise Rejected("paused", "All contact is stopped. Lift the stop first, or end it.", "days")
    given = dict(m.patience)
    before = {ask.id: ask for ask in all_asks(m) if ask.opened_at <= now and order.ask in ("", ask.id)}
    for ask in before.values():
        spans = given.get(ask.id, ())
        rests = rests_of(m, ask.by, (*m.snoozes.get(ask.id, ()), *spans))
        given[ask.id] = (*spans, Span(start=now, end=after(now, order.days, rests)))
    moved = [
        ask
        for ask in all_asks(m.evolve(patience=given))
        if ask.id in before and ask.ends_at - before[ask.id].ends_at >= timedelta(days=order.days)
    ]
    if not moved:
        raise Rejected("not_open", "Nobody owes anything just now that could wait longer.", "days")
    if any(ask.ends_at > m.deadline for ask in moved):
        latest = say("It ends on {at} whatever happens. Please give fewer days.", at=m.deadline)
        raise Rejected("invalid", latest, "days")
    if any(len(given[ask.id]) > MOST_GRANTS for ask in moved):
        raise Rejected("too_late", "This was given more time often already. A pause may be the better way.", "days")
    return m.evolve(patience={**m.patience, **{ask.id: given[ask.id] for ask in moved}})


def _changed_program(m: Mentorship, order: ChangeProgramCommand, now: datetime) -> Mentorship:
    same = m.program.coordinator.email.casefold() == order.program.coordinator.email.casefold()
    m = m.evolve(program=order.program)
    return m if same else _revoked(m, Role.COORDINATOR, now)


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


def _resent(m: Mentorship, role: Role, now: datetime) -> Mentorship:
    resting = pause_now(m, now)
    if resting is not None and resting.held:
        raise Rejected("paused", "All contact is stopped. Lift the stop first.", "role")
    if role in m.unreachable:
        raise Rejected("not_open", "Our mail does not get there. Change the address first.", "role")
    owed = next((ask for ask in all_asks(m) if ask.by is role and ask.opened_at <= now), None)
    ask = owed.id if owed is not None else ""
    if had_enough(m, role, ask, now):
        raise Rejected("too_late", "They were mailed several links today, and should look in their mailbox.", "role")
    return notify(m, role, MailKind.FRESH_LINK, now, ask, note=ask)


def _revoked(m: Mentorship, role: Role, now: datetime) -> Mentorship:
    if role is Role.COORDINATOR:
        return _told_again(barred(m, role, now), now)
    return switched_off(m, role, now)


def _told_again(m: Mentorship, now: datetime) -> Mentorship:
    """What is open is told once more, so that whoever coordinates now has a link to it."""
    for reason in reasons(m, now):
        if reason.key in m.raised:
            m = notify(m, Role.COORDINATOR, MailKind.ATTENTION, now, reason.key, mail_class=MailClass.ALERT)
    return m
