"""Health: a verdict that is a list of reasons, each naming the event behind it. Silence counts once it is exhausted."""

from datetime import datetime, timedelta

from lifecycle.asks import ask_id
from lifecycle.calendar import grow_sessions
from lifecycle.stages import all_asks
from models.answers import Fit, FitCheck, Pulse
from models.base import PAIR, Role
from models.pages import HealthView
from models.phrases import say
from models.phrases import to_translate as _
from models.program import AskKind
from models.state import Mentorship, Outcome, Reason, Stage, TaskStatus

LOW_SCORE = 2
FALL = 2
SECOND_MISS = 2
MOST_OF_A_CAUSE = 300
"""Providers explain at length why they refuse."""
WHO = {Role.MENTEE: _("the mentee"), Role.MENTOR: _("the mentor")}
QUALITIES = {
    "respect": _("respect"),
    "give_and_take": _("give and take"),
    "expectations": _("clear expectations"),
    "values": _("shared values"),
    "connection": _("personal connection"),
}
"""The fields of a pulse, as they are spoken of."""


def health(m: Mentorship, now: datetime) -> HealthView:
    """The verdict and its reasons as they are known at `now`."""
    found = reasons(m, now)
    texts = tuple(str(reason.text) for reason in found)
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


def stop_reason(m: Mentorship, by: Role, now: datetime, held: timedelta) -> Reason:
    """The reason that someone gives who asks that all contact stops."""
    return Reason(
        key=f"stop.{m.acts}",
        severity="at_risk",
        text=say("{who} asked that all contact stops", terms=_who(by)),
        since=now,
        remedy=say(
            "Talk to them today. Then resume it or end it; it ends by itself after {days} days.", days=held.days
        ),
    )


def _who(role: Role) -> dict[str, str]:
    return {"who": WHO[role]}


def _silence(m: Mentorship, now: datetime) -> list[Reason]:
    found = [
        Reason(
            key=f"silent.{ask.id}",
            severity="needs_attention",
            text=say(
                "{who} has not answered “{ask}” for {count} day",
                "{who} has not answered “{ask}” for {count} days",
                count=(now - ask.opened_at).days,
                terms={**_who(ask.by), "ask": ask.rule.title},
                n=ask.number,
            ),
            since=ask.opened_at,
            remedy=say(
                "Write to them yourself, pause it, or end it. Without any of this, the ask ends by its own rule."
            ),
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
                    text=say("{who} has let {count} asks in a row run out", count=m.silences[role], terms=_who(role)),
                    since=max(closed, default=now),
                    remedy=say("Write to them yourself. If this goes on, the mentorship lapses."),
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
                    text=say("{who} is not sure that it fits (private: the partner does not know)", terms=_who(role)),
                    since=said.at,
                    remedy=say("Nothing yet: we ask again after the next session. Do not tell the partner."),
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
                    text=say("session {n} did not happen {count} times in a row", n=one.number, count=one.missed),
                    since=one.planned_at,
                    remedy=say("Ask both what gets in the way; a slower rhythm may help."),
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
                        text=say(
                            "{who} rated session {n} with {rating} of 5",
                            n=last.number,
                            rating=rating,
                            terms=_who(role),
                        ),
                        since=last.record.at,
                        remedy=say("Ask them what was missing. The partner has not seen the rating."),
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
                terms = {**_who(role), "quality": QUALITIES[name]}
                text = say("{who}: the pulse on {quality} is {value} of 5", value=value, terms=terms)
                if fell and earlier is not None:
                    was = getattr(earlier, name)
                    text = say(
                        "{who}: the pulse on {quality} fell from {was} to {value}", was=was, value=value, terms=terms
                    )
                found.append(
                    Reason(
                        key=f"pulse.{number}.{role}.{name}",
                        severity="at_risk" if value == 1 else "needs_attention",
                        text=text,
                        since=latest.at,
                        remedy=say("Talk to them alone first."),
                    )
                )
    return found


def _tasks(m: Mentorship) -> list[Reason]:
    return [
        Reason(
            key=f"blocked.{task.id}.{task.round}",
            severity="notice",
            text=say("{who}: task {task} is blocked", task=task.id, terms=_who(task.owner)),
            since=task.created_at,
            remedy=say("Nothing yet: the partner was told."),
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
            text=say(
                "{who}: a mail ({kind}) could not be delivered: {why}",
                kind=log.kind.replace("_", " "),
                why=log.failed[:MOST_OF_A_CAUSE],
                terms=_who(log.to),
            ),
            since=log.at,
            remedy=say("Tell them yourself what it was about, and mend what the reason names."),
        )
        for log in m.undelivered
        if log.to in PAIR
    ]
    return lost + [
        Reason(
            key=f"unreachable.{role}",
            severity="at_risk",
            text=say("{who}: mail can't be delivered: {why}", why=why, terms=_who(role)),
            since=m.started_at,
            remedy=say(
                "Find the right address, and have it changed where the pair was entered. Until then, write to them "
                "yourself."
            ),
        )
        for role, why in m.unreachable.items()
    ]
