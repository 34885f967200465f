"""Every page to look at: `make contact-sheet` writes var/contact-sheet/index.html with pictures of each step of each.

On a phone and at a desk, by day and by night; in Spanish on a phone by day. Needs Chromium.
"""

import asyncio
import logging
import re
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from pathlib import Path
from time import monotonic

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError

from demo.ports import free_port
from models.base import Role
from models.people import Language
from settings import ROOT, Settings
from tests.browser_engines import Scenes
from tests.browser_inspection import Seen
from tests.browser_pages import PAGES, Shown, Then
from tests.browser_person import Device, Person, Stuck
from tests.gallery import mails
from tests.screenshots import chromium
from web.app import create_app

WIDTHS = {360: 740, 1280: 800}
MODES = ("light", "dark")
VARIANTS: dict[Language, tuple[tuple[int, str], ...]] = {
    "en": tuple((width, mode) for width in WIDTHS for mode in MODES),
    "es": ((360, "light"),),
}
AT_ONCE = 3
CAMERA = Device("camera", 360, 740, scripts=True)
MAILED = """Message-ID: <{id}@trellis.example.com>
X-Trellis-Mentorship: {id}
X-Trellis-Kind: accept
X-Trellis-Class: initiated
X-Trellis-Role: mentee
X-Trellis-At: 2026-09-07T08:00:00+00:00
X-Trellis-Zone: Europe/Berlin
X-Trellis-Items: [{{"kind": "accept", "ask": "accept.mentee", "rung": 0}}]
"""


def id_of(shown: Shown, language: Language) -> str:
    """The mentorship in which a page shows itself."""
    return re.sub(r"[^a-z]+", "-", f"{shown.name} {language}".lower()).strip("-")


def a_mail(outbox: Path) -> None:
    """One mail in the outbox, as the engine writes them."""
    eml = next(one.eml for one in mails() if one.name == "accept-mentee" and one.language == "en")
    headers = [line.partition(":")[0] for line in MAILED.splitlines()]
    kept = re.sub(rb"(?m)^(" + b"|".join(name.encode() for name in headers) + rb"):.*\r?\n([ \t].*\r?\n)*", b"", eml)
    (outbox / "mail-1.eml").write_bytes(MAILED.format(id="mail-1").encode() + kept)


@dataclass
class Camera:
    """Takes pictures of a page each time something new is on it."""

    folder: Path
    name: str
    language: Language
    page: Page | None = None
    steps: int = 0
    rests: bool = False
    taken: list[str] = field(default_factory=list)

    async def look(self, seen: Seen) -> None:
        """All variants of what is on the page now."""
        if self.rests:
            return
        assert self.page is not None
        self.steps += 1
        for width, mode in VARIANTS[self.language]:
            await self.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            await self.page.emulate_media(color_scheme=mode)  # type: ignore[arg-type]
            file = f"{self.name}/{self.steps}-{self.language}-{width}-{mode}.png"
            await self.page.screenshot(path=self.folder / file, full_page=True)
            self.taken.append(file)
        await self.page.set_viewport_size({"width": CAMERA.width, "height": CAMERA.height})


def app_of(scenes: Scenes, outbox: Path) -> FastAPI:
    """The web app over the scenes. Only one person can be too fast for it: the camera is everywhere at once."""
    looks = dict.fromkeys(("rates_looks_per_address", "rates_looks_per_person", "rates_looks"), "100000/minute")
    presses = dict.fromkeys(("rates_presses_per_address", "rates_presses"), "100000/minute")
    chosen = {
        "outbox_dir": outbox,
        "base_url": scenes.base_url,
        "rates": True,
        **looks,
        **presses,
        "rates_presses_per_person": "20/day",
    }
    return create_app(scenes, Settings.model_validate(chosen))


