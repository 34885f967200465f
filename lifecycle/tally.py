"""What became of asks between two looks at a mentorship: which opened, which closed and how. For measuring only."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from lifecycle.asks import Ask
from lifecycle.stages import all_asks
from models.program import AskKind
from models.state import Mentorship


class Closed(NamedTuple):
    """An ask that is not open any more, how long it was, and how often its person was nudged.

    `dropped` are those that nobody waits for any more: the mentorship ended, or went another way.
    """

    kind: AskKind
    how: Literal["answered", "ran_out", "dropped"]
    open_for: timedelta
    nudges: int


class Tally(NamedTuple):
    """Asks that opened, by kind, and those that closed."""

    opened: tuple[AskKind, ...]
    closed: tuple[Closed, ...]


def tally(before: Mentorship | None, then: datetime, after: Mentorship, now: datetime) -> Tally:
    """Compares `before`, as it stood at `then`, with `after`. Before its beginning a mentorship has no asks."""
    open_before = {} if before is None else _owed(before, then)
    open_now = _owed(after, now)
    return Tally(
        opened=tuple(ask.kind for id, ask in open_now.items() if id not in open_before),
        closed=tuple(_closed(ask, after, now) for id, ask in open_before.items() if id not in open_now),
    )


def _owed(m: Mentorship, now: datetime) -> dict[str, Ask]:
    return {ask.id: ask for ask in all_asks(m) if ask.opened_at <= now}


def _closed(ask: Ask, after: Mentorship, now: datetime) -> Closed:
    answered = after.answers.get(ask.id)
    nudges = sum(key in after.told for key in ask.keys[1:])
    if answered is not None:
        return Closed(ask.kind, "answered", answered.at - ask.opened_at, nudges)
    ran_out = after.ran_out.get(ask.id)
    if ran_out is not None:
        return Closed(ask.kind, "ran_out", ran_out - ask.opened_at, nudges)
    return Closed(ask.kind, "dropped", now - ask.opened_at, nudges)
