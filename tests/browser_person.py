"""Someone with a browser: opens links, fills in what is asked by its labels, presses the buttons, reads the receipt."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from bs4 import Tag
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

from demo.answers import Answering, fill
from demo.forms import Button, WebPage
from models.base import Role
from tests.browser_inspection import Seen
from tests.leaks.left import LEFT

MOST_STEPS = 40
"""Steps of one form. A form that goes on longer goes in circles."""
WAIT = 20_000
"""Milliseconds that a person waits for a page: longer than the web app waits for Temporal."""
STATUS = "Failed to load resource: the server responded with a status of"
"""What the console says of a page that is an answer of 400 or more; whether it should be one is told by its status."""


class Watcher(Protocol):
    """Who looks over a person's shoulder at every page that comes: an inspector, or a camera."""

    async def look(self, seen: Seen) -> None: ...


class Stuck(Exception):
    """A person could not do what the page asks. It is a fault of ours."""


@dataclass(frozen=True)
class Device:
    """What someone reads pages with."""

    name: str
    width: int
    height: int
    scripts: bool
    touch: bool = False

    async def context(self, browser: Browser) -> BrowserContext:
        """A browser of this kind, with nothing remembered."""
        context = await browser.new_context(
            viewport={"width": self.width, "height": self.height},
            java_script_enabled=self.scripts,
            has_touch=self.touch,
            is_mobile=self.touch,
        )
        context.set_default_timeout(WAIT)
        context.on("request", lambda asked: LEFT.url(asked.url, asked.headers.get("referer", "")))
        return context


PHONE = Device("phone", 360, 740, scripts=False, touch=True)
SCRIPTED_PHONE = Device("phone with scripts", 360, 740, scripts=True, touch=True)
DESK = Device("desk", 1280, 900, scripts=True)
PLAIN_DESK = Device("desk without scripts", 1280, 900, scripts=False)


@dataclass
class Person:
    """One of the pair at their device. `disturbed` is what no browser should have to tell about our pages."""

    role: Role
    zone: str
    device: Device
    page: Page
    base_url: str
    watcher: Watcher
    seen: Seen | None = None
    visited: list[Seen] = field(default_factory=list)
    disturbed: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def at(
        cls, context: BrowserContext, role: Role, zone: str, device: Device, base_url: str, watcher: Watcher
    ) -> "Person":
        """Someone who opens the browser."""
        person = cls(role, zone, device, await context.new_page(), base_url, watcher)
        context.on("request", person._requested)
        context.on("response", person._answered)
        context.on("console", person._told)
        context.on("weberror", lambda problem: person.disturbed.append(f"a script failed: {problem.error}"))
        return person

    @property
    def read(self) -> WebPage:
        """The page that is open."""
        assert self.seen is not None, "no page was opened yet"
        return WebPage(self.seen.url, self.seen.status, self.seen.html)

    async def open(self, url: str) -> WebPage:
        """Follows a link of a mail."""
        response = await self.page.goto(url)
        assert response is not None, url
        return await self.arrived(response)

    async def follow(self, path_ending: str) -> WebPage:
        """Presses the first link on the page whose path ends like this, by the words that stand on it."""
        for tag in self.read.html.find_all("a", href=True):
            target = urlsplit(urljoin(self.read.url, str(tag["href"])))
            if target.path.endswith(path_ending) and "mailto" not in target.scheme:
                link = self._css("href", str(tag["href"]))
                await self._unfold(link.first)
                return await self.press(self.page.get_by_role("link", name=words_on(tag)).and_(link).first)
        raise Stuck(f"{self._where()} has no link to {path_ending}")

    async def answer(self, act: str, now: datetime, says: Mapping[str, str] | None = None) -> WebPage:
        """Goes through the form that is open, step by step, until the receipt; fills in as the demo's people do.

        `says` goes before what they would say, by the name of the field.
        """
        for _ in range(MOST_STEPS):
            if self.read.form is None or is_receipt(self.read):
                break
            values, button = self.means(act, now, says)
            await self.fill(values)
            await self.press(self.button(button))
            if self.read.problems:
                raise Stuck(f"{self._where()} refused {act}: {self.read.problems}")
        else:
            raise Stuck(f"{self._where()} asks for {act} on and on")
        if not is_receipt(self.read):
            raise Stuck(f"{act} led to no receipt but to {self._where()}")
        self.done[act] += 1
        return self.read

    async def fill(self, values: Mapping[str, str | list[str]]) -> None:
        """Writes and ticks what is not there yet, field by field, each found by its label."""
        form = self.read.form
        assert form is not None, self._where()
        for name, value in values.items():
            known = form.fields[name]
            if known.value == value or known.type == "hidden":
                continue
            if known.type in ("radio", "checkbox"):
                for chosen in [value] if isinstance(value, str) else value:
                    await (await self._control(name, chosen)).check()
            elif known.type == "select":
                await (await self._control(name)).select_option(value)
            else:
                assert isinstance(value, str), name
                await (await self._control(name)).fill(value)

    async def press(self, what: Locator) -> WebPage:
        """Presses a link or a button and reads the page that comes."""
        async with self.page.expect_navigation() as coming:
            await what.click()
        response = await coming.value
        assert response is not None
        return await self.arrived(response)

    def button(self, meant: Button | None = None) -> Locator:
        """A button of the page's form by the words that it is called by: the one that goes on, if none is meant."""
        form = self.read.form
        wanted = meant or (form.way_on if form else None)
        if wanted is None:
            raise Stuck(f"{self._where()} has no button to go on with")
        tag = next(tag for tag in main_form(self.read).find_all("button") if _is(tag, wanted))
        called = str(tag.get("aria-label") or "") or words_on(tag)
        sends = self._css("value", wanted.value) if wanted.value else self.page.locator("form button:not([name])")
        return self.page.get_by_role("button", name=called, exact=True).and_(sends)

    def tokens(self) -> set[str]:
        """The tokens of every address that was opened."""
        return {part for seen in self.visited for part in urlsplit(seen.url).path.split("/") if len(part) > 60}

    def wants(self, act: str, now: datetime, says: Mapping[str, str] | None = None) -> dict[str, str | list[str]]:
        """What this person would put into the form that is open, by the name of the field."""
        return self.means(act, now, says)[0]

    def means(
        self, act: str, now: datetime, says: Mapping[str, str] | None = None
    ) -> tuple[dict[str, str | list[str]], Button | None]:
        """The same, and the button that they would press then."""
        form = self.read.form
        assert form is not None, self._where()
        # The same chance at every step of a form: what is said in one step fits what was said before it.
        chance = Random(f"{self.role}/{act}/{self.done[act]}")  # the seed makes a walk repeatable
        values, button = fill(act, form, Answering("eager", self.role, self.zone, now, chance, self.done))
        return values | {name: value for name, value in (says or {}).items() if name in form.fields}, button

    async def _control(self, name: str, value: str = "") -> Locator:
        """A field by what a person sees of it: its label."""
        tag = _tag(main_form(self.read), name, value)
        label = label_of(tag)
        if label is None:
            raise Stuck(f"{self._where()} has a field without a label: {name}")
        if tag.get("type") in ("radio", "checkbox"):
            field = self._css("name", name).and_(self._css("value", value))
            named = self.page.get_by_role(tag["type"], name=label)  # type: ignore[arg-type]
        else:
            field = self._css("name", name)
            named = self.page.get_by_label(label)
        await self._unfold(field)
        found = named.and_(field)
        if (count := await found.count()) != 1:
            raise Stuck(f"{self._where()}: {count} fields are called “{label.pattern}” ({name})")
        return found

    def _css(self, attribute: str, value: str) -> Locator:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return self.page.locator(f'[{attribute}="{escaped}"]')

    async def _unfold(self, what: Locator) -> None:
        """Opens what is folded around something, from the outside in."""
        folded = what.locator("xpath=ancestor::details[not(@open)]")
        while await folded.count():
            await folded.first.locator("> summary").click()

    async def arrived(self, response: Response) -> WebPage:
        """Takes in a page that came, and has it inspected."""
        self.seen = Seen(response.url, response.status, await response.all_headers(), await response.body())
        self.visited.append(self.seen)
        await self.watcher.look(self.seen)
        return self.read

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base_url}/", "data:")):
            self.disturbed.append(f"{self._where()} asked elsewhere: {request.url}")

    async def _answered(self, response: Response) -> None:
        if await response.header_value("set-cookie"):
            self.disturbed.append(f"{response.url} sets a cookie")

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(STATUS):
            self.disturbed.append(f"{self._where()} says in the console: {message.text}")

    def _where(self) -> str:
        return f"“{self.read.title}” ({self.seen.path}, {self.seen.status})" if self.seen else "no page"


