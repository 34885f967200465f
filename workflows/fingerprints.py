"""What a mentorship was started with, kept as digests beside it: tells whether a second start says the same.

They travel as the workflow's memo, which stays through every continue-as-new. The state can't tell: people change their
preferences, and ops their names and addresses.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from models.people import Start

MEMO = "start"
"""The memo's key."""
STARTED_AT = "started_at"
"""The memo's key for the instant of the start."""


def memo(start: Start, now: datetime) -> dict[str, object]:
    """What is kept beside a mentorship that starts now."""
    return {MEMO: fingerprint(start), STARTED_AT: now}


def fingerprint(start: Start) -> dict[str, str]:
    """A short digest by dotted field, for example `mentor.email`. The id salts it, so that pairs can't be compared."""
    return {
        field: hashlib.sha256(f"{start.id}\x1f{field}\x1f{json.dumps(value)}".encode()).hexdigest()[:16]
        for field, value in _leaves("", start.model_dump(mode="json"))
    }


def differing(kept: Mapping[str, str], start: Start) -> tuple[str, ...]:
    """The fields in which this start says something else than the one that was kept."""
    given = fingerprint(start)
    return tuple(sorted(field for field in kept.keys() | given.keys() if kept.get(field) != given.get(field)))


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, below)
    else:
        yield path, value
