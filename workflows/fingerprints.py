"""What a mentorship was started with, kept as digests beside it: tells whether a second start says the same.

They travel as the workflow's memo, which stays through every continue-as-new. The state can't tell: people change their
preferences, and ops their names and addresses.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from models.base import PAIR, Role
from models.people import Start
from models.state import Mentorship

MEMO = "start"
"""The memo's key."""
STARTED_AT = "started_at"
"""The memo's key for the instant of the start."""
ADDRESSES = "addresses"
"""The memo's key for the addresses that people got later, so that whoever had one can be found and forgotten."""


def memo(start: Start, now: datetime) -> dict[str, object]:
    """What is kept beside a mentorship that starts now."""
    return {MEMO: fingerprint(start), STARTED_AT: now}


def fingerprint(start: Start) -> dict[str, str]:
    """A short digest by dotted field, for example `mentor.email`. The id salts it, so that pairs can't be compared."""
    return {field: _digest(start.id, field, value) for field, value in _leaves("", start.model_dump(mode="json"))}


def differing(kept: Mapping[str, str], start: Start) -> tuple[str, ...]:
    """The fields in which this start says something else than the one that was kept."""
    given = fingerprint(start)
    return tuple(sorted(field for field in kept.keys() | given.keys() if kept.get(field) != given.get(field)))


def moved(memo: Mapping[str, Any], m: Mentorship) -> dict[str, list[str]] | None:
    """The later addresses as the memo should have them; None where it knows all, or the start was never kept."""
    start: Mapping[str, str] = memo.get(MEMO, {})
    later: Mapping[str, list[str]] = memo.get(ADDRESSES, {})
    new = dict(later)
    for role in PAIR:
        field = f"{role}.email"
        digest = _digest(m.id, field, m.person(role).email)
        if start and digest != start.get(field) and digest not in later.get(field, ()):
            new[field] = [*later.get(field, ()), digest]
    return new if new != dict(later) else None


def is_address(id: str, role: Role, address: str, start: Mapping[str, str], later: Mapping[str, Sequence[str]]) -> bool:
    """Whether this is, or was, the person's address, by what the memo says. Upper and lower case are the same."""
    field = f"{role}.email"
    known = (start.get(field), *later.get(field, ()))
    return any(_digest(id, field, written) in known for written in (address, address.lower()))


def _digest(id: str, field: str, value: object) -> str:
    return hashlib.sha256(f"{id}\x1f{field}\x1f{json.dumps(value)}".encode()).hexdigest()[:16]


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, below)
    else:
        yield path, value
