"""What became of mails: results of sending, and events that the provider reports later."""

from collections.abc import Sequence
from datetime import datetime

from lifecycle.moments import alarmed
from models.base import PAIR
from models.mail import MailEvent, SendResult
from models.people import MailChoice
from models.state import Mentorship, Stage


def sent(m: Mentorship, results: Sequence[SendResult], now: datetime) -> Mentorship:
    """Takes note of letters that did not leave. They stay visible; the mentorship goes on."""
    failed = {result.letter: result.reason or result.result for result in results if result.result != "sent"}
    if not failed:
        return m
    lost = tuple(log.evolve(failed=failed[log.id][:500]) for log in m.mails if log.id in failed)
    known = {log.id for log in lost}
    return m.evolve(
        mails=tuple(log.evolve(failed=failed[log.id][:500]) if log.id in failed else log for log in m.mails),
        undelivered=(*(log for log in m.undelivered if log.id not in known), *lost)[-20:],
    )


def mail_event(m: Mentorship, event: MailEvent, now: datetime) -> Mentorship:
    """What the provider reports: a hard bounce or a complaint stops mail to that person, an unsubscribe is honoured."""
    if event.to not in PAIR or m.stage is Stage.ENDED:
        return m
    match event.event:
        case "bounced" | "complained":
            why = event.reason[:200] or event.event
            return alarmed(m.evolve(unreachable={**m.unreachable, event.to: why}), now)
        case "unsubscribed":
            person = m.person(event.to)
            preferences = person.preferences.evolve(mail=MailChoice.PARTNER_ONLY)
            return m.evolve(**{event.to.value: person.evolve(preferences=preferences)})
        case "delivered":
            return m.evolve(undelivered=tuple(log for log in m.undelivered if log.id != event.letter))
        case "processed" | "blocked" | "dropped":
            return m
