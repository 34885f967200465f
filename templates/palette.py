"""The colours of mails and pages, by day and by night: all follows from the one colour of the program's brand."""

from dataclasses import dataclass
from functools import lru_cache

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: text stands out from its ground at least this much."""
SHAPE_CONTRAST = 3.0
"""WCAG 2.2, 1.4.11: a button stands out from what is around it at least this much."""
BLACK, WHITE = "#000000", "#ffffff"


@dataclass(frozen=True)
class Palette:
    """One mode. `ink` is written on `brand`. All other text is written on the `grounds`.

    `shape` is the brand as a line or a ring, `field` the border of what can be filled in: seen on all of them.
    """

    page: str
    card: str
    note: str
    rule: str
    field: str
    track: str
    text: str
    quiet: str
    quote: str
    brand: str
    ink: str
    link: str
    shape: str
    bad: str
    bad_ground: str

    @property
    def grounds(self) -> tuple[str, ...]:
        """What text is written on."""
        return (self.page, self.card, self.note, self.bad_ground)


@lru_cache(maxsize=64)
def light(brand: str) -> Palette:
    """The colours by day. The brand's own colour is kept as it is."""
    page, card, note, bad_ground = grounds = ("#f5f3ee", WHITE, "#fbf2d8", "#fdeeec")
    return Palette(
        page=page,
        card=card,
        note=note,
        rule="#dedad1",
        field="#7d7a72",
        track="#e4e1d9",
        text="#24272a",
        quiet="#565b5d",
        quote="#3a4245",
        brand=brand,
        ink=ink_on(brand),
        link=readable(brand, *grounds),
        shape=readable(brand, *grounds, ratio=SHAPE_CONTRAST),
        bad="#a3231f",
        bad_ground=bad_ground,
    )


@lru_cache(maxsize=64)
def dark(brand: str) -> Palette:
    """The colours by night. A dark brand is lightened until the button can be seen."""
    page, card, note, bad_ground = grounds = ("#151716", "#202422", "#3a3420", "#3a1f1d")
    button = readable(brand, *grounds, ratio=SHAPE_CONTRAST)
    return Palette(
        page=page,
        card=card,
        note=note,
        rule="#3b413e",
        field="#8b938f",
        track="#39423f",
        text="#e8ebe9",
        quiet="#b0b8b4",
        quote="#cfd6d4",
        brand=button,
        ink=ink_on(button),
        link=readable(brand, *grounds),
        shape=button,
        bad="#ff9d94",
        bad_ground=bad_ground,
    )


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour."""
    return WHITE if contrast(WHITE, colour) >= contrast(BLACK, colour) else BLACK


def readable(colour: str, *grounds: str, ratio: float = TEXT_CONTRAST) -> str:
    """The colour, darkened or lightened just so far that it can be read on all of these grounds of one mode."""
    towards = ink_on(grounds[0])
    for share in range(0, 101, 4):
        mixed = _mix(colour, towards, share / 100)
        if all(contrast(mixed, ground) >= ratio for ground in grounds):
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
