"""A mentorship as ops and the platform see it."""

from datetime import datetime

from lifecycle.agenda import planned_mails
from lifecycle.anytime import pause_now
from lifecycle.cards import session_card, summary, task_card
from lifecycle.due import next_due
from lifecycle.health import health
from lifecycle.stages import all_asks
from models.pages import Ended, EngineStatus, Overview, Waiting
from models.state import Mentorship, Stage


def overview(m: Mentorship, now: datetime) -> Overview:
    """A mentorship as ops see it."""
    due = next_due(m, now)
    resting = pause_now(m, now)
    last = m.mails[-1] if m.mails else None
    return Overview(
        id=m.id,
        program=m.program.name,
        now=now,
        started_at=m.started_at,
        stage=m.stage,
        status=status(m, now),
        visits=m.visits,
        waiting=waiting(m, now),
        next_at=due.at if due is not None else None,
        next_why=due.why if due is not None else "",
        health=health(m, now),
        sessions=tuple(session_card(m, one) for one in m.sessions),
        tasks=tuple(task_card(task) for task in m.tasks),
        mails=m.mail_count,
        last_mail=f"{last.kind} to {last.to}" if last is not None else "",
        last_mail_at=last.at if last is not None else None,
        acts=m.acts,
        undelivered=len(m.undelivered),
        outcome=m.outcome,
        ended_at=m.ended_at,
        rematch=m.ended_at is not None and m.ending is not None and m.ending.rematch,
        successor=m.ending.successor if m.ended_at is not None and m.ending is not None else "",
        paused_until=resting.end if resting is not None else None,
        deadline=m.deadline,
    )


def status(m: Mentorship, now: datetime) -> EngineStatus:
    """One word for what it is doing, for the search attribute."""
    if m.stage is Stage.ENDED:
        return "closing" if any(mail for mail in planned_mails(m, now)) else "ended"
    if m.ending is not None:
        return "ending"
    resting = pause_now(m, now)
    if resting is None:
        return "active"
    return "held" if resting.held else "paused"


def waiting(m: Mentorship, now: datetime) -> tuple[Waiting, ...]:
    """Open asks, the oldest first."""
    found = sorted((ask for ask in all_asks(m) if ask.opened_at <= now), key=lambda ask: ask.opened_at)
    return tuple(
        Waiting(
            id=ask.id,
            title=ask.title,
            on=ask.by,
            since=ask.opened_at,
            ends_at=ask.ends_at,
            nudges=sum(f"{ask.id}#{index}" in m.told for index in range(1, len(ask.rungs))),
        )
        for ask in found
    )


def ended(m: Mentorship) -> Ended:
    """The result of a mentorship, for whoever started it."""
    assert m.outcome is not None and m.ended_at is not None
    return Ended(
        id=m.id,
        outcome=m.outcome,
        at=m.ended_at,
        note=m.ending.note if m.ending else "",
        rematch=m.ending is not None and m.ending.rematch,
        successor=m.ending.successor if m.ending is not None else "",
        summary=summary(m),
        state=m,
    )
