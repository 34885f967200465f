"""Hands that never leave the keyboard (Tab, Space, arrows, Enter, letters) and eyes that watch where the focus is."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from playwright.async_api import Page

from tests.browser_person import Person, Stuck, is_receipt

MOST_TABS = 400
DATES = ("date", "datetime-local", "time")
FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const around = one.closest("label") || one, outer = getComputedStyle(around);
    const lined = look => look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1;
    const shown = look => lined(look) || look.boxShadow !== "none";
    const folded = one.matches("summary") ? [...one.parentElement.querySelectorAll("[name]")] : [];
    return {
        tag: one.tagName.toLowerCase(), type: one.type || "", name: one.name || "", value: one.value || "",
        checked: !!one.checked, words: (one.innerText || "").trim(), href: one.getAttribute("href") || "",
        folds: folded.map(field => field.name),
        open: !!(one.parentElement && one.parentElement.open),
        outlined: shown(style) || shown(outer), where: one.closest("main") ? "main" : "around",
        top: box.top + scrollY, left: box.left, seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    }; }"""


@dataclass(frozen=True)
class Focus:
    """What has the focus."""

    tag: str
    type: str
    name: str
    value: str
    checked: bool
    words: str
    href: str
    folds: list[str]
    open: bool
    outlined: bool
    where: str
    top: float
    left: float
    seen: bool


@dataclass
class Keyboard:
    """Someone who uses no mouse. `lost` tells where the focus could not be seen, or jumped up the page."""

    person: Person
    lost: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.person.page

    async def answer(self, act: str, now: datetime, says: Mapping[str, str] | None = None) -> None:
        """Goes through a form, step by step, until the receipt."""
        for _ in range(20):
            if is_receipt(self.person.read):
                self.person.done[act] += 1
                return
            await self._fill_and_send(self.person.wants(act, now, says))
        raise Stuck(f"{act} goes on and on")

    async def follow(self, path_ending: str) -> None:
        """Tabs to a link and presses Enter."""
        async for focus in self._tabs():
            if focus.tag == "a" and focus.href.split("?")[0].endswith(path_ending):
                await self._enter()
                return

    async def _fill_and_send(self, wanted: Mapping[str, str | list[str]]) -> None:
        left = {name for name, value in wanted.items() if value}
        async for focus in self._tabs():
            if focus.tag == "summary" and not focus.open and left & set(focus.folds):
                await self.page.keyboard.press("Enter")
            elif focus.name in left:
                await self._put(focus, wanted[focus.name])
                left.discard(focus.name)
            elif (
                focus.tag == "button"
                and focus.type == "submit"
                and focus.words == (await self.person.button().inner_text()).strip()
            ):
                await self._enter()
                if self.person.read.problems:
                    raise Stuck(f"refused: {self.person.read.problems}")
                return

    async def _put(self, focus: Focus, value: str | list[str]) -> None:
        keys = self.page.keyboard
        if focus.type == "radio":
            await keys.press("Space")
            for _ in range(30):
                if (await self._focus()).value == value:
                    return
                await keys.press("ArrowDown")
            raise Stuck(f"the arrows do not lead to {value} in {focus.name}")
        if focus.type == "checkbox":
            if not focus.checked and focus.value in value:
                await keys.press("Space")
        elif focus.type in DATES:
            # The parts of a date in the order of this browser: month, day, year, hour, minute.
            assert isinstance(value, str), focus.name
            await self._type_date(focus.type, value)
        elif focus.value != value:
            await keys.press("ControlOrMeta+a")
            await keys.type(str(value))

    async def _type_date(self, kind: str, value: str) -> None:
        keys = self.page.keyboard
        if kind != "time":
            await keys.type(f"{date.fromisoformat(value[:10]):%m%d%Y}")
        if kind == "datetime-local":
            await keys.press("ArrowRight")
        await keys.type(value.rpartition("T")[2].replace(":", "") if kind != "date" else "")

    async def _tabs(self) -> AsyncIterator[Focus]:
        """Each place that Tab leads to, watched. Raises Stuck where it goes on without end."""
        before: Focus | None = None
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            focus = await self._focus()
            if focus.tag == "body":
                continue
            self._watch(focus, before)
            before = focus
            yield focus
        raise Stuck(f"{MOST_TABS} times Tab, and what was looked for never came")

    def _watch(self, focus: Focus, before: Focus | None) -> None:
        what = f"“{self.person.read.title}”: {focus.tag} {focus.name or focus.words}"
        # The last stop inside a date is its picker, and the browser itself marks that.
        picker = before is not None and focus.type in DATES and before.name == focus.name
        if not focus.outlined and not picker:
            self.lost.append(f"{what} has the focus and does not look so")
        if not focus.seen:
            self.lost.append(f"{what} has the focus out of sight")
        again = before is not None and before.where == focus.where == "main"
        if again and before is not None and focus.top < before.top - 1 and focus.left <= before.left:
            self.lost.append(f"{what} comes after what stands below it")

    async def _focus(self) -> Focus:
        return Focus(**await self.page.evaluate(FOCUSED))

    async def _enter(self) -> None:
        async with self.page.expect_navigation() as coming:
            await self.page.keyboard.press("Enter")
        await self.person.arrived(await coming.value)
