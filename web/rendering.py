"""Templates into responses: strict about names, escaping everything, each page with its own content policy."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.mail import ProgramCard
from models.people import Language
from settings import ROOT, Settings
from templates.catalogs import SOURCE
from templates.palette import Palette, dark, light
from web import reading, words
from web.fields import spoken

POLICY = (
    "default-src 'none'; style-src 'self'{style}; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'{frames}"
)
PLAIN_COLOUR = "#2f6f4f"


def policy(style: str = "", frames: bool = False) -> str:
    """The Content-Security-Policy of a page. `style` is the one inline style sheet that it may carry."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return POLICY.format(
        style=f" 'sha256-{digest}'" if style else "",
        frames="; frame-src 'self'" if frames else "",
    )


def brand_style(colour: str) -> str:
    """The colours of a program's pages as the style sheet's variables, by day and by night. On paper it is day."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        colour = PLAIN_COLOUR
    day, night = _variables(light(colour)), _variables(dark(colour))
    return f":root{{{day}}}@media screen and (prefers-color-scheme:dark){{:root{{{night}}}}}"


def _variables(palette: Palette) -> str:
    colours = {
        "paper": palette.page,
        "card": palette.card,
        "note": palette.note,
        "edge": palette.rule,
        "field": palette.field,
        "ink": palette.text,
        "soft": palette.quiet,
        "brand": palette.brand,
        "on-brand": palette.ink,
        "link": palette.link,
        "shape": palette.shape,
        "bad": palette.bad,
        "bad-paper": palette.bad_ground,
    }
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


@lru_cache(maxsize=1)
def all_zones() -> tuple[str, ...]:
    """The time zones that a form suggests: those named by a place. The others may be typed."""
    regions = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return (*sorted(name for name in available_timezones() if name.startswith(regions)), "UTC")


class Rendering:
    """Renders the templates below templates/pages."""

    def __init__(self, settings: Settings) -> None:
        self.prefix = urlsplit(settings.base_url).path.rstrip("/")
        self._environment = Environment(
            loader=FileSystemLoader(ROOT / "templates" / "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        reading.install(self._environment)
        self._environment.filters["spoken"] = spoken
        self._environment.globals.update(words=words, at=self.at, all_zones=all_zones)

    def at(self, path: str) -> str:
        """A path of ours as a link: below the path of the configured base address."""
        return self.prefix + path

    def page(
        self,
        template: str,
        context: Mapping[str, object],
        *,
        status: int = 200,
        program: ProgramCard | None = None,
        language: Language = SOURCE,
        frames: bool = False,
    ) -> HTMLResponse:
        """The page in the reader's language, and in the program's name and colour where there is one."""
        style = brand_style(program.branding.colour if program else PLAIN_COLOUR)
        brand = program.branding.name if program else "Trellis"
        html = self._environment.get_template(template).render(
            {
                "brand": brand,
                "brand_style": style,
                "logo": program.branding.logo if program else "",
                "language": language,
                "direction": reading.direction(language),
                **context,
            }
        )
        return HTMLResponse(html, status, headers={"Content-Security-Policy": policy(style, frames)})
