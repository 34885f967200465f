"""The keys that encrypt what Temporal stores: AES-256 keys, each with an id that may be told to anybody."""

import base64
import binascii
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

BYTES = 32
MAKE_ONE = "make one with `python starter.py payload-key`"
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


@dataclass(frozen=True, slots=True)
class PayloadKey:
    """A key, and the id that stands beside everything it has encrypted."""

    id: str
    secret: bytes = field(repr=False)


def read_payload_keys(entries: Sequence[str]) -> tuple[PayloadKey, ...]:
    """The keys of TRELLIS_PAYLOAD_KEYS. Raises ValueError that names an entry by its place and never repeats it."""
    keys: list[PayloadKey] = []
    for place, entry in enumerate(entries, start=1):
        id, _, text = entry.partition(":")
        try:
            secret = base64.b64decode(text, validate=True)
        except binascii.Error:
            secret = b""
        if not _ID.fullmatch(id) or len(secret) != BYTES:
            raise ValueError(f"entry {place} must be id:key, the key as base64 of {BYTES} random bytes; {MAKE_ONE}")
        if any(key.id == id for key in keys):
            raise ValueError(f"entry {place} has the id of an earlier one: each key needs an id of its own")
        keys.append(PayloadKey(id, secret))
    return tuple(keys)


def new_payload_key(id: str) -> str:
    """A new key, as an entry of TRELLIS_PAYLOAD_KEYS. ValueError for an unfit id."""
    if not _ID.fullmatch(id):
        raise ValueError(f"found {id!r}; must be 1 to 40 lower-case letters, digits, dots or hyphens")
    return f"{id}:{base64.b64encode(secrets.token_bytes(BYTES)).decode()}"
