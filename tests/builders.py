"""Small builders: a program, a pair, and the story of a mentorship that a test tells step by step."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import programs
from lifecycle import advance, all_asks, apply, begin, command, next_due
from lifecycle.asks import Ask
from lifecycle.simulation import answer
from models.answers import ActBase
from models.base import Role
from models.commands import Command
from models.mail import Letter, LetterItem, MailKind
from models.people import Start, StartPerson
from models.program import AskKind, Program
from models.state import Mentorship, Receipt, Session, Stage

MENTOR: Final = Role.MENTOR
MENTEE: Final = Role.MENTEE
COORDINATOR: Final = Role.COORDINATOR
BERLIN = ZoneInfo("Europe/Berlin")
BEGINNING = datetime(2026, 9, 7, 8, tzinfo=UTC)
"""A Monday, ten o'clock in Berlin."""


def a_program(**changes: Any) -> Program:
    """The career program, with changes: a part is changed by a dict of its fields."""
    program = programs.load("career")
    parts = {
        name: getattr(program, name).evolve(**value) if isinstance(value, dict) else value
        for name, value in changes.items()
    }
    return Program.model_validate(program.evolve(**parts).model_dump())


def a_start(mentor_zone: str = "Europe/Berlin", mentee_zone: str = "Europe/Berlin", **changes: Any) -> Start:
    """Mara mentors Theo, both in Berlin unless said otherwise."""
    start = Start(
        id="pair",
        program="career",
        mentor=StartPerson(name="Mara Mentor", email="mara@example.com", bio="Knows the way.", zone=mentor_zone),
        mentee=StartPerson(name="Theo Mentee", email="theo@example.com", bio="Wants to learn.", zone=mentee_zone),
    )
    return start.evolve(**changes)


class Story:
    """A mentorship as a test tells it: who does what, and how the time goes by. Every letter is kept."""

    def __init__(self, program: Program | None = None, start: Start | None = None, now: datetime = BEGINNING) -> None:
        self.m: Mentorship = begin(start or a_start(), program or a_program(), now)
        self.now = now
        self.letters: list[Letter] = []
        self.receipts = 0
        self.advance()

    def advance(self) -> None:
        """Everything that is due by now happens."""
        self.m, delivery = advance(self.m, self.now)
        self.letters += delivery.letters if delivery is not None else ()

    def until(self, at: datetime) -> None:
        """Nobody does anything until then."""
        while (due := next_due(self.m, self.now)) is not None and due.at <= at:
            self.now = due.at
            self.advance()
        self.now = at

    def days(self, days: float) -> None:
        """Nobody does anything for so many days."""
        self.until(self.now + timedelta(days=days))

    def silence(self) -> None:
        """Nobody does anything any more."""
        while (due := next_due(self.m, self.now)) is not None:
            self.now = due.at
            self.advance()

    def do(self, act: ActBase) -> Receipt:
        """Someone does something now."""
        self.receipts += 1
        self.m, receipt = apply(self.m, act, self.now, f"receipt-{self.receipts}")
        self.advance()
        return receipt

    def order(self, what: Command) -> None:
        """The platform wants something."""
        self.m = command(self.m, what, self.now)
        self.advance()

    def owed(self, by: Role, kind: AskKind | None = None) -> list[Ask]:
        """What someone is asked now."""
        return [
            ask
            for ask in all_asks(self.m)
            if ask.by is by and ask.opened_at <= self.now and (kind is None or ask.kind is kind)
        ]

    def ask(self, by: Role, kind: AskKind) -> Ask:
        """The one ask of this kind that someone owes now."""
        found = self.owed(by, kind)
        assert found, f"the {by} is not asked to {kind}, but {[ask.id for ask in all_asks(self.m)]}"
        return found[0]

    def says(self, by: Role, kind: AskKind, **changes: Any) -> Receipt:
        """The plain answer to what someone owes, with changes."""
        return self.do(self.answer(by, kind, **changes))

    def answer(self, by: Role, kind: AskKind, **changes: Any) -> ActBase:
        """The plain answer to what someone owes, not given yet."""
        act = answer(self.m, self.ask(by, kind), self.now)
        return type(act).model_validate({**act.model_dump(), **changes})

    def reach(self, by: Role, kind: AskKind, silent: Sequence[AskKind] = ()) -> Ask:
        """Both go along until this is asked; kinds in `silent` are left alone."""
        for _ in range(600):
            open_now = [ask for role in (MENTEE, MENTOR) for ask in self.owed(role)]
            wanted = [ask for ask in open_now if (ask.by, ask.kind) == (by, kind)]
            if wanted:
                return wanted[0]
            ready = [ask for ask in open_now if ask.kind not in silent]
            if ready:
                self.do(answer(self.m, ready[0], self.now))
                continue
            due = next_due(self.m, self.now)
            assert due is not None, f"it ended as {self.m.outcome} before anyone was asked to {kind}"
            self.now = due.at
            self.advance()
        raise AssertionError(f"nobody was ever asked to {kind}")

    def live_on(self, silent: Sequence[AskKind] = ()) -> None:
        """Both go along to the end."""
        while (due := next_due(self.m, self.now)) is not None:
            ready = [ask for role in (MENTEE, MENTOR) for ask in self.owed(role) if ask.kind not in silent]
            if ready:
                self.do(answer(self.m, ready[0], self.now))
            else:
                self.now = due.at
                self.advance()

    def mails(self, to: Role, kind: MailKind | AskKind | None = None, since: datetime | None = None) -> list[Letter]:
        """Letters to someone, in which something is of this kind."""
        return [
            letter
            for letter in self.letters
            if letter.to.role is to
            and (since is None or letter.at > since)
            and (kind is None or any(item.kind.value == kind.value for item in letter.items))
        ]

    def items(self, to: Role, kind: MailKind | AskKind, since: datetime | None = None) -> list[LetterItem]:
        """What was said to someone of this kind, in order."""
        letters = self.mails(to, kind, since)
        return [item for letter in letters for item in letter.items if item.kind.value == kind.value]

    def stage(self) -> Stage:
        """Where they are."""
        return self.m.stage

    def session(self, number: int) -> Session:
        """The session of this number."""
        return next(one for one in self.m.sessions if one.number == number)

    def today(self, later: int = 0) -> date:
        """A day in Berlin, so many days from today."""
        return self.now.astimezone(BERLIN).date() + timedelta(days=later)
