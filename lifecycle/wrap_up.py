"""Stage wrap_up: perhaps an extension, then looking back and saying thanks."""

from datetime import datetime

from lifecycle import calendar
from lifecycle.asks import Ask, ask_id, both_closed, opened
from lifecycle.notices import notify_both
from models.answers import Decision, Extend, Reflect
from models.base import PAIR
from models.mail import MailKind
from models.program import AskKind
from models.state import Mentorship, Stage


def asks(m: Mentorship) -> tuple[Ask, ...]:
    """First whether to go on, where the program offers it and nobody asked to finish; then the reflection."""
    if m.stage is not Stage.WRAP_UP:
        return ()
    if _may_extend(m) and not _extension_decided(m):
        return _extension(m)
    if not m.program.has(AskKind.REFLECT):
        return ()
    decided = [m.answers[one].at for one in _extension_ids(m) if one in m.answers]
    decided += [m.ran_out[one] for one in _extension_ids(m) if one in m.ran_out]
    at = max([m.visits[-1].at, *decided])
    found: list[Ask] = []
    for role in PAIR:
        found += opened(m, AskKind.REFLECT, role, at=at, direct=True)
    return tuple(found)


def _extension_ids(m: Mentorship) -> tuple[str, ...]:
    return tuple(ask_id(AskKind.EXTEND, role, m.extended + 1) for role in PAIR)


def _extension(m: Mentorship) -> tuple[Ask, ...]:
    found: list[Ask] = []
    for role in PAIR:
        found += opened(m, AskKind.EXTEND, role, m.extended + 1, at=m.visits[-1].at, direct=True)
    return tuple(found)


def _may_extend(m: Mentorship) -> bool:
    return m.program.wrap_up.extension_sessions > 0 and not m.extended and not m.finish_asked


def _said(m: Mentorship) -> list[Decision]:
    acts = [m.answers[one].act for one in _extension_ids(m) if one in m.answers]
    return [act.decision for act in acts if isinstance(act, Extend)]


def _extension_decided(m: Mentorship) -> bool:
    return Decision.NO in _said(m) or both_closed(m, AskKind.EXTEND, m.extended + 1)


def wants_extension(m: Mentorship) -> bool:
    """Whether both said yes to going on."""
    return m.stage is Stage.WRAP_UP and _may_extend(m) and _said(m) == [Decision.YES] * len(PAIR)


def extend(m: Mentorship, at: datetime) -> Mentorship:
    """Adds the program's extra sessions."""
    count = m.program.wrap_up.extension_sessions
    m = m.evolve(extended=m.extended + 1, extra_sessions=m.extra_sessions + count)
    if m.terms is None:
        m = m.evolve(terms=calendar.default_terms(m, at))
    return notify_both(calendar.add_sessions(m, count, at), MailKind.EXTENDED, at)


def is_finished(m: Mentorship) -> bool:
    """Whether nothing is left to ask."""
    return m.stage is Stage.WRAP_UP and not wants_extension(m) and not asks(m)


def reflect(m: Mentorship, act: Reflect, ask: str, at: datetime) -> Mentorship:
    """Kept until the end, when the thanks are delivered."""
    return m.evolve(reflections={**m.reflections, act.by: act})


def answer_extension(m: Mentorship, act: Extend, ask: str, at: datetime) -> Mentorship:
    """The answer itself says it all."""
    return m
