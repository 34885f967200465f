"""The logo of a program as mails carry it: a part of the message itself, so that reading a mail fetches nothing."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from models.logo import opened

HIGHEST, WIDEST = 40, 240
"""In CSS pixels. The widest fits a phone of 320 pixels with what is around it."""


@dataclass(frozen=True, slots=True)
class InlineLogo:
    """A picture, what names it within a message, and how high it is shown; its width follows."""

    content: bytes
    kind: str
    content_id: str
    height: int


@lru_cache(maxsize=64)
def inline_logo(uri: str) -> InlineLogo | None:
    """The logo of a program, if it has one. A small one is not enlarged."""
    if not uri:
        return None
    picture = opened(uri)
    digest = hashlib.sha256(picture.content).hexdigest()[:32]
    return InlineLogo(
        content=picture.content,
        kind=picture.kind,
        content_id=f"{digest}@logo.trellis",  # the same picture is the same part, in every mail and on every retry
        height=max(min(HIGHEST, picture.height, WIDEST * picture.height // picture.width), 1),
    )
