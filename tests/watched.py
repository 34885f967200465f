"""A mentorship under watch: after every step the laws are judged anew, without the help of the rules that keep them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from lifecycle import (
    Rejected,
    advance,
    all_asks,
    apply,
    command,
    compacted,
    coordinator,
    health,
    is_over,
    journey,
    mail_event,
    next_due,
    overview,
    page,
)
from lifecycle.agenda import planned_mails
from lifecycle.asks import Ask
from models.acts import Coordinate, DaysAway
from models.answers import ActBase, LinkUsed
from models.base import PAIR, Role
from models.commands import ChangePersonCommand, ChangeProgramCommand, Command, RevokeLinksCommand
from models.mail import MailEvent
from models.pages import CoordinatorQuery, PageQuery
from models.program import Program
from models.state import Mentorship, SessionStatus, Stage
from tests.watched_mail import Mailboxes

DISTURBING = (
    "pause",
    "days_away",
    "change_preferences",
    "snooze",
    "exit_ramp",
    "unsubscribe",
    "stop_contact",
    "coordinate",
)
"""Acts after which an ask may run out unseen, because its person wished for quiet or for other hours."""
BETWEEN_THE_PAIR = ("SECRET", "A note", "It matters", "Well done", "O1", "Do it", "A topic", "Because.", "A word")
"""What random pairs (and commands) write that nobody else reads. See tests/random_pairs.py."""
MOST_IDLE = 4
"""So often in a row may the clock ring with nothing to show for it."""
MOST_BYTES = 400_000


class Watched:
    """One mentorship, its clock, and everything that was seen of it. Each method is a step; each step is judged."""

    def __init__(self, rng: Random, program: Program, m: Mentorship, now: datetime) -> None:
        self.rng, self.m, self.now = rng, m, now
        self.mail = Mailboxes(m)
        self.log: list[str] = [f"program {program.model_dump_json()}", f"begin {now}"]
        self.back_at = now
        self.acts = 0
        self.idle = 0
        self.disturbed = False
        self.advance()

    # Steps.

    def wait(self) -> None:
        """Nobody does anything until the clock rings."""
        due = next_due(self.m, self.now)
        if due is None:
            return
        before = (self.m, len(self.mail.letters))
        self.now = due.at
        self.log.append(f"{self.now} wait: {due.why}")
        self.advance()
        self.idle = 0 if (self.m, len(self.mail.letters)) != before else self.idle + 1
        assert self.idle <= MOST_IDLE, f"the clock rings for nothing: {due.why}"

    def wait_a_part(self) -> None:
        """Some of the time until the clock rings passes."""
        due = next_due(self.m, self.now)
        if due is not None:
            minutes = int((due.at - self.now) / timedelta(minutes=1))
            self.now += timedelta(minutes=self.rng.randint(0, max(minutes, 0)))

    def outage(self) -> None:
        """The engine is down while the clock rings, and comes back up to five days later."""
        due = next_due(self.m, self.now)
        if due is not None:
            self.now = due.at + timedelta(minutes=self.rng.randint(1, 5 * 24 * 60))
            self.back_at, self.disturbed = self.now, True
            self.log.append(f"{self.now} outage")

    def do(self, act: ActBase) -> bool:
        """Someone does something. Whether it was possible."""
        before = self.m.model_dump_json()
        self.acts += 1
        try:
            m, receipt = apply(self.m, act, self.now, f"receipt-{self.acts}")
        except Rejected:
            assert self.m.model_dump_json() == before, "a refused act has changed something"
            return False
        assert self.m.model_dump_json() == before, "the state was changed in place"
        assert receipt.recorded
        assert receipt.happens_next
        self.log.append(f"{self.now} {act!r}")
        if isinstance(act, DaysAway):
            self.mail.away[act.by].append((act.first, act.last, self.m.person(act.by).preferences.zone))
        self.disturbed = self.disturbed or act_name(act) in DISTURBING
        if isinstance(act, Coordinate):
            self.is_told(act.command)
        self.m = m
        again, same = apply(self.m, act, self.now + timedelta(hours=1), receipt.id)
        assert (again, same) == (self.m, receipt), "a second press counted"
        self.advance()
        return True

    def order(self, what: Command) -> None:
        """The platform wants something."""
        before = self.m.model_dump_json()
        try:
            m = command(self.m, what, self.now)
        except Rejected:
            assert self.m.model_dump_json() == before
            return
        assert self.m.model_dump_json() == before, "the state was changed in place"
        self.disturbed = True
        self.log.append(f"{self.now} {what!r}"[:200])
        self.is_told(what)
        self.m = m
        self.advance()

    def is_told(self, what: Command) -> None:
        """A command is about to change who reads: a new address is told anew, and so is a new coordinator."""
        match what:
            case ChangePersonCommand(email=str(email)):
                self.mail.forget(email)
            case RevokeLinksCommand(role=Role.COORDINATOR):
                self.mail.alarms.clear()
            case ChangeProgramCommand(program=program):
                if program.coordinator.email != self.m.program.coordinator.email:
                    self.mail.alarms.clear()

    def hear(self, event: MailEvent) -> None:
        """The mail provider reports something."""
        self.disturbed = True
        self.log.append(f"{self.now} {event!r}")
        self.m = mail_event(self.m, event, self.now)
        self.advance()

    def compact(self) -> None:
        """A renewal: the carried state asks, plans and mails the same."""
        small = compacted(self.m, self.now)
        assert all_asks(small) == all_asks(self.m)
        assert planned_mails(small, self.now) == planned_mails(self.m, self.now)
        assert next_due(small, self.now) == next_due(self.m, self.now)
        assert compacted(small, self.now) == small
        self.log.append(f"{self.now} compacted")
        self.m = small

    def owed(self) -> list[Ask]:
        """What is open now."""
        return [ask for ask in all_asks(self.m) if ask.opened_at <= self.now]

    def to_the_end(self, most: int = 3000) -> None:
        """Silence until it is over."""
        for _ in range(most):
            if next_due(self.m, self.now) is None:
                break
            self.wait()
        self.judge_the_end()

    # Laws.

    def advance(self) -> None:
        m, delivery = advance(self.m, self.now)
        self.m = m
        letters = delivery.letters if delivery is not None else ()
        assert len({letter.to.role for letter in letters}) == len(letters), "two letters to one person at once"
        for letter in letters:
            assert letter.at == self.now
            self.mail.judge(letter, self.m)
        self.judge_state()

    def judge_state(self) -> None:
        m, now = self.m, self.now
        written = m.model_dump_json()
        read = Mentorship.model_validate_json(written)
        assert read == m, "the state does not survive being written and read"
        assert read.model_dump_json() == written
        assert (all_asks(read), next_due(read, now)) == (all_asks(m), next_due(m, now)), "it reads differently"
        assert len(written) < MOST_BYTES
        due = next_due(m, now)
        assert (due is None) == is_over(m, now)
        if due is not None:
            assert due.at > now, f"due now, though everything due was done: {due.why}"
            assert due.why
        self.judge_calendars()
        times = [visit.at for visit in m.visits]
        assert times == sorted(times), "the stages are out of order"
        assert m.ended_at is None or m.ended_at >= max(m.last_act.values(), default=m.started_at)
        asks = all_asks(m)
        assert len({ask.id for ask in asks}) == len(asks), "an ask is open twice"
        assert m.stage is Stage.ENDED or now <= m.deadline + timedelta(days=7), "it goes on after its deadline"
        role = self.rng.choice(PAIR)
        identity = self.rng.choice((*m.answers, *m.ran_out, *(ask.id for ask in asks), "reflect.mentee"))
        page(m, PageQuery(role=role, ask=identity, link=LinkUsed(jti="j", issued_at=now)), now)
        seen = journey(m, PageQuery(role=role), now).model_dump_json()
        assert "SECRET" not in seen, "a secret is on the journey page"
        assert f"fit_check.{role.partner}.2" not in seen
        overview(m, now)
        health(m, now)
        desk = coordinator(m, CoordinatorQuery(), now)
        shown = desk.evolve(words=()).model_dump_json()
        assert not [one for one in BETWEEN_THE_PAIR if one in shown], "the coordinator reads what is between the pair"
        assert all(one.text == "SECRET trouble" for one in desk.words), "a word that was not for the coordinator"

    def judge_calendars(self) -> None:
        """Whoever could be reached in time has the session in their calendar, at the right time."""
        for one in self.m.sessions:
            if one.status is not SessionStatus.PLANNED or one.starts_at > self.now or self.disturbed:
                continue
            if self.m.program.manners.per_week < 2:
                continue
            for role in PAIR:
                preferences = self.m.person(role).preferences
                if one.starts_at - one.planned_at > timedelta(days=7) and len(preferences.days_off) < 4:
                    entry = self.mail.entries.get((self.m.person(role).email, f"{self.m.id}-session-{one.number}"))
                    assert entry == (one.sequence, "request"), f"the {role} misses session {one.number}: {entry}"

    def judge_the_end(self) -> None:
        m = self.m
        assert is_over(m, self.now), "it never ends"
        assert m.outcome is not None
        assert m.ended_at is not None
        assert m.ended_at <= m.deadline + timedelta(days=1), "it ended after its deadline"
        for role in PAIR:
            last = max((one.at for one in self.mail.letters if one.to.role is role), default=m.ended_at)
            if role not in m.unreachable:
                assert role in self.mail.closed, f"no closing letter to the {role}"
                assert self.welcome_days(role, max(m.ended_at, self.back_at), last) <= 10, (
                    f"the closing letter to the {role} came late"
                )
            for one in m.sessions:
                entry = self.mail.entries.get((m.person(role).email, f"{m.id}-session-{one.number}"))
                if one.status is SessionStatus.CANCELLED and entry is not None and role not in m.unreachable:
                    assert entry[1] == "cancel", f"session {one.number} is still in the calendar of the {role}"
        if not self.disturbed and m.program.nudges.patience_days >= 9:
            for identity in m.ran_out:
                assert identity.startswith("prepare.") or (identity, 0) in self.mail.rungs, (
                    f"{identity} ran out and was never mailed"
                )
        assert not m.notices or set(m.unreachable) >= {one.to for one in m.notices}

    def welcome_days(self, role: Role, start: datetime, end: datetime) -> int:
        """How many days went by on which the closing letter could have come."""
        preferences = self.m.person(role).preferences
        zone = ZoneInfo(preferences.zone)
        away = [(first, last) for first, last, _ in ((a, b + timedelta(days=1), z) for a, b, z in self.mail.away[role])]
        return sum(
            day.weekday() not in preferences.days_off and not any(first <= day <= last for first, last in away)
            for day in days_between(start.astimezone(zone).date(), end.astimezone(zone).date())
        )


def act_name(act: ActBase) -> str:
    """The name of an act."""
    return str(getattr(act, "act", ""))


def days_between(first: date, last: date) -> Iterator[date]:
    """The days after the first and before the last."""
    for back in range(1, (last - first).days):
        yield first + timedelta(days=back)
