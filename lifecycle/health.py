"""Health: a verdict that is a list of reasons, each naming the event behind it. Silence counts once it is exhausted."""

from datetime import datetime

from lifecycle.asks import Ask, ask_id
from lifecycle.calendar import grow_sessions
from lifecycle.stages import all_asks
from models.answers import Fit, FitCheck, Pulse
from models.base import PAIR, Role
from models.pages import HealthView
from models.program import AskKind
from models.state import Mentorship, Outcome, Reason, Stage, TaskStatus

LOW_SCORE = 2
FALL = 2
SECOND_MISS = 2


def health(m: Mentorship, now: datetime) -> HealthView:
    """The verdict and its reasons as they are known at `now`."""
    found = reasons(m, now)
    texts = tuple(reason.text for reason in found)
    if m.outcome is Outcome.LAPSED or any(reason.severity == "at_risk" for reason in found):
        return HealthView(verdict="at_risk", reasons=texts)
    if any(reason.severity == "needs_attention" for reason in found):
        return HealthView(verdict="needs_attention", reasons=texts)
    if m.stage in (Stage.INTRO, Stage.GOAL_SETTING) and not grow_sessions(m):
        return HealthView(verdict="too_early", reasons=texts)
    return HealthView(verdict="on_track", reasons=texts)


def reasons(m: Mentorship, now: datetime) -> tuple[Reason, ...]:
    """What speaks against it going well, in a fixed order. After the end: what was known by then, or nothing."""
    if m.outcome in (Outcome.COMPLETED, Outcome.CANCELLED):
        return ()
    if m.outcome is not None:
        return tuple(m.raised.values())
    return (*_safety(m), *_silence(m, now), *_fit(m), *_sessions(m), *_pulses(m), *_tasks(m), *_mail(m))


def silence_reason(ask: Ask) -> Reason:
    """The reason that an ask whose ladder is used up gives."""
    assert ask.coordinator_at is not None
    return Reason(
        key=f"silent.{ask.id}",
        severity="needs_attention",
        text=f"{ask.by} has not answered '{ask.title}' for {(ask.coordinator_at - ask.opened_at).days} days",
        since=ask.opened_at,
        remedy="Write to them yourself, pause it, or end it. Without any of this, the ask ends by its own rule.",
    )


def _silence(m: Mentorship, now: datetime) -> list[Reason]:
    found = [
        silence_reason(ask).evolve(
            text=f"{ask.by} has not answered '{ask.title}' for {(now - ask.opened_at).days} days"
        )
        for ask in all_asks(m)
        if ask.coordinator_at is not None and ask.coordinator_at <= now
    ]
    for role in PAIR:
        if m.silences.get(role, 0) >= SECOND_MISS:
            closed = [at for identity, at in m.ran_out.items() if f".{role}" in identity]
            found.append(
                Reason(
                    key=f"silences.{role}.{len(closed)}",
                    severity="at_risk",
                    text=f"{role} has let {m.silences[role]} asks in a row run out",
                    since=max(closed, default=now),
                    remedy="Write to them yourself. If this goes on, the mentorship lapses.",
                )
            )
    return found


def _safety(m: Mentorship) -> list[Reason]:
    return [reason for key, reason in m.raised.items() if key.startswith("stop.")]


def _fit(m: Mentorship) -> list[Reason]:
    found: list[Reason] = []
    for role in PAIR:
        rounds = (m.answers.get(ask_id(AskKind.FIT_CHECK, role, number)) for number in (2, 1))
        said = next((one for one in rounds if one is not None), None)
        if said is not None and isinstance(said.act, FitCheck) and said.act.fit is Fit.NOT_SURE:
            found.append(
                Reason(
                    key=f"fit.{said.ask}",
                    severity="needs_attention",
                    text=f"{role} is not sure that it fits (private: the partner does not know)",
                    since=said.at,
                    remedy="Nothing yet: we ask again after the next session. Do not tell the partner.",
                )
            )
    return found


def _sessions(m: Mentorship) -> list[Reason]:
    found: list[Reason] = []
    for one in grow_sessions(m):
        if one.missed >= SECOND_MISS and one.record is None:
            found.append(
                Reason(
                    key=f"missed.{one.number}.{one.missed}",
                    severity="needs_attention",
                    text=f"session {one.number} did not happen {one.missed} times in a row",
                    since=one.planned_at,
                    remedy="Ask both what gets in the way; a slower rhythm may help.",
                )
            )
    last = next((one for one in reversed(grow_sessions(m)) if one.record is not None), None)
    if last is not None and last.record is not None:
        for role, rating in ((Role.MENTEE, last.record.mentee_rating), (Role.MENTOR, last.record.mentor_rating)):
            if rating is not None and rating <= LOW_SCORE:
                found.append(
                    Reason(
                        key=f"rating.{last.number}.{role}",
                        severity="needs_attention",
                        text=f"{role} rated session {last.number} with {rating} of 5",
                        since=last.record.at,
                        remedy="Ask them what was missing. The partner has not seen the rating.",
                    )
                )
    return found


def _pulses(m: Mentorship) -> list[Reason]:
    found: list[Reason] = []
    for role in PAIR:
        given = [(one.number, one.answers[role]) for one in m.check_ins if role in one.answers]
        if not given:
            continue
        number, latest = given[-1]
        earlier = given[-2][1].pulse if len(given) > 1 else None
        for name in Pulse.model_fields:
            value = getattr(latest.pulse, name)
            fell = earlier is not None and getattr(earlier, name) - value >= FALL
            if value <= LOW_SCORE or fell:
                said = name.replace("_", " ")
                text = f"{role}'s pulse on {said} is {value} of 5"
                if fell and earlier is not None:
                    text = f"{role}'s pulse on {said} fell from {getattr(earlier, name)} to {value}"
                found.append(
                    Reason(
                        key=f"pulse.{number}.{role}.{name}",
                        severity="at_risk" if value == 1 else "needs_attention",
                        text=text,
                        since=latest.at,
                        remedy="Talk to them alone first.",
                    )
                )
    return found


def _tasks(m: Mentorship) -> list[Reason]:
    return [
        Reason(
            key=f"blocked.{task.id}.{task.round}",
            severity="notice",
            text=f"task {task.id} of the {task.owner} is blocked",
            since=task.created_at,
            remedy="Nothing yet: the partner was told.",
        )
        for task in m.tasks
        if task.status is TaskStatus.BLOCKED
    ]


def _mail(m: Mentorship) -> list[Reason]:
    """A mail to the coordinator that is lost can't be told to the coordinator; ops see it in the details."""
    lost = [
        Reason(
            key=f"undelivered.{log.id}",
            severity="needs_attention",
            text=f"a mail to the {log.to} ({log.kind.replace('_', ' ')}) could not be delivered: {log.failed}"[:400],
            since=log.at,
            remedy="Tell them yourself what it was about, and mend what the reason names.",
        )
        for log in m.undelivered
        if log.to in PAIR
    ]
    return lost + [
        Reason(
            key=f"unreachable.{role}",
            severity="at_risk",
            text=f"mail to the {role} can't be delivered: {why}",
            since=m.started_at,
            remedy="Find the right address and change it with the change_person command.",
        )
        for role, why in m.unreachable.items()
    ]
