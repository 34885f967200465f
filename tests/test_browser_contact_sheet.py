"""The contact sheet leaves no page out, and its table tells the truth."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Match

from demo.forms import WebPage, open_page
from settings import ROOT
from tests.browser_engines import Scenes
from tests.browser_pages import NO_PAGE, PAGES, WITHOUT_PICTURE, Shown, Then
from tests.contact_sheet import a_mail, app_of, id_of, take
from tests.screenshots import NEEDS_CHROMIUM
from tests.web_parts import filled
from web.rendering import Rendering
from web.steps import STEPS

BASE = "http://127.0.0.1:8000"
TEMPLATES = ROOT / "templates" / "pages"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that were shown, in order."""
    found: list[str] = []
    real = Rendering.page

    def page(self: Rendering, template: str, *args: Any, **kwargs: Any) -> Any:
        found.append(template)
        return real(self, template, *args, **kwargs)

    monkeypatch.setattr(Rendering, "page", page)
    return found


def pages_of_templates() -> set[str]:
    """The templates that are pages: each says `main` or fills in another that does; the others are parts of them."""
    return {
        str(file.relative_to(TEMPLATES))
        for file in TEMPLATES.rglob("*.html")
        if "{% extends" in file.read_text() and not has_children(file)
    }


def has_children(file: Path) -> bool:
    name = file.relative_to(TEMPLATES)
    return any(f'{{% extends "{name}" %}}' in other.read_text() for other in TEMPLATES.rglob("*.html"))


async def test_no_template_and_no_route_is_without_a_picture(tmp_path: Path, rendered: list[str]) -> None:
    scenes = Scenes(BASE)
    app = app_of(scenes, tmp_path)
    a_mail(tmp_path)
    paths: set[str] = set()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        for shown in PAGES:
            id = id_of(shown, "en")
            url = scenes.make(id, shown.program, "en", shown.make)
            answer = await http.get(url, follow_redirects=True)
            assert (answer.status_code, rendered[-1]) == (shown.status, shown.template), shown.name
            paths.add(httpx.URL(url).path)
            if shown.then is Then.PRESS:
                shown.meanwhile(scenes.engines[id])
                page = open_page(url, answer.status_code, answer.text)
                for _ in range(shown.presses - 1):
                    await http.post(url, data=sent(page, {}))
                pressed = await http.post(url, data=sent(page, shown.says(scenes.engines[id].now)))
                assert (rendered[-1], pressed.status_code) == shown.after, shown.name
    assert pages_of_templates() - set(rendered) == WITHOUT_PICTURE.keys(), "a template without a line in PAGES"
    unseen = {path for path, route in routes(app.routes) if not any(leads(route, seen) for seen in paths)}
    assert unseen == NO_PAGE.keys(), "a route without a line in PAGES"


def sent(page: WebPage, says: Mapping[str, str]) -> dict[str, str | list[str]]:
    """What a browser sends once the button that leads on is pressed."""
    assert page.form is not None, page.title
    way_on = page.form.way_on
    return filled(page.html, dict(says)) | ({way_on.name: way_on.value} if way_on and way_on.name else {})


def leads(route: BaseRoute, path: str) -> bool:
    return route.matches({"type": "http", "method": "GET", "path": path, "root_path": ""})[0] is Match.FULL


def routes(found: list[BaseRoute]) -> Iterator[tuple[str, BaseRoute]]:
    """The routes that answer a look, those of routers included."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)
        elif "GET" in (getattr(route, "methods", None) or ()):
            yield str(getattr(route, "path", "")), route


def test_every_long_form_is_walked_through_to_its_last_look() -> None:
    walked = {shown.act for shown in PAGES if shown.then is Then.ANSWER}
    assert STEPS.keys() - walked == set()


def test_every_page_has_a_name_of_its_own() -> None:
    assert len({shown.name for shown in PAGES}) == len(PAGES)
    assert len({id_of(shown, "en") for shown in PAGES}) == len(PAGES)


@NEEDS_CHROMIUM
async def test_the_sheet_shows_each_step_by_day_and_by_night_on_a_phone_and_at_a_desk(tmp_path: Path) -> None:
    few: list[Shown] = [shown for shown in PAGES if shown.name in ("Ask: fit_check, mentee", "Away: a press is kept")]
    pictures, troubles = await take(tmp_path, few)
    assert troubles == []
    index = (tmp_path / "index.html").read_text()
    assert len(pictures) == len(set(pictures))
    for picture in pictures:
        assert f'src="{picture}"' in index
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    kinds = {tuple(picture.split("/")[1].split("-")[-3:]) for picture in pictures}
    assert kinds == {
        ("en", "360", "light.png"),
        ("en", "360", "dark.png"),
        ("en", "1280", "light.png"),
        ("en", "1280", "dark.png"),
        ("es", "360", "light.png"),
    }
    assert len(pictures) >= 4 * 5, "both pages and what came after the press"
