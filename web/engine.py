"""What the web asks of the engine. `workflows.client.Mentorships` is it; tests put the pure core in its place."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Protocol

from models.answers import ActBase, Goal
from models.export import Export
from models.journeys import Journey
from models.mail import MailEvent
from models.pages import CoordinatorPage, CoordinatorQuery, Overview, Page, PageQuery
from models.people import Start
from models.program import Program
from models.state import Receipt
from workflows.client import ListedPage, Started
from workflows.erasure import Elsewhere, Forget, Forgotten


class ListedMentorship(Protocol):
    """One line of the list of mentorships."""

    @property
    def id(self) -> str: ...


class Engine(Protocol):
    """Reads and acts by the mentorship's id. Raises what `workflows.client` raises."""

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt: ...
    async def page(self, id: str, query: PageQuery) -> Page: ...
    async def journey(self, id: str, query: PageQuery) -> Journey: ...
    async def export(self, id: str, query: PageQuery) -> Export: ...
    async def coordinator(self, id: str, query: CoordinatorQuery) -> CoordinatorPage: ...
    async def overview(self, id: str) -> Overview: ...
    async def start(self, start: Start, program: Program, *, goals: tuple[Goal, ...] = ()) -> Started: ...
    async def list_page(self, query: str = "", *, limit: int = 50, cursor: str = "") -> ListedPage: ...
    async def count(self, query: str = "") -> int: ...
    async def forget(self, whom: Forget, elsewhere: Elsewhere) -> Forgotten: ...
    async def mail_event(self, id: str, event: MailEvent) -> None: ...
    def list(self, query: str = "") -> AsyncIterator[ListedMentorship]: ...


Skip = Callable[[str], Awaitable[datetime | None]]
"""Moves one mentorship's own clock to its next due time and returns that time, or None when there was none."""
