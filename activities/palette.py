"""The colours of a mail, in light and in dark: everything follows from the one colour of the program's brand."""

from dataclasses import dataclass
from functools import lru_cache

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: text stands out from its ground at least this much."""
SHAPE_CONTRAST = 3.0
"""WCAG 2.2, 1.4.11: a button stands out from what is around it at least this much."""
BLACK, WHITE = "#000000", "#ffffff"


@dataclass(frozen=True)
class Palette:
    """One mode. `ink` is written on `brand`; `text`, `quiet`, `quote` and `link` are written on `card`."""

    page: str
    card: str
    rule: str
    track: str
    text: str
    quiet: str
    quote: str
    brand: str
    ink: str
    link: str


@lru_cache(maxsize=64)
def light(brand: str) -> Palette:
    """The colours by day. The brand's own colour is kept as it is."""
    return Palette(
        page="#f2f3f1",
        card=WHITE,
        rule="#dfe3e0",
        track="#e3e7e4",
        text="#22282a",
        quiet="#565e60",
        quote="#3a4245",
        brand=brand,
        ink=ink_on(brand),
        link=readable(brand, WHITE),
    )


@lru_cache(maxsize=64)
def dark(brand: str) -> Palette:
    """The colours by night. A dark brand is lightened until the button can be seen."""
    card = "#1f2528"
    button = readable(brand, card, SHAPE_CONTRAST)
    return Palette(
        page="#14181a",
        card=card,
        rule="#3a4245",
        track="#39423f",
        text="#e8ecea",
        quiet="#aab4b2",
        quote="#cfd6d4",
        brand=button,
        ink=ink_on(button),
        link=readable(brand, card),
    )


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour."""
    return WHITE if contrast(WHITE, colour) >= contrast(BLACK, colour) else BLACK


def readable(colour: str, ground: str, ratio: float = TEXT_CONTRAST) -> str:
    """The colour, darkened or lightened just so far that it can be read on the ground."""
    towards = ink_on(ground)
    for share in range(0, 101, 4):
        mixed = _mix(colour, towards, share / 100)
        if contrast(mixed, ground) >= ratio:
            return mixed
    return towards


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _mix(one: str, other: str, share: float) -> str:
    channels = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
