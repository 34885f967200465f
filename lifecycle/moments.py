"""Moments: what happens by the clock alone. Applied one after the other, each at its own instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecycle.anytime import said_resumed
from lifecycle.asks import Ask, AtEnd
from lifecycle.ending import decide, take_effect
from lifecycle.health import reasons
from lifecycle.notices import notify
from lifecycle.stages import RAN_OUT, all_asks, enter_wrap_up, has_substance, settled
from models.base import Role
from models.mail import MailClass, MailKind
from models.phrases import to_translate as _
from models.state import Mentorship, Outcome, Pausing, Stage


@dataclass(frozen=True, slots=True)
class Moment:
    """Something due by the clock: at most one of the fields says what."""

    at: datetime
    why: str
    effect: str
    ask: Ask | None = None
    pause: Pausing | None = None


def last_stretch(m: Mentorship) -> timedelta:
    """How long before its deadline a mentorship goes to the wrap-up, so that there is time for a good ending."""
    return timedelta(days=m.program.nudges.patience_days + 3)


def next_moment(m: Mentorship) -> Moment | None:
    """The first thing that the clock will do, whenever that is."""
    if m.stage is Stage.ENDED:
        return None
    if m.ending is not None:
        return Moment(m.ending.effective_at, f"end as {m.ending.outcome}", "end")
    first = Moment(m.deadline, "end at the deadline", "deadline")
    if m.stage in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS) and has_substance(m):
        wrap = m.deadline - last_stretch(m)
        if wrap < first.at:
            first = Moment(wrap, "wrap up before the deadline", "wrap_up")
    for pause in m.pauses:
        if not pause.over and pause.end < first.at:
            first = Moment(pause.end, "resume after the pause", "resume", pause=pause)
    for ask in all_asks(m):
        if ask.ends_at < first.at:
            what = "lapse" if ask.rule.at_end is AtEnd.LAPSE else "go on without"
            first = Moment(ask.ends_at, f"{what}: {ask.by}, {ask.title}", "run_out", ask=ask)
        told = ask.coordinator_at
        if told is not None and told < first.at and f"silent.{ask.id}" not in m.raised:
            first = Moment(told, f"tell the coordinator: {ask.by}, {ask.title}", "alarm", ask=ask)
    return first


def applied(m: Mentorship, moment: Moment, at: datetime) -> Mentorship:
    """The state after this moment, as of `at` (later than the moment itself only after an outage)."""
    match moment.effect:
        case "end":
            m = take_effect(m, at)
        case "deadline":
            m = decide(m, Outcome.COMPLETED if has_substance(m) else Outcome.LAPSED, at)
        case "wrap_up":
            m = enter_wrap_up(m.evolve(finish_asked=True), at, _("the deadline is near"))
        case "resume":
            assert moment.pause is not None
            m = _resumed(m, moment.pause, at)
        case "run_out":
            assert moment.ask is not None
            m = _ran_out(m, moment.ask, at)
    return alarmed(settled(m, at), at)


def _resumed(m: Mentorship, pause: Pausing, at: datetime) -> Mentorship:
    m = m.evolve(pauses=tuple(one.evolve(over=True) if one is pause else one for one in m.pauses))
    return decide(m, Outcome.ENDED_EARLY, at) if pause.held else said_resumed(m, at, None)


def _ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    m = m.evolve(ran_out={**m.ran_out, ask.id: at})
    if ask.rule.counts:
        m = m.evolve(silences={**m.silences, ask.by: m.silences.get(ask.by, 0) + 1})
    if ask.kind in RAN_OUT:
        m = RAN_OUT[ask.kind](m, ask, at)
    lapses = ask.rule.at_end is AtEnd.LAPSE or m.silences.get(ask.by, 0) >= m.program.nudges.silences_to_lapse
    return decide(m, Outcome.LAPSED, at) if lapses else m


def alarmed(m: Mentorship, now: datetime) -> Mentorship:
    """Calls the coordinator, once for each reason that is new."""
    if m.stage is Stage.ENDED:
        return m
    for reason in reasons(m, now):
        if reason.severity != "notice" and reason.key not in m.raised:
            m = m.evolve(raised={**m.raised, reason.key: reason})
            m = notify(m, Role.COORDINATOR, MailKind.ATTENTION, now, reason.key, mail_class=MailClass.ALERT)
    return m
