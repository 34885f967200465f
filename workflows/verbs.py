"""What a platform does with mentorships, each as one call: the verbs of the HTTP API, for Python.

A command waits for its receipt. `once` is a key of your own: the same key again, for the same mentorship, gives the
first receipt and does nothing more, whatever else is said. Without one, a command that is sent twice may be done twice.
"""

import asyncio
import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from models.acts import Coordinate
from models.answers import ActBase
from models.base import Role
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
from models.figures import Figures
from models.journeys import Journey
from models.pages import PageQuery
from models.people import Start
from models.program import Program
from models.state import Outcome, Receipt
from workflows.replies import Started

AT_ONCE = 32
"""Starts in flight. More make a dev server no faster."""

Member = Literal[Role.MENTOR, Role.MENTEE]


@dataclass(frozen=True, slots=True)
class StartedOne:
    """What became of one of many starts: `started`, or the `problem` that `Mentorships.start` would have raised."""

    id: str
    started: Started | None = None
    problem: Exception | None = None


class Verbs(ABC):
    """Every command raises ActRejected when it is refused, and then nothing changed."""

    @abstractmethod
    async def start(self, start: Start, program: Program) -> Started: ...

    @abstractmethod
    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt: ...

    @abstractmethod
    async def journey(self, id: str, query: PageQuery) -> Journey: ...

    async def start_many(
        self, starts: Iterable[Start], program: Callable[[str], Program], *, at_once: int = AT_ONCE
    ) -> AsyncGenerator[StartedOne]:
        """Starts each, some at once, and tells what became of it, in the order in which they are done.

        One that can't be started stops no other. `starts` is read as it is needed, so that it can be long; `program`
        gives a program by its name. After a break, start the same again: each mentorship begins once.
        """
        coming = iter(starts)
        working: set[asyncio.Task[StartedOne]] = set()
        try:
            while True:
                while len(working) < at_once and (start := next(coming, None)) is not None:
                    working.add(asyncio.create_task(self._started(start, program)))
                if not working:
                    return
                done, working = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    yield one.result()
        finally:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def summary(self, id: str) -> Figures:
        """The mentorship in figures, without words of the two."""
        return Figures.of((await self.journey(id, PageQuery(role=Role.MENTEE))).summary)

    async def pause(self, id: str, until: date, *, reason: str = "", once: str = "") -> Receipt:
        """Rests until a day, then goes on by itself."""
        return await self.coordinate(id, PauseCommand(until=until, reason=reason), once=once)

    async def resume(self, id: str, *, once: str = "") -> Receipt:
        """Goes on before that day, or after a stop of all contact."""
        return await self.coordinate(id, ResumeCommand(), once=once)

    async def end(
        self,
        id: str,
        *,
        outcome: Literal[Outcome.CANCELLED, Outcome.NOT_A_FIT, Outcome.ENDED_EARLY] = Outcome.CANCELLED,
        reason: str = "",
        rematch: bool = False,
        once: str = "",
    ) -> Receipt:
        """Ends it; both get a closing mail. With `rematch` they hear that someone new is looked for."""
        return await self.coordinate(id, EndCommand(outcome=outcome, reason=reason, rematch=rematch), once=once)

    async def extend(self, id: str, days: int, *, sessions: int = 0, once: str = "") -> Receipt:
        """More days at the end, and perhaps more sessions."""
        return await self.coordinate(id, ExtendCommand(days=days, sessions=sessions), once=once)

    async def message(self, id: str, text: str, *, to: Member | Literal["both"] = "both", once: str = "") -> Receipt:
        """Mails a word of the coordinator in their welcome hours."""
        return await self.coordinate(id, MessageCommand(to=to, text=text), once=once)

    async def patience(self, id: str, days: int, *, ask: str = "", once: str = "") -> Receipt:
        """More days for what is open, or for one ask, and quiet about it."""
        return await self.coordinate(id, PatienceCommand(days=days, ask=ask), once=once)

    async def change_program(self, id: str, program: Program, *, once: str = "") -> Receipt:
        """Goes on by other rules."""
        return await self.coordinate(id, ChangeProgramCommand(program=program), once=once)

    async def change_person(
        self, id: str, role: Member, *, name: str | None = None, email: str | None = None, once: str = ""
    ) -> Receipt:
        """Another name or address; links to the old address stop working."""
        return await self.coordinate(id, ChangePersonCommand(role=role, name=name, email=email), once=once)

    async def resend_link(self, id: str, role: Member, *, once: str = "") -> Receipt:
        """Mails a fresh link to the address on record."""
        return await self.coordinate(id, ResendLinkCommand(role=role), once=once)

    async def revoke_links(self, id: str, role: Role, *, once: str = "") -> Receipt:
        """Links that were mailed to this person stop working, and a fresh one is mailed."""
        return await self.coordinate(id, RevokeLinksCommand(role=role), once=once)

    async def coordinate(self, id: str, command: Command, *, once: str = "") -> Receipt:
        """Any command, and its receipt."""
        name = f"{id}\x1f{once}" if once else secrets.token_hex()
        update_id = hashlib.sha256(name.encode()).hexdigest()[:32]
        return await self.act(id, Coordinate(command=command), update_id=update_id)

    async def _started(self, start: Start, program: Callable[[str], Program]) -> StartedOne:
        try:
            return StartedOne(start.id, await self.start(start, program(start.program)))
        except Exception as problem:
            # Whatever it is, it is this one's: the others go on, and who asked is told.
            return StartedOne(start.id, problem=problem)
