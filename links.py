"""Signed links: a link is a capability for one person, one mentorship and one ask (or, for the coordinator, no ask).

The signature is all that is checked here. Whether a link still opens anything (expired, superseded, revoked) is decided
by the workflow, which knows what happened since.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.serializer import Serializer
from pydantic import ConfigDict, Field, ValidationError

from models.base import Instant, Model, Role
from settings import settings

LONGEST_TOKEN = 1024
"""Longer ones were not minted here, and are refused before any work is done on them."""
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""How every token looks. Base64 decoders pass over what is not of their alphabet; here nothing may be put in."""


class Purpose(StrEnum):
    """What a link is for: its first path segment, and part of the salt, so that no link serves another purpose."""

    ASK = "a"
    JOURNEY = "j"
    UNSUBSCRIBE = "u"
    COORDINATOR = "c"


class BadLink(Exception):
    """The token was not minted here for this purpose, was cut or changed, or its key is no longer among the keys."""


class Link(Model):
    """What a token says. `jti` identifies the link: never compare tokens by their text, which is malleable."""

    mentorship: str
    role: Role
    ask: str
    jti: str
    issued_at: Instant


class _Payload(Model):
    """The token's content, under short names to keep links short."""

    model_config = ConfigDict(strict=True)

    m: Annotated[str, Field(min_length=1, max_length=200)]
    r: Annotated[Role, Field(strict=False)]
    a: Annotated[str, Field(max_length=200)]
    j: Annotated[str, Field(min_length=1, max_length=64)]
    t: Annotated[int, Field(ge=0, le=32503679999)]


class LinkSerializer(URLSafeSerializer):
    """Never compresses: a compressed token begins with a dot, and many web servers refuse such paths as hidden."""

    def dump_payload(self, obj: object) -> bytes:
        """The payload in URL-safe base64."""
        return base64_encode(Serializer.dump_payload(self, obj))


class Links:
    """Mints and reads links for one base address and one set of keys (the last key signs, every key verifies)."""

    def __init__(self, base_url: str, keys: Sequence[str]) -> None:
        self._base = base_url
        self._keys = tuple(keys)
        self._serializers = {purpose: self.serializer(f"link.{purpose.name.lower()}") for purpose in Purpose}

    def serializer(self, salt: str) -> LinkSerializer:
        """A serializer that signs with our keys under its own salt, by HMAC-SHA-256."""
        return LinkSerializer(
            list(self._keys),
            salt=f"trellis.{salt}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def mint(self, purpose: Purpose, mentorship: str, role: Role, ask: str, letter_id: str, at: datetime) -> str:
        """The address of a link. The same arguments give the same address, so a retried mail is the same mail."""
        identity = hashlib.sha256("\x1f".join((letter_id, role.value, ask)).encode()).hexdigest()
        payload = _Payload(m=mentorship, r=role, a=ask, j=identity[:22], t=int(at.timestamp()))
        return f"{self._base}/{purpose.value}/{self._serializers[purpose].dumps(payload.model_dump(mode='json'))}"

    def read(self, purpose: Purpose, token: str) -> Link:
        """What the token says. Raises BadLink, and nothing else, for whatever is not a token of this purpose."""
        if len(token) > LONGEST_TOKEN or not SHAPE.fullmatch(token):
            raise BadLink("too long, or not of the shape of a token")
        try:
            payload = _Payload.model_validate(self._serializers[purpose].loads(token))
        except (BadData, ValidationError, ValueError) as error:
            raise BadLink("not a link of ours, or not for this purpose") from error
        return Link(
            mentorship=payload.m,
            role=payload.r,
            ask=payload.a,
            jti=payload.j,
            issued_at=datetime.fromtimestamp(payload.t, UTC),
        )


@lru_cache(maxsize=1)
def configured() -> Links:
    """The links of this process, by its settings."""
    return Links(settings().base_url, [key.get_secret_value() for key in settings().link_keys])


def mint(purpose: Purpose, mentorship: str, role: Role, ask: str, letter_id: str, at: datetime) -> str:
    """`Links.mint` with the keys and the base address of the settings."""
    return configured().mint(purpose, mentorship, role, ask, letter_id, at)


def read(purpose: Purpose, token: str) -> Link:
    """`Links.read` with the keys of the settings. Raises BadLink."""
    return configured().read(purpose, token)


def serializer(salt: str) -> LinkSerializer:
    """`Links.serializer` with the keys of the settings: for whatever else must be signed, such as a form's nonce."""
    return configured().serializer(salt)


def form_url(journey_url: str, act: str, **query: int) -> str:
    """The form of an act that is possible at any time, below a journey link."""
    return f"{journey_url}/{act}" + (f"?{urlencode(query)}" if query else "")
