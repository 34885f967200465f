"""Which events follow from a change: (before, after, now) -> what the platform is told. Nothing is stored for it."""

from collections.abc import Iterator
from datetime import datetime

from lifecycle.cards import summary
from models.base import PAIR, Role
from models.events import (
    AnyEvent,
    AttentionFacts,
    AttentionNeeded,
    EndedFacts,
    MailUndeliverable,
    MentorshipEnded,
    MentorshipStarted,
    MilestoneFacts,
    MilestoneReached,
    SessionFacts,
    SessionReported,
    StageEntered,
    StageFacts,
    StartedFacts,
    UndeliverableFacts,
)
from models.state import Mentorship, Reason, Session, SessionStatus, Stage

OPENLY_ABOUT_SOMEONE = ("silent", "silences", "unreachable")
"""Reasons that hold nothing said in confidence: of them, the platform hears whom they are about."""


def events(before: Mentorship | None, after: Mentorship, now: datetime) -> tuple[AnyEvent, ...]:
    """What happened between two states, in the order of time, the end last but for lost mail. `None` is the beginning.

    An id is the mentorship's, then what happened: the same thing always has the same id, and none tells who said
    what. A state that was compacted on the way gives the same events.
    """
    if before is after:
        return ()
    found = [
        *_started(before, after),
        *_sessions(before, after, now),
        *_milestones(before, after),
        *_stages(before, after),
        *_attention(before, after, now),
        *_ended(before, after),
        *_undeliverable(before, after, now),
    ]
    return tuple(sorted(found, key=lambda event: (_place(event), event.timestamp)))


def _place(event: AnyEvent) -> int:
    if isinstance(event, MentorshipEnded):
        return 1
    return 2 if isinstance(event, MailUndeliverable) else 0


def _started(before: Mentorship | None, m: Mentorship) -> Iterator[AnyEvent]:
    if before is None:
        data = StartedFacts(mentorship=m.id, program=m.program.name, deadline=m.deadline)
        yield MentorshipStarted(id=f"{m.id}:started", timestamp=m.started_at, data=data)


def _stages(before: Mentorship | None, m: Mentorship) -> Iterator[AnyEvent]:
    known = len(before.visits) if before is not None else 0
    for number, visit in enumerate(m.visits[known:], known + 1):
        if visit.stage is not Stage.ENDED:
            data = StageFacts(mentorship=m.id, program=m.program.name, stage=visit.stage, visit=number)
            yield StageEntered(id=f"{m.id}:stage:{number}", timestamp=visit.at, data=data)


def _attention(before: Mentorship | None, m: Mentorship, now: datetime) -> Iterator[AnyEvent]:
    """Reasons are only ever added, so their place among them is an id that says nothing."""
    known = before.raised if before is not None else {}
    for number, reason in enumerate(m.raised.values(), 1):
        if reason.key not in known:
            yield AttentionNeeded(id=f"{m.id}:attention:{number}", timestamp=now, data=_reason(m, reason))


def _reason(m: Mentorship, reason: Reason) -> AttentionFacts:
    kind, _, about = reason.key.partition(".")
    openly = kind in OPENLY_ABOUT_SOMEONE
    return AttentionFacts(
        mentorship=m.id,
        program=m.program.name,
        reason=kind,
        severity=reason.severity,
        since=reason.since,
        role=next((role for role in PAIR if openly and role.value in about.split(".")), None),
        ask=about if kind == "silent" else None,
    )


def _milestones(before: Mentorship | None, m: Mentorship) -> Iterator[AnyEvent]:
    known = [state.reached_at for state in before.goal_states] if before is not None else []
    reached = sum(state.reached_at is not None for state in m.goal_states)
    for number, state in enumerate(m.goal_states, 1):
        if state.reached_at is not None and state.reached_at not in known:
            data = MilestoneFacts(
                mentorship=m.id, program=m.program.name, goal=number, reached=reached, goals=len(m.goal_states)
            )
            identity = f"{m.id}:milestone:{len(m.goal_versions)}:{number}"
            yield MilestoneReached(id=identity, timestamp=state.reached_at, data=data)


def _sessions(before: Mentorship | None, m: Mentorship, now: datetime) -> Iterator[AnyEvent]:
    known = {one.number: one for one in before.sessions} if before is not None else {}
    for one in m.sessions:
        earlier = known.get(one.number)
        if earlier is one:
            continue
        if one.missed > (earlier.missed if earlier is not None else 0):
            moved_to = one.starts_at if one.status is SessionStatus.PLANNED else None
            yield SessionReported(
                id=f"{m.id}:session:{one.number}:missed:{one.missed}",
                timestamp=now,
                data=_session(m, one, moved_to, happened=False),
            )
        elif one.record is not None and (
            earlier is None or earlier.record is None or earlier.record.at != one.record.at
        ):
            yield SessionReported(
                id=f"{m.id}:session:{one.number}:{one.record.at:%Y%m%dT%H%M%S}",
                timestamp=one.record.at,
                data=_session(m, one, one.starts_at, happened=True),
            )


def _session(m: Mentorship, one: Session, starts_at: datetime | None, *, happened: bool) -> SessionFacts:
    return SessionFacts(
        mentorship=m.id,
        program=m.program.name,
        session=one.number,
        happened=happened,
        starts_at=starts_at,
        missed=one.missed,
        tasks=sum(task.session == one.number for task in m.tasks) if happened else 0,
    )


def _ended(before: Mentorship | None, m: Mentorship) -> Iterator[AnyEvent]:
    if m.outcome is None or m.ended_at is None or (before is not None and before.outcome is not None):
        return
    figures = summary(m)
    data = EndedFacts(
        mentorship=m.id,
        program=m.program.name,
        outcome=m.outcome,
        rematch=m.ending is not None and m.ending.rematch,
        successor=m.ending.successor if m.ending is not None else "",
        sessions_held=figures.sessions_held,
        tasks_done=figures.tasks_done,
        tasks=figures.tasks_total,
        goals_reached=len(figures.milestones),
        goals=len(figures.goals),
    )
    yield MentorshipEnded(id=f"{m.id}:ended", timestamp=m.ended_at, data=data)


def _undeliverable(before: Mentorship | None, m: Mentorship, now: datetime) -> Iterator[AnyEvent]:
    lost = [log.id for log in before.undelivered] if before is not None else []
    for log in m.undelivered:
        if log.id not in lost:
            data = UndeliverableFacts(mentorship=m.id, program=m.program.name, to=log.to, mail=log.kind)
            yield MailUndeliverable(id=f"{m.id}:mail:{log.id}", timestamp=now, data=data)
    unreachable: dict[Role, str] = before.unreachable if before is not None else {}
    for role in PAIR:
        if role in m.unreachable and role not in unreachable:
            data = UndeliverableFacts(mentorship=m.id, program=m.program.name, to=role)
            yield MailUndeliverable(id=f"{m.id}:unreachable:{role}:{now:%Y%m%dT%H%M%S}", timestamp=now, data=data)
