"""Deadlines that rest: pauses, days away and snoozes push what is due by as long as they last."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from models.base import Role, Span
from models.state import Mentorship

Rests = tuple[tuple[datetime, datetime], ...]
"""Stretches of time that do not count, sorted and without overlaps."""


def merged(spans: Iterable[tuple[datetime, datetime]]) -> Rests:
    """The same stretches, sorted, with overlaps joined and empty ones dropped."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def rests_of(m: Mentorship, role: Role, snoozed: Iterable[Span] = ()) -> Rests:
    """When time does not count for what `role` owes."""
    away = m.person(role).away
    if not (m.pauses or away or snoozed):
        return ()
    return merged(
        [(pause.start, pause.end) for pause in m.pauses]
        + [(span.start, span.end) for span in away]
        + [(span.start, span.end) for span in snoozed]
    )


def after(base: datetime, days: float, rests: Rests) -> datetime:
    """The instant that is `days` of counted time after `base`."""
    instant = base + timedelta(days=days) if days else base
    for start, end in rests:
        if end <= base:
            continue
        if start >= instant:
            break
        instant += end - max(start, base)
    return instant
