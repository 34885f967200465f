"""Many mentorships behind one web app, each at a moment of its own: the engine of the contact sheet."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import programs
from links import Links
from models.answers import ActBase
from models.export import Export
from models.journeys import Journey
from models.mail import MailEvent
from models.pages import CoordinatorPage, CoordinatorQuery, Overview, Page, PageQuery
from models.people import Language
from models.state import Receipt
from settings import LOCAL_KEY
from tests.browser_house import a_pair
from tests.browser_scenes import Make, Scene
from tests.builders import Story
from tests.web_parts import PureEngine
from workflows.client import NoSuchMentorship


@dataclass
class Scenes:
    """Plays scenes, and answers for each of them."""

    base_url: str
    engines: dict[str, PureEngine] = field(default_factory=dict)

    def make(self, id: str, program: str, language: Language, make: Make) -> str:
        """Plays a scene; the full address to open."""
        start = a_pair(id, program, language, language)
        scene = Scene(Story(programs.load(program), start), Links(self.base_url, [LOCAL_KEY]))
        address = make(scene)
        self.engines[id] = scene.engine
        return address if address.startswith("http") else f"{self.base_url}{address}"

    def _of(self, id: str) -> PureEngine:
        if id not in self.engines:
            raise NoSuchMentorship(id)
        return self.engines[id]

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt:
        return await self._of(id).act(id, act, update_id=update_id)

    async def page(self, id: str, query: PageQuery) -> Page:
        return await self._of(id).page(id, query)

    async def journey(self, id: str, query: PageQuery) -> Journey:
        return await self._of(id).journey(id, query)

    async def export(self, id: str, query: PageQuery) -> Export:
        return await self._of(id).export(id, query)

    async def coordinator(self, id: str, query: CoordinatorQuery) -> CoordinatorPage:
        return await self._of(id).coordinator(id, query)

    async def overview(self, id: str) -> Overview:
        return await self._of(id).overview(id)

    async def mail_event(self, id: str, event: MailEvent) -> None:
        await self._of(id).mail_event(id, event)

    async def list(self, query: str = "") -> AsyncIterator[SimpleNamespace]:
        for id in [*self.engines][:1]:
            yield SimpleNamespace(id=id)
