"""When each person gets their next mail, and what travels together in it.

Manners decide the instant. State is looked at again at the moment of sending, so nothing here is stored.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from lifecycle.items import Item, items
from lifecycle.manners import BUDGETED, DIRECT_SPACING, fits, next_in_budget, next_waking, next_welcome
from models.base import Role
from models.mail import MailClass, MailKind
from models.people import MailChoice, Preferences
from models.state import Mentorship
from models.wall_clock import local_day


@dataclass(frozen=True, slots=True)
class Planned:
    """The next mail to one person, as far as it is known now."""

    to: Role
    at: datetime
    items: tuple[Item, ...]

    @property
    def why(self) -> str:
        """What a person reads in the Temporal UI: "nudge mentee: write the goals"."""
        first = self.items[0]
        more = f" and {len(self.items) - 1} more" if len(self.items) > 1 else ""
        return f"{first.why}{more}"


def is_wanted(m: Mentorship, item: Item) -> bool:
    """Whether its reader wants (and can get) this kind of mail."""
    if item.to is Role.COORDINATOR:
        return True
    if item.to in m.unreachable:
        return False
    choice = m.person(item.to).preferences.mail
    if choice is MailChoice.CLOSING_ONLY:
        return item.mail_class is MailClass.CLOSING or item.kind is MailKind.FRESH_LINK
    # Without nudges, each question still comes once, and invitations do: otherwise someone would be silent unasked.
    return choice is MailChoice.ALL or item.rung == 0


_last: tuple[Mentorship | None, datetime | None, tuple[Planned, ...]] = (None, None, ())


def planned_mails(m: Mentorship, now: datetime) -> tuple[Planned, ...]:
    """The next mail to each person, the earliest first. Never before `now`. The last answer is kept: see `all_asks`."""
    global _last
    state, at, found = _last
    if state is not m or at != now:
        found = _planned_mails(m, now)
        _last = (m, now, found)
    return found


def _planned_mails(m: Mentorship, now: datetime) -> tuple[Planned, ...]:
    by_reader: dict[Role, list[Item]] = {}
    for item in items(m, now):
        if is_wanted(m, item):
            by_reader.setdefault(item.to, []).append(item)
    found = [mail for role, own in by_reader.items() if (mail := _next_mail(m, role, own, now)) is not None]
    return tuple(sorted(found, key=lambda mail: (mail.at, mail.to)))


def _next_mail(m: Mentorship, role: Role, own: list[Item], now: datetime) -> Planned | None:
    desk = _Desk(m, role, own, now)
    first: datetime | None = None
    leaving: list[Item] = []
    for item in sorted(own, key=lambda one: one.due):
        if first is not None and item.due > first:
            break
        at = desk.send_at(item)
        if at is None or (first is not None and at > first):
            continue
        leaving = [item] if first is None or at < first else [*leaving, item]
        first = at
    if first is None:
        return None
    if desk.is_welcome(first):
        leaving += [item for item in own if item not in leaving and desk.rides(item, first)]
    elif reminded := [item.session for item in leaving if item.kind is MailKind.SESSION_REMINDER]:
        # Who is reminded of a session has it in the calendar, too, even if no other mail took the invitation along.
        leaving += [item for item in own if item.mail_class is MailClass.INITIATED and item.session in reminded]
    return Planned(role, first, tuple(sorted(leaving, key=lambda item: item.urgency)))


class _Desk:
    """When one person may get what: their preferences, their budget and the reminders that have a place in it."""

    def __init__(self, m: Mentorship, role: Role, own: list[Item], now: datetime) -> None:
        self.m, self.role, self.now = m, role, now
        self.manners = m.program.manners
        if role is Role.COORDINATOR:
            self.preferences: Preferences = m.program.coordinator.preferences
            self.away: tuple[tuple[datetime, datetime], ...] = ()
        else:
            person = m.person(role)
            self.preferences = person.preferences
            self.away = tuple((span.start, span.end) for span in person.away)
        self.zone = ZoneInfo(self.preferences.zone)
        self.own = own
        last = [log.at for log in m.mails if log.to is role]
        self.spaced = max(last) + DIRECT_SPACING if last else now

    @cached_property
    def sent(self) -> list[date]:
        """The days of the mails that count against the budget."""
        return [
            local_day(log.at, self.zone) for log in self.m.mails if log.to is self.role and log.mail_class in BUDGETED
        ]

    @cached_property
    def taken(self) -> list[date]:
        """Those, and the days on which a reminder will need its place in the budget."""
        recent = self.now - timedelta(days=1)
        return self.sent + [
            local_day(item.due, self.zone)
            for item in self.own
            if item.mail_class is MailClass.REMINDER and item.due >= recent
        ]

    def is_welcome(self, at: datetime) -> bool:
        return next_welcome(self.preferences, self.away, at) == at

    def rides(self, item: Item, first: datetime) -> bool:
        """Whether an item may travel before its own time: closing words and reminders keep their own."""
        if item.ready > first or item.mail_class not in (MailClass.DIRECT, MailClass.INITIATED):
            return False
        return item.ask is None or first < item.ask.ends_at

    def send_at(self, item: Item) -> datetime | None:
        """The instant at which manners let this item go, or None if they never will."""
        due = max(item.due, self.now)
        match item.mail_class:
            case MailClass.URGENT:
                return due
            case MailClass.DIRECT:
                return next_welcome(self.preferences, self.away, max(due, self.spaced))
            case MailClass.INITIATED:
                at = next_in_budget(self.manners, self.preferences, self.away, self.taken, due)
                return at if item.ask is None or at < item.ask.ends_at else None
            case MailClass.REMINDER:
                return self._reminder(item, due)
            case MailClass.CANCELLATION:
                return self._cancellation(item, due)
            case MailClass.CLOSING | MailClass.ALERT:
                return next_welcome(self.preferences, self.away, due)

    def _reminder(self, item: Item, due: datetime) -> datetime | None:
        at = next_waking(self.manners, self.preferences, due)
        assert item.session is not None
        if at >= item.session.starts_at:
            return None
        return at if fits(self.manners, self.sent, local_day(at, self.zone)) else None

    def _cancellation(self, item: Item, due: datetime) -> datetime:
        """In waking hours, unless the session itself leaves no other time."""
        at = next_waking(self.manners, self.preferences, due)
        starts_at = item.session.starts_at if item.session is not None else at
        return due if due < starts_at <= at else at
