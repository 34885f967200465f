"""The mailboxes of a pair and their coordinator: every letter is judged by the manners when it arrives.

The judgement is this file's own, by the wall clock of the reader; it asks the rules only which asks are open.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lifecycle import all_asks
from models.base import PAIR, Role
from models.mail import Letter, MailClass, MailKind, SessionCard
from models.people import MailChoice, Preferences
from models.state import Mentorship, Stage

TO_COORDINATOR = (MailClass.ALERT, MailClass.URGENT)
BUDGETED = (MailClass.INITIATED, MailClass.REMINDER)
WHILE_PAUSED = (MailKind.PAUSED, MailKind.FRESH_LINK)


class Mailboxes:
    """All letters of one mentorship. `away` is what each told us of days away: first, last, and in which zone."""

    def __init__(self, m: Mentorship) -> None:
        self.m, self.now = m, m.started_at
        self.letters: list[Letter] = []
        self.away: dict[Role, list[tuple[date, date, str]]] = {role: [] for role in PAIR}
        self.rungs: Counter[tuple[str, int]] = Counter()
        self.entries: dict[tuple[str, str], tuple[int, str]] = {}
        self.closed: set[Role] = set()
        self.alarms: set[str] = set()

    def judge(self, letter: Letter, m: Mentorship) -> None:
        """Judges a letter by the state right after it was written, and keeps it."""
        self.m, self.now = m, letter.at
        self.letters.append(letter)
        where = f"{letter.id} to {letter.to.role}, {letter.mail_class}: {[item.key for item in letter.items]}"
        if letter.to.role is Role.COORDINATOR:
            preferences = self.m.program.coordinator.preferences
            assert letter.mail_class in TO_COORDINATOR, where
            assert letter.mail_class is MailClass.URGENT or is_welcome(preferences, letter.at), where
            for item in letter.items:
                if item.kind is MailKind.ATTENTION:
                    assert item.key not in self.alarms, f"the coordinator was told before: {where}"
                    self.alarms.add(item.key)
            return
        role = letter.to.role
        written = letter.model_dump_json()
        assert "SECRET" not in written, f"a secret is told: {where}"
        assert f"for the {role.partner} alone" not in written, f"a word to one is told to the other: {where}"
        fresh = all(item.kind is MailKind.FRESH_LINK for item in letter.items)
        assert fresh or f"fit_check.{role.partner}.2" not in written, f"a secret is told: {where}"
        self.judge_hour(letter, role, where)
        self.judge_budget(letter, role, where)
        assert role not in self.closed, f"after the closing letter: {where}"
        if any(item.kind is MailKind.CLOSING for item in letter.items):
            self.closed.add(role)
        assert (self.m.stage is Stage.ENDED) == (letter.mail_class is MailClass.CLOSING), where
        pause = next((one for one in self.m.pauses if one.start <= letter.at < one.end), None)
        if pause is not None and self.m.stage is not Stage.ENDED:
            assert not pause.held, f"all contact was stopped: {where}"
            assert all(item.kind in WHILE_PAUSED for item in letter.items), f"while paused: {where}"
        choice = self.m.person(role).preferences.mail
        if choice is not MailChoice.ALL:
            nudges = [item for item in letter.items if item.ask is not None and item.kind is not MailKind.FRESH_LINK]
            assert not any(item.ask and item.ask.rung for item in nudges), f"unsubscribed: {where}"
        if choice is MailChoice.CLOSING_ONLY:
            assert letter.mail_class is not MailClass.INITIATED, f"wants closing mails only: {where}"
        assert role not in self.m.unreachable
        keys = [item.key for item in letter.items]
        assert len(set(keys)) == len(keys), f"said twice: {where}"
        open_now = {ask.id for ask in all_asks(m) if ask.by is role and ask.opened_at <= letter.at}
        for item in letter.items:
            if item.ask is not None:
                assert item.ask.id in open_now, f"about what is not asked: {where}"
                if item.kind.value == item.ask.kind.value:
                    self.rungs[item.ask.id, item.ask.rung] += 1
                    assert self.rungs[item.ask.id, item.ask.rung] == 1, f"twice on one rung: {where}"
            if item.session is not None and item.calendar != "none":
                self.judge_calendar(letter.to.email, item.session, item.calendar, where)

    def forget(self, address: str) -> None:
        """Someone is written to at this address from now on, perhaps not for the first time: it is told all anew."""
        self.entries = {key: entry for key, entry in self.entries.items() if key[0] != address}

    def judge_calendar(self, address: str, session: SessionCard, method: str, where: str) -> None:
        """A new address is a new calendar: it gets the invitations anew."""
        uid, sequence, starts_at = session.uid, session.sequence, session.starts_at
        if method == "request":
            assert starts_at > self.now, f"an invitation to what is over: {where}"
        last = self.entries.get((address, uid))
        assert last is None or sequence > last[0], f"calendar entry {uid} does not rise: {last}, {sequence} {where}"
        assert last is None or last[1] != "cancel", f"calendar entry {uid} comes back after its cancellation: {where}"
        self.entries[address, uid] = (sequence, method)

    def judge_hour(self, letter: Letter, role: Role, where: str) -> None:
        preferences = self.m.person(role).preferences
        local = letter.at.astimezone(ZoneInfo(preferences.zone))
        where = f"{where} at {local:%a %Y-%m-%d %H:%M} {preferences!r}"
        if letter.mail_class is MailClass.CANCELLATION:
            morning = next_at(local, min(self.m.program.manners.waking_from, preferences.hours_from))
            starts = [item.session.starts_at for item in letter.items if item.session is not None]
            if any(letter.at < start <= morning for start in starts):
                return
        if letter.mail_class in (MailClass.REMINDER, MailClass.CANCELLATION):
            manners = self.m.program.manners
            opens = min(manners.waking_from, preferences.hours_from)
            closes = max(manners.waking_to, preferences.hours_to)
            assert within(local, opens, closes), f"not in waking hours: {where}"
            return
        assert is_welcome(preferences, letter.at), f"not in welcome hours: {where}"
        for first, last, zone in self.away[role]:
            assert not first <= letter.at.astimezone(ZoneInfo(zone)).date() <= last, f"on a day away: {where}"

    def judge_budget(self, letter: Letter, role: Role, where: str) -> None:
        if letter.mail_class not in BUDGETED:
            return
        zone = ZoneInfo(self.m.person(role).preferences.zone)
        manners = self.m.program.manners
        own = [one for one in self.letters if one.to.role is role and one.mail_class in BUDGETED]
        days = [one.at.astimezone(zone).date() for one in own]
        assert days.count(days[-1]) <= manners.per_day, f"more than {manners.per_day} a day: {where}"
        for first in (days[-1] - timedelta(days=back) for back in range(7)):
            week = sum(first <= day <= first + timedelta(days=6) for day in days)
            assert week <= manners.per_week, f"{week} in the seven days from {first}: {where}"


def within(local: datetime, opens: time, closes: time) -> bool:
    """Whether clocks show a time from `opens` up to and without `closes`."""
    return opens <= local.time() < closes


def is_welcome(preferences: Preferences, at: datetime) -> bool:
    """Whether it is a welcome hour of a welcome day, by the reader's wall clock."""
    local = at.astimezone(ZoneInfo(preferences.zone))
    return local.weekday() not in preferences.days_off and within(local, preferences.hours_from, preferences.hours_to)


def next_at(local: datetime, hour: time) -> datetime:
    """The next time that these clocks show this hour."""
    today = datetime.combine(local.date(), hour, tzinfo=local.tzinfo)
    return today if today > local else datetime.combine(local.date() + timedelta(days=1), hour, tzinfo=local.tzinfo)