@asynccontextmanager
async def served(scenes: Scenes, outbox: Path, port: int) -> AsyncIterator[None]:
    """The web app over the scenes, on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app_of(scenes, outbox), port=port, access_log=False, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await running


async def take(folder: Path, pages: Sequence[Shown]) -> tuple[list[str], list[str]]:
    """Takes the pictures and writes the index. The pictures' names, relative to the folder, and what went wrong."""
    path = chromium()
    if path is None:
        raise SystemExit("The contact sheet needs Chromium (Debian: apt install chromium).")
    port = free_port()
    scenes, turn = Scenes(f"http://127.0.0.1:{port}"), asyncio.Semaphore(AT_ONCE)
    with tempfile.TemporaryDirectory() as outbox:
        a_mail(Path(outbox))
        async with served(scenes, Path(outbox), port), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])

            async def one(shown: Shown, language: Language) -> tuple[Shown, list[str], str]:
                async with turn:
                    return await _shoot(folder, browser, scenes, shown, language)

            found = await asyncio.gather(*(one(shown, language) for language in VARIANTS for shown in pages))
            await browser.close()
    (folder / "index.html").write_text(_index(found), encoding="utf-8")
    troubles = [f"{shown.name}: {trouble}" for shown, _, trouble in found if trouble]
    return [file for _, files, _ in found for file in files], troubles


async def _shoot(
    folder: Path, browser: Browser, scenes: Scenes, shown: Shown, language: Language
) -> tuple[Shown, list[str], str]:
    id = id_of(shown, language)
    url = scenes.make(id, shown.program, language, shown.make)
    camera = Camera(folder, id_of(shown, "en").removesuffix("-en"), language)
    context = await CAMERA.context(browser)
    role = Role.MENTOR if "mentor" in shown.name else Role.MENTEE
    zone = getattr(scenes.engines[id].m, role.value).preferences.zone
    person = await Person.at(context, role, zone, CAMERA, scenes.base_url, camera)
    camera.page = person.page
    trouble = ""
    try:
        opened = await person.open(url)
        if opened.status != shown.status:
            trouble = f"it answers {opened.status} instead of {shown.status}"
        now = scenes.engines[id].now
        if shown.then is Then.ANSWER:
            await person.answer(shown.act, now, shown.says(now))
        elif shown.then is Then.PRESS:
            camera.rests = True
            for _ in range(shown.presses - 1):
                await person.press(person.button())
            camera.rests = False
            await person.fill(shown.says(now))
            shown.meanwhile(scenes.engines[id])
            pressed = await person.press(person.button())
            if pressed.status != shown.after[1]:
                trouble = f"the press was answered with {pressed.status} instead of {shown.after[1]}"
    except (Stuck, BrowserError) as problem:
        trouble = str(problem).splitlines()[0]
    finally:
        await context.close()
    return shown, camera.taken, trouble


def _index(found: Sequence[tuple[Shown, list[str], str]]) -> str:
    parts, order = [], {shown.name: number for number, shown in enumerate(PAGES)}
    found = sorted(found, key=lambda one: order[one[0].name])
    for group, members in groupby(found, key=lambda one: one[0].group):
        parts.append(f"<h2>{escape(group)}</h2>")
        for name, same in groupby(members, key=lambda one: one[0].name):
            parts.append(f"<h3>{escape(name)}</h3><div>")
            for _, files, trouble in same:
                parts += [_thumbnail(file) for file in files]
                parts.append(f"<strong>{escape(trouble)}</strong>" if trouble else "")
            parts.append("</div>")
    count = sum(len(files) for _, files, _ in found)
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages</title>{STYLE}
<h1>Pages</h1><p>{count} pictures: phone and desk, by day and by night.</p>{"".join(parts)}</html>
"""


def _thumbnail(file: str) -> str:
    told = Path(file).stem.replace("-", " ")
    wide = "desk" if "-1280-" in file else "phone"
    return (
        f'<figure><a href="{file}"><img class="{wide}" src="{file}" alt="{told}" loading="lazy"></a>'
        f"<figcaption>{told}</figcaption></figure>\n"
    )


STYLE = """<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 24px; color: #222; background: #eee }
div { display: flex; flex-wrap: wrap; gap: 12px } figure { margin: 0; font-size: 12px }
img { height: 360px; object-fit: cover; object-position: top; border: 1px solid #bbb }
img.phone { width: 180px } img.desk { width: 400px }
h2 { border-top: 2px solid #999; padding-top: 12px } strong { color: #a00 }</style>"""


def main() -> int:
    """Takes all pictures. Returns 1 when a page could not be shown as the table says."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "contact-sheet")
    parser.add_argument("--only", default="", help="only pages in whose name this stands")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    began = monotonic()
    pages = [shown for shown in PAGES if arguments.only.lower() in shown.name.lower()]
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    pictures, troubles = asyncio.run(take(arguments.folder, pages))
    print(f"{len(pictures)} pictures of {len(pages)} pages in {arguments.folder / 'index.html'}", end=" ")
    print(f"({monotonic() - began:.0f} s)")
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
