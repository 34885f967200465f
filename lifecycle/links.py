"""Links that people hold: a fresh one when they ask, and switching off those that were mailed so far."""

from datetime import datetime, timedelta

from lifecycle.notices import notify
from lifecycle.rejection import Rejected
from lifecycle.stages import all_asks
from models.acts import FreshLink, NotMine
from models.answers import LinkUsed
from models.base import Role
from models.mail import MailKind
from models.state import Mentorship

FRESH_LINKS_A_DAY = 3
SWITCHED_OFF = "revoked"
"""What the notice of a fresh link is about that nobody asked for: the ones before it were switched off."""


def fresh_link(m: Mentorship, act: FreshLink, now: datetime) -> Mentorship:
    """Mails a fresh link to what this one was for, to the address on record."""
    if had_enough(m, act.by, act.ask, now):
        raise Rejected("too_late", "We have sent you several links today. Please look in your mailbox.")
    return notify(m, act.by, MailKind.FRESH_LINK, now, act.ask, by=act.by, note=act.ask)


def not_mine(m: Mentorship, act: NotMine, now: datetime) -> Mentorship:
    """Someone holds a link that is not theirs. Links that go round in circles are not mailed for ever."""
    if had_enough(m, act.by, SWITCHED_OFF, now):
        return barred(m, act.by, now)
    return switched_off(m, act.by, now)


def switched_off(m: Mentorship, role: Role, now: datetime) -> Mentorship:
    """No link that was mailed to this person works any more, and a fresh one goes to the address on record."""
    m = barred(m, role, now)
    owed = next((ask for ask in all_asks(m) if ask.by is role and ask.opened_at <= now), None)
    return notify(m, role, MailKind.FRESH_LINK, now, SWITCHED_OFF, note=owed.id if owed is not None else "")


def barred(m: Mentorship, role: Role, now: datetime) -> Mentorship:
    """No link of before works any more."""
    # A token tells whole seconds. With a fraction here, the fresh link that is minted at once would be too old itself.
    return m.evolve(links_from={**m.links_from, role: now.replace(microsecond=0)})


def withdrawn(m: Mentorship, role: Role, link: LinkUsed | None) -> bool:
    """Whether a link was switched off, or is older than the mentorship: its id was another's, who was forgotten."""
    valid_from = m.links_from.get(role, m.started_at.replace(microsecond=0))
    return link is not None and link.issued_at < valid_from


def had_enough(m: Mentorship, role: Role, about: str, now: datetime) -> bool:
    """Whether someone got as many fresh links within a day as there are, or is about to, apart from one about this."""
    fresh = MailKind.FRESH_LINK
    mailed = [log for log in m.mails if log.to is role and log.kind is fresh and log.at > now - timedelta(days=1)]
    key = f"{fresh}.{role}.{about}"
    waiting = [one for one in m.notices if one.to is role and one.kind is fresh and one.key != key]
    return len(mailed) + len(waiting) >= FRESH_LINKS_A_DAY
