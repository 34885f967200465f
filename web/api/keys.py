"""API keys: long random secrets of which only the SHA-256 is kept, each with a name and a scope.

A fast hash is right here, and would be wrong for passwords: a key holds 256 random bits, so nobody can try them out.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

PREFIX = "trellis_"
"""Keys begin like this, so that scanners for leaked secrets find them."""
_LINE = re.compile(r"(?P<name>[a-z0-9-]{1,40}):(?P<scope>read|write|admin):(?P<digest>[0-9a-f]{64})")


class Scope(IntEnum):
    """What a key may do; each includes those before it."""

    READ = 1
    WRITE = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the settings know it."""

    name: str
    scope: Scope
    digest: str


def read_keys(lines: Sequence[str], command: str = "api-key") -> tuple[ApiKey, ...]:
    """The keys of TRELLIS_API_KEYS, or of a setting whose entries another `command` prints.

    Raises ValueError that names the entry by its place and never repeats it.
    """
    keys = []
    for place, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(
                f"entry {place} must be name:scope:sha256, as `python starter.py {command} NAME` prints it "
                "(scope: read, write or admin)"
            )
        keys.append(ApiKey(found["name"], Scope[found["scope"].upper()], found["digest"]))
    return tuple(keys)


def mint(name: str, scope: Scope) -> tuple[str, str]:
    """A new key, and its entry for the settings. The key itself is kept nowhere. ValueError for an unfit name."""
    key = PREFIX + secrets.token_urlsafe(32)
    entry = f"{name}:{scope.name.lower()}:{_digest(key)}"
    if not _LINE.fullmatch(entry):
        raise ValueError(f"found {name!r}; must be 1 to 40 lower-case letters, digits or -")
    return key, entry


def recognised(keys: Sequence[ApiKey], presented: str) -> ApiKey | None:
    """The key that was presented, found in the same time whichever it is."""
    digest = _digest(presented)
    found = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
