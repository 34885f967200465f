"""Pages can be read by day, by night and on paper, in either direction, whatever the program's colour."""

import re

import pytest

from settings import ROOT
from templates.palette import SHAPE_CONTRAST, TEXT_CONTRAST, Palette, contrast, dark, light
from tests.test_mail_looks import BRANDS
from web.rendering import brand_style

SHEET = (ROOT / "web" / "static" / "style.css").read_text()
RULES = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)
BASE = RULES.split("@media print")[0]
MODES = pytest.mark.parametrize("mode", [light, dark], ids=["day", "night"])


@MODES
@pytest.mark.parametrize("brand", BRANDS)
def test_text_can_be_read_on_every_ground(brand: str, mode: type[Palette]) -> None:
    colours = mode(brand)  # type: ignore[call-arg]
    for ground in colours.grounds:
        for ink in (colours.text, colours.quiet, colours.link, colours.bad):
            assert contrast(ink, ground) >= TEXT_CONTRAST, (ink, ground)
    assert contrast(colours.ink, colours.brand) >= TEXT_CONTRAST


@MODES
@pytest.mark.parametrize("brand", BRANDS)
def test_fields_buttons_and_the_focus_ring_can_be_seen(brand: str, mode: type[Palette]) -> None:
    colours = mode(brand)  # type: ignore[call-arg]
    for ground in colours.grounds:
        for line in (colours.field, colours.shape, colours.link):
            assert contrast(line, ground) >= SHAPE_CONTRAST, (line, ground)


def test_a_page_wears_just_the_colours_that_were_measured() -> None:
    style = brand_style("#ffd000")
    known = {*vars(light("#ffd000")).values(), *vars(dark("#ffd000")).values()}
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", style)) <= known
    assert "prefers-color-scheme:dark" in style


def test_the_style_sheet_uses_no_colour_that_no_page_defines() -> None:
    defined = set(re.findall(r"--[a-z-]+(?=:)", brand_style("#2f6f4f"))) | set(re.findall(r"(--[a-z-]+)\s*:", SHEET))
    assert set(re.findall(r"var\((--[a-z-]+)\)", SHEET)) <= defined


def test_the_base_of_the_style_sheet_reads_in_either_direction() -> None:
    """What others add stands below the rules for paper."""
    assert not re.findall(r"\b(?:left|right)\b", BASE)


def test_the_style_sheet_heeds_motion_forced_colours_night_and_paper() -> None:
    for query in ("prefers-reduced-motion", "forced-colors", "@media print"):
        assert query in SHEET
    outside = RULES.split("@media (prefers-reduced-motion: no-preference)")[0]
    assert "transition" not in outside
    assert "animation" not in outside
    assert ":focus-visible" in SHEET
    assert "url(" not in SHEET
    assert "@import" not in SHEET
