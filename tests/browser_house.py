"""Where the browser tests live: the real Temporal server, worker and web app, and one Chromium before them."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, async_playwright

import programs
from cli.start_file import read_start
from demo.server import NOTHING_MORE, Parts, Ports
from models.base import Role
from models.people import Language, Start
from settings import ROOT
from tests.browser_inspection import Inspector
from tests.browser_person import Device, Person
from tests.screenshots import chromium
from workflows.time_skipping import idle

SAMPLE = ROOT / "examples" / "demo.yaml"


class LoudParts(Parts):
    """The parts of the demo, with logs that keep nothing back."""

    async def start(self, name: str, command: Sequence[str], told: Mapping[str, str] = NOTHING_MORE) -> None:
        if command[0] == sys.executable:
            command = [sys.executable, "-m", "tests.browser_loud", command[-1].removesuffix(".py")]
        await Parts.start(self, name, command, told)


@dataclass
class House:
    """Everything that runs, and what was noticed in it."""

    parts: Parts
    browser: Browser
    inspector: Inspector
    people: list[Person] = field(default_factory=list)

    async def start(self, start: Start) -> None:
        """A mentorship begins, as a platform begins it."""
        await self.parts.mentorships.start(start, programs.load(start.program))
        await idle(self.parts.client, start.id)

    async def person(self, start: Start, role: Role, device: Device) -> Person:
        """Someone of the pair, with a browser of their own."""
        context = await device.context(self.browser)
        zone = (start.mentor if role is Role.MENTOR else start.mentee).zone
        someone = await Person.at(context, role, zone, device, self.parts.web_url, self.inspector)
        self.people.append(someone)
        return someone

    def logged(self) -> dict[str, str]:
        """All that was logged so far, by the name of the part."""
        return {file.stem: file.read_text(errors="replace") for file in (self.parts.folder / "logs").iterdir()}


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Starts everything, and ends all of it. Needs Chromium."""
    path = chromium()
    assert path is not None
    parts = LoudParts(folder, Ports.free(), headless=True, in_memory=True)
    async with parts, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield House(parts, browser, await Inspector.on(browser, parts.web_url))
        finally:
            await browser.close()


def a_pair(id: str, program: str, mentee: Language = "en", mentor: Language = "en") -> Start:
    """The sample pair, six hours apart, who read these languages."""
    start = read_start(SAMPLE).evolve(id=id, program=program)
    return start.evolve(
        mentee=start.mentee.evolve(language=mentee),
        mentor=start.mentor.evolve(language=mentor),
    )
