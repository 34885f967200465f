"""A program's logo: a small picture that travels with the program, as the text of a `data:` URI.

It is part of a mentorship's state and of every delivery, so it is written into histories again and again. That is why
it has to be small: nothing else that a program says costs as much.
"""

import base64
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

MOST_BYTES = 8_000
MOST_PIXELS = 1_000
KINDS = "a PNG, JPEG or GIF picture (mail programs don't show SVG or WebP)"
_DATA_URI = re.compile(r"data:image/[a-z0-9.+-]+;base64,(?P<content>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's own bytes say of it, never its name. Width and height are in pixels."""

    content: bytes
    kind: str
    """The subtype of its media type: png, jpeg or gif."""
    width: int
    height: int

    @property
    def uri(self) -> str:
        """The picture as a `data:` URI."""
        return f"data:image/{self.kind};base64,{base64.b64encode(self.content).decode()}"


def picture(content: bytes) -> Picture:
    """A picture that can be a logo. Raises ValueError, saying what is allowed."""
    kind, (width, height), ending = _look(content)
    if len(content) > MOST_BYTES:
        raise ValueError(
            f"must have {MOST_BYTES:,} bytes at the most, for every mail carries it: save it 80 pixels high, as a PNG "
            "with few colours"
        )
    if not content.endswith(ending):
        raise ValueError(f"is cut off, or something follows the picture: it does not end as a {kind.upper()} does")
    if not (1 <= width <= MOST_PIXELS and 1 <= height <= MOST_PIXELS):
        raise ValueError(f"must be 1 to {MOST_PIXELS:,} pixels wide and high, and is {width} × {height}")
    return Picture(content, kind, width, height)


def opened(uri: str) -> Picture:
    """The picture of a `data:` URI. Raises ValueError, saying what is allowed."""
    found = _DATA_URI.fullmatch(uri)
    if found is None:
        raise ValueError(
            f"must be a data: URI with {KINDS} in base64; in a program's file, the path of such a picture beside it"
        )
    try:
        content = base64.b64decode(found["content"], validate=True)
    except ValueError:
        raise ValueError("holds something that is not base64") from None
    return picture(content)


def _as_written(uri: str) -> str:
    return opened(uri).uri if uri else ""


Logo = Annotated[str, AfterValidator(_as_written)]
"""A picture as a `data:` URI whose type is that of its bytes, or empty for none."""


def _look(content: bytes) -> tuple[str, tuple[int, int], bytes]:
    """The kind of a picture, its width and height, and how such a picture ends."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return "png", (_number(content[16:20]), _number(content[20:24])), b"\0\0\0\0IEND\xaeB`\x82"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif", (_number(content[6:8], "little"), _number(content[8:10], "little")), b";"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg", _size_of_jpeg(content), b"\xff\xd9"
    raise ValueError(f"must be {KINDS}; this is something else, whatever its name says")


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    """From the start of the frame (ITU-T T.81, B.2.2). Everything before it is a segment that tells its length."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _number(content[at + 7 : at + 9]), _number(content[at + 5 : at + 7])
        at += 1 if marker == 0xFF else 2 + _number(content[at + 2 : at + 4])
    return 0, 0


def _number(raw: bytes, order: Literal["big", "little"] = "big") -> int:
    return int.from_bytes(raw, order)
