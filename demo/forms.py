"""The forms of a page, as a person sees them: what can be filled in, and what is there already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

Values = dict[str, str | list[str]]
_PASSED_BY = {"submit", "button", "reset", "image", "file"}


@dataclass(slots=True)
class Field:
    """One field. `options` are the values of a choice; `value` is what the page put in, `None` for no choice yet."""

    name: str
    type: str
    value: str | list[str] | None = None
    options: list[str] = field(default_factory=list)
    required: bool = False

    @property
    def leaf(self) -> str:
        """The last part of the dotted name: `goals.0.title` is a `title`."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def hidden(self) -> bool:
        """Whether nobody sees it."""
        return self.type == "hidden"

    @property
    def empty(self) -> bool:
        """Whether the page left it to the person."""
        return self.value in (None, "", [])


@dataclass(frozen=True, slots=True)
class Button:
    """A button that sends the form, and what it adds to it."""

    text: str
    name: str = ""
    value: str = ""


@dataclass(slots=True)
class Form:
    """A form and where it goes when one of its buttons is pressed."""

    url: str
    fields: dict[str, Field]
    buttons: tuple[Button, ...] = ()

    @property
    def way_on(self) -> Button | None:
        """The button that leads on: to the next question, or after the last one the one that sends it all."""
        turning = [button for button in self.buttons if button.value == "next"]
        return turning[0] if turning else self.buttons[-1] if self.buttons else None

    def button(self, value: str) -> Button | None:
        """The button that says this."""
        return next((button for button in self.buttons if button.value == value), None)

    @property
    def prefilled(self) -> Values:
        """What a browser would send if the person only pressed the button."""
        return {name: field.value for name, field in self.fields.items() if field.value is not None}


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page that was opened."""

    url: str
    status: int
    html: BeautifulSoup

    @property
    def title(self) -> str:
        heading = self.html.find("h1")
        return " ".join(heading.get_text(" ").split()) if heading else ""

    @property
    def recorded(self) -> str:
        """What a receipt says was recorded, or the title of a page that is none."""
        told = self.html.select_one(".done strong")
        return " ".join(told.get_text(" ").split()) if told else self.title

    @property
    def receipt(self) -> str:
        """The id of the receipt that the page shows, or nothing."""
        _, found, identity = urlsplit(self.url).path.rpartition("/receipt/")
        return identity if found else ""

    @property
    def problems(self) -> str:
        """What the page says went wrong, for a report."""
        marked = self.html.select("[role=alert], .error, .problem")
        return "; ".join(" ".join(tag.get_text(" ").split()) for tag in marked)[:600]

    @property
    def links(self) -> tuple[str, ...]:
        """Where the page's links lead, absolute."""
        return tuple(urljoin(self.url, str(tag["href"])) for tag in self.html.find_all("a", href=True))

    @property
    def form(self) -> Form | None:
        """The form that answers what the page asks: the one that is sent to the page's own address."""
        for tag in self.html.find_all("form"):
            action = urljoin(self.url, str(tag.get("action") or self.url))
            if str(tag.get("method", "get")).lower() == "post" and urlsplit(action).path == urlsplit(self.url).path:
                return Form(url=action, fields=_fields(tag), buttons=_buttons(tag))
        return None


def open_page(url: str, status: int, html: str) -> WebPage:
    """The page behind an answer of the web app."""
    return WebPage(url=url, status=status, html=BeautifulSoup(html, "lxml"))


def _fields(form: Tag) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for tag in form.find_all(["input", "textarea", "select"]):
        name = str(tag.get("name") or "")
        kind = tag.name if tag.name != "input" else str(tag.get("type", "text")).lower()
        if not name or kind in _PASSED_BY or tag.has_attr("disabled"):
            continue
        found = fields.setdefault(name, Field(name=name, type=kind))
        found.required = found.required or tag.has_attr("required")
        if kind in {"radio", "checkbox"}:
            _choice(found, tag, kind)
        elif kind == "select":
            found.options = [_option(option) for option in tag.find_all("option")]
            chosen = [_option(option) for option in tag.find_all("option") if option.has_attr("selected")]
            found.value = chosen[0] if chosen else (found.options[0] if found.options else None)
        elif kind == "textarea":
            found.value = tag.get_text().removeprefix("\n")
        else:
            found.value = str(tag.get("value") or "")
    return fields


def _buttons(form: Tag) -> tuple[Button, ...]:
    return tuple(
        Button(" ".join(tag.get_text(" ").split()), str(tag.get("name", "")), str(tag.get("value", "")))
        for tag in form.find_all("button")
    )


def _choice(found: Field, tag: Tag, kind: str) -> None:
    value = str(tag.get("value", "on"))
    found.options.append(value)
    if not tag.has_attr("checked"):
        return
    if kind == "radio":
        found.value = value
    else:
        found.value = [*(found.value if isinstance(found.value, list) else []), value]


def _option(option: Tag) -> str:
    return str(option.get("value", option.get_text().strip()))


def encode(values: Mapping[str, str | list[str]]) -> dict[str, str | list[str]]:
    """The values as httpx sends them: a list repeats its name."""
    return {name: value for name, value in values.items() if value != []}