def main_form(page: WebPage) -> Tag:
    """The form that answers what the page asks: the one that goes to the page's own address."""
    for tag in page.html.find_all("form"):
        action = urljoin(page.url, str(tag.get("action") or page.url))
        if tag.get("method") == "post" and urlsplit(action).path == urlsplit(page.url).path:
            return tag
    raise Stuck(f"“{page.title}” has no form")


def is_receipt(page: WebPage) -> bool:
    """Whether this page says what was recorded."""
    return "/receipt/" in page.url or page.html.select_one(".done") is not None


def words_on(tag: Tag) -> re.Pattern[str]:
    """The words on something as they are read: whole, whatever stands between two words."""
    words = " ".join(text for text in tag.find_all(string=True) if not text.find_parent(attrs={"aria-hidden": "true"}))
    pattern = r"\s*".join(re.escape(word) for word in words.split()).replace("/", r"\/")  # it becomes one of JavaScript
    return re.compile(rf"^\s*{pattern}\s*$")


def label_of(tag: Tag) -> re.Pattern[str] | None:
    """What a field is called: by the label around it or the one that names it."""
    root = list(tag.parents)[-1]
    label = tag.find_parent("label") or root.find("label", attrs={"for": str(tag.get("id", "?"))})
    return words_on(label) if label is not None else None


def _tag(form: Tag, name: str, value: str) -> Tag:
    for tag in form.find_all(["input", "textarea", "select"], attrs={"name": name}):
        choice = tag.get("type") in ("radio", "checkbox")
        if tag.get("type") != "hidden" and (not choice or str(tag.get("value", "on")) == value):
            return tag
    raise Stuck(f"the form has no field {name} {value}".strip())


def _is(tag: Tag, button: Button) -> bool:
    same = (str(tag.get("name", "")), str(tag.get("value", ""))) == (button.name, button.value)
    return same and " ".join(tag.get_text(" ").split()) == button.text
