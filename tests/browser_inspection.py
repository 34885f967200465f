"""What is asked of every page: nobody kept out, nothing to scroll sideways, little to load, nothing from elsewhere.

A page is inspected in a second browser window that is given the very bytes that the person got. So scripts can measure
it although the person has none, pages that answer a press can be looked at too, and nothing is pressed twice.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from bs4 import BeautifulSoup
from playwright.async_api import Browser, Page, Route

NARROW, WIDE = 320, 1280
MOST_BYTES = 50_000
"""What the HTML and the style sheet of one page may weigh together, before any compression."""
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ALL_RULES = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
RUN = """async options => {
    const { violations } = await axe.run(document, { ...options, resultTypes: ["violations"] });
    const places = one => one.nodes.map(node => [node.target.join(" "), node.failureSummary]);
    return violations.map(one => [one.id, one.help, places(one)]);
}"""
SIDEWAYS = """() => { const root = document.documentElement, wide = [];
    if (root.scrollWidth > root.clientWidth)
        for (const one of document.querySelectorAll("body *"))
            if (one.getBoundingClientRect().right > root.clientWidth + 0.5) wide.push(one.outerHTML.slice(0, 80));
    return [root.scrollWidth, wide.slice(-2)]; }"""
SHEETS = """() => [...document.styleSheets].filter(one => one.href)
    .map(one => [...one.cssRules].map(rule => rule.cssText).join("\\n"))"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"


@dataclass(frozen=True)
class Seen:
    """A page as the server sent it."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @cached_property
    def html(self) -> BeautifulSoup:
        return BeautifulSoup(self.body, "lxml")

    @property
    def path(self) -> str:
        """The path with its token and ids left out: `/a/…/snooze`."""
        path = re.sub(r"^https?://[^/]+|[?#].*", "", self.url)
        return re.sub(r"(?<=/)[\w.-]{20,}(?=/|$)", "…", path)

    @property
    def kind(self) -> str:
        """What makes a page another page: its language, where it is, what it is headed, what it asks for. How many
        rows it has, what stands in them, and what it carries along unseen, makes no difference."""
        html = self.html
        language = str(html.html.get("lang", "")) if html.html else ""
        heads = [tag.get_text(" ") for tag in html.select("h1, h2") if not tag.find_parent(class_="card")]
        names = [str(tag["name"]) for tag in html.select("form [name]:not([type=hidden])")]
        mistaken = "mistaken" if html.select(".mistake") else ""
        parts = (self.path, mistaken, *heads, *names)
        plain = [" ".join(re.sub(r"\d+", "", part).split()) for part in parts]
        return " · ".join((language, str(self.status), *dict.fromkeys(plain)))


@dataclass
class Inspector:
    """Looks at each kind of page once, and writes down what is wrong with it."""

    page: Page
    inspected: dict[str, Seen] = field(default_factory=dict)
    barriers: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)
    heavy: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _shown: Seen | None = None

    @classmethod
    async def on(cls, browser: Browser, base_url: str) -> "Inspector":
        """A window of its own, which is shown what others were sent."""
        context = await browser.new_context(viewport={"width": NARROW, "height": 800})
        inspector = cls(await context.new_page())
        await inspector.page.route("**/*", inspector._give)
        return inspector

    async def look(self, seen: Seen) -> None:
        """Inspects a page, if it is of a new kind."""
        if seen.kind in self.inspected or "html" not in seen.headers.get("content-type", ""):
            return
        self.inspected[seen.kind] = seen
        async with self._turn:
            await self._inspect(seen)

    async def _inspect(self, seen: Seen) -> None:
        page, self._shown = self.page, seen
        name = f"{seen.path} “{await self._opened(seen)}” ({seen.status})"
        for width in (NARROW, WIDE):
            await page.set_viewport_size({"width": width, "height": 800})
            found, widest = await page.evaluate(SIDEWAYS)
            if found > width:
                self.sideways.append(f"{name} is {found} px wide on a screen of {width} px: {' '.join(widest)}")
        await page.set_viewport_size({"width": NARROW, "height": 800})
        await page.evaluate(AXE_SCRIPT)
        await self._run_axe(f"{name} by day", ALL_RULES)
        await page.emulate_media(color_scheme="dark")
        await self._run_axe(f"{name} by night", COLOURS)

    async def _opened(self, seen: Seen) -> str:
        weight = len(seen.body)

        page = self.page
        await page.emulate_media(color_scheme="light")
        await page.goto(seen.url)
        weight += sum(map(len, await page.evaluate(SHEETS)))
        await page.evaluate(OPEN_ALL)
        title = await page.title()
        self.weights[f"{seen.path} “{title}”"] = weight
        if weight > MOST_BYTES:
            self.heavy.append(f"{seen.path} “{title}” weighs {weight} bytes")
        return title

    async def _run_axe(self, name: str, options: Mapping[str, object]) -> None:
        for rule, says, nodes in await self.page.evaluate(RUN, options):
            for target, why in nodes[:3]:
                self.barriers.append(f"{name}: {rule} ({says}) at {target}: {' '.join(why.split())}")

    async def _give(self, route: Route) -> None:
        shown = self._shown
        if shown is not None and route.request.is_navigation_request() and route.request.url == shown.url:
            kept = {name: value for name, value in shown.headers.items() if name.startswith("content-sec")}
            kept["content-type"] = shown.headers.get("content-type", "text/html")
            # A status of its own would be an error in the console; the person's window has had that already.
            await route.fulfill(status=200, headers=kept, body=shown.body)
        else:
            await route.continue_()
