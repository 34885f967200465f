"""What became of mails: not sent, sent, or unknown; and what the provider reports later.

A letter that is not surely gone becomes a parcel in the state. One that was refused for now is handed over again when
the provider says so. One of which nothing is known waits for the provider's word, because it may have arrived; if none
comes, a nudge is let go and any other letter is handed over again, the same bytes with the same link.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from lifecycle.anytime import pause_now
from lifecycle.manners import next_waking, next_welcome
from lifecycle.moments import alarmed
from lifecycle.notices import notify
from lifecycle.stages import all_asks
from models.base import PAIR, Role
from models.mail import Letter, MailClass, MailEvent, MailKind, SendResult
from models.people import MailChoice
from models.state import MailLog, Mentorship, Notice, Parcel, SessionStatus, Stage

WAIT_FOR_WORD = timedelta(hours=2)
"""How long the provider's event is waited for. Providers report within minutes, and retry their webhooks for a day."""
LONGEST_PAUSE = timedelta(hours=1)
"""A letter that is refused again and again waits twice as long each time, up to this."""
LONGEST = timedelta(days=3)
"""A letter that did not surely leave for so long is given up: what it says is old by then."""
MOST_KEPT = 20
DAY_OR_NIGHT = (MailClass.URGENT,)
ANY_DAY = (MailClass.REMINDER, MailClass.CANCELLATION)


def sent(m: Mentorship, letters: Sequence[Letter], results: Sequence[SendResult], now: datetime) -> Mentorship:
    """Takes note of what became of the letters of one delivery."""
    by_id = {letter.id: letter for letter in letters}
    for result in results:
        letter = by_id[result.letter]
        before = next((one for one in m.parcels if one.letter.id == letter.id), None)
        tries = before.tries + 1 if before is not None else 1
        m = _without_parcel(m, letter.id)
        if result.result == "sent" or letter.id in m.settled:
            continue
        if result.result == "not_sent" and (result.retry_after is None or now - letter.at > LONGEST):
            m = _lost(m, letter, result.reason or "it was refused", now)
        elif result.result == "unknown" and now - letter.at > LONGEST:
            m = _lost(m, letter, result.reason or "nobody knows whether it arrived", now)
        else:
            wait = WAIT_FOR_WORD if result.retry_after is None else _pause(result.retry_after, tries)
            parcel = Parcel(
                letter=letter,
                state="unknown" if result.result == "unknown" else "refused",
                tries=tries,
                next_at=now + wait,
                reason=result.reason[:500],
            )
            m = m.evolve(parcels=(*m.parcels, parcel))
    return alarmed(m, now)


def _pause(wished: int, tries: int) -> timedelta:
    """What the provider wished the first time. One that is down for days is asked some dozens of times, not thousands:
    each time is an activity and a page of history."""
    longer = min(wished << min(tries - 1, 16), int(LONGEST_PAUSE.total_seconds()))
    return timedelta(seconds=max(wished, longer))


def next_parcel(m: Mentorship, now: datetime) -> datetime | None:
    """When a parcel is looked at again, within its reader's manners."""
    return min((_when(m, parcel, now) for parcel in m.parcels), default=None)


def again(m: Mentorship, now: datetime) -> tuple[Mentorship, tuple[Letter, ...]]:
    """The letters to hand over again now. Those that no longer make sense, or that can be missed, are let go."""
    letters: list[Letter] = []
    for parcel in m.parcels:
        if _when(m, parcel, now) > now:
            continue
        if not _still_true(m, parcel.letter, now):
            m = _put_back(_without_parcel(m, parcel.letter.id), parcel.letter, now)
        elif parcel.state == "unknown" and _is_nudge(parcel.letter):
            m = _noted(_without_parcel(m, parcel.letter.id), parcel.letter, "let go: nobody knows whether it arrived")
        else:
            letters.append(parcel.letter)
            held = parcel.evolve(next_at=now + WAIT_FOR_WORD)
            m = m.evolve(parcels=tuple(held if one is parcel else one for one in m.parcels))
    return m, tuple(letters)


def _when(m: Mentorship, parcel: Parcel, now: datetime) -> datetime:
    at = max(parcel.next_at, now)
    role, mail_class = parcel.letter.to.role, parcel.letter.mail_class
    resting = pause_now(m, at)
    if (
        resting is not None
        and role in PAIR
        and parcel.letter.kind is not MailKind.PAUSED
        and m.stage is not Stage.ENDED
    ):
        at = resting.end
    if mail_class in DAY_OR_NIGHT:
        return at
    if role is Role.COORDINATOR:
        return next_welcome(m.program.coordinator.preferences, (), at)
    person = m.person(role)
    if mail_class in ANY_DAY:
        return next_waking(m.program.manners, person.preferences, at)
    return next_welcome(person.preferences, [(span.start, span.end) for span in person.away], at)


def _is_nudge(letter: Letter) -> bool:
    return letter.mail_class is MailClass.INITIATED and all(
        item.ask is not None and item.ask.rung > 0 for item in letter.items
    )


def _still_true(m: Mentorship, letter: Letter, now: datetime) -> bool:
    """Whether what the letter leads with still holds: nobody is nudged for what is done, or mailed after the end."""
    role, first = letter.to.role, letter.items[0]
    if role in PAIR and (role in m.unreachable or (m.stage is Stage.ENDED) != (letter.mail_class is MailClass.CLOSING)):
        return False
    if first.ask is not None and letter.kind is not MailKind.FRESH_LINK:
        return any(ask.id == first.ask.id for ask in all_asks(m))
    if letter.kind in (MailKind.SESSION_REMINDER, MailKind.SESSION_INVITE, MailKind.SESSION_MOVED) and first.session:
        card = first.session
        return any(
            one.number == card.number
            and one.sequence == card.sequence
            and one.status is SessionStatus.PLANNED
            and one.starts_at > now
            for one in m.sessions
        )
    return True


def _put_back(m: Mentorship, letter: Letter, now: datetime) -> Mentorship:
    """What a letter said beside what is no longer true: invitations are due anew, and news is told in another mail."""
    if letter.to.role not in PAIR or m.stage is Stage.ENDED or letter.to.role in m.unreachable:
        return m
    invitations = {item.key for item in letter.items if item.kind is MailKind.SESSION_INVITE}
    m = m.evolve(told={key: at for key, at in m.told.items() if key not in invitations})
    for item in letter.items[1:]:
        if item.ask is None and item.kind not in (MailKind.SESSION_INVITE, MailKind.SESSION_REMINDER):
            notice = Notice(
                key=item.key,
                to=letter.to.role,
                kind=item.kind,
                mail_class=MailClass.DIRECT,
                due=now,
                session=item.session.number if item.session is not None else None,
                task=item.tasks[0].id if item.tasks else None,
                by=item.by,
                note=item.note,
            )
            m = m.evolve(notices=(*(one for one in m.notices if one.key != notice.key), notice))
    return m


def _without_parcel(m: Mentorship, letter: str) -> Mentorship:
    if all(one.letter.id != letter for one in m.parcels):
        return m
    return m.evolve(parcels=tuple(one for one in m.parcels if one.letter.id != letter))


def _noted(m: Mentorship, letter: Letter, why: str) -> Mentorship:
    return m.evolve(mails=tuple(log.evolve(failed=why[:500]) if log.id == letter.id else log for log in m.mails))


def _lost(m: Mentorship, letter: Letter, why: str, now: datetime) -> Mentorship:
    """A letter that finally did not leave: ops see it, the coordinator hears of it, the mentorship goes on."""
    m = _noted(m, letter, why)
    log = MailLog(
        id=letter.id, to=letter.to.role, kind=letter.kind, mail_class=letter.mail_class, at=letter.at, failed=why[:500]
    )
    return m.evolve(undelivered=(*(one for one in m.undelivered if one.id != log.id), log)[-MOST_KEPT:])


def mail_event(m: Mentorship, event: MailEvent, now: datetime) -> Mentorship:
    """What the provider reports: a hard bounce or a complaint stops mail to that person, an unsubscribe is honoured.

    Any order and any number of repetitions come to the same.
    """
    parcel = next((one for one in m.parcels if one.letter.id == event.letter), None)
    match event.event:
        case "processed" | "delivered":
            m = m.evolve(
                settled=(*(one for one in m.settled if one != event.letter), event.letter)[-MOST_KEPT:],
                undelivered=tuple(log for log in m.undelivered if log.id != event.letter),
                soft_bounces={role: count for role, count in m.soft_bounces.items() if role is not event.to},
            )
            return _without_parcel(m, event.letter)
        case "bounced" | "complained" if event.to in PAIR and m.stage is not Stage.ENDED:
            m = _without_parcel(m, event.letter)
            if event.to in m.unreachable:
                return m
            why = event.reason[:200] or event.event
            m = notify(m, event.to.partner, MailKind.PARTNER_UNREACHABLE, now)
            return alarmed(m.evolve(unreachable={**m.unreachable, event.to: why}), now)
        case "dropped" if parcel is not None:
            return alarmed(_lost(_without_parcel(m, event.letter), parcel.letter, event.reason or "dropped", now), now)
        case "blocked":
            return m.evolve(soft_bounces={**m.soft_bounces, event.to: m.soft_bounces.get(event.to, 0) + 1})
        case "unsubscribed" if event.to in PAIR and m.stage is not Stage.ENDED:
            person = m.person(event.to)
            if person.preferences.mail is not MailChoice.ALL:
                return m
            preferences = person.preferences.evolve(mail=MailChoice.PARTNER_ONLY)
            return m.evolve(**{event.to.value: person.evolve(preferences=preferences)})
    return m
