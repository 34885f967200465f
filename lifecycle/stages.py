"""The five stages as one table, and how a mentorship goes from one to the next."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter, is_

from lifecycle import calendar, check_ins, goal_setting, grow_sessions, intro, tasks, wrap_up
from lifecycle.asks import Ask
from lifecycle.ending import decide
from models.phrases import to_translate as _
from models.program import AskKind
from models.state import Mentorship, Outcome, SessionStatus, Stage, Visit

STAGES: dict[Stage, Callable[[Mentorship], Stage | None]] = {
    Stage.INTRO: intro.next_stage,
    Stage.GOAL_SETTING: goal_setting.next_stage,
    Stage.GROW_SESSIONS: grow_sessions.next_stage,
    Stage.CHECK_INS: check_ins.next_stage,
}
"""For each stage, which one follows, or None while it is not finished. The wrap-up ends instead."""

RAN_OUT: dict[AskKind, Callable[[Mentorship, Ask, datetime], Mentorship]] = {
    AskKind.PICK_TIME: intro.pick_time_ran_out,
    AskKind.REVIEW_GOALS: goal_setting.review_goals_ran_out,
    AskKind.SIGN_AGREEMENT: goal_setting.sign_agreement_ran_out,
    AskKind.REPORT: grow_sessions.report_ran_out,
    AskKind.CONFIRM: grow_sessions.confirm_ran_out,
    AskKind.FOLLOW_UP: tasks.follow_up_ran_out,
}
"""What it means when patience with an ask runs out. Those that are not here are simply skipped, or lapse."""


_FACTS = attrgetter(
    "program",
    "mentor",
    "mentee",
    "started_at",
    "stage",
    "visits",
    "pauses",
    "snoozes",
    "patience",
    "answers",
    "ran_out",
    "sessions",
    "goal_versions",
    "terms_offered",
    "terms_round",
    "terms",
    "tasks",
    "check_ins",
    "extended",
    "finish_asked",
)
"""All that the asks follow from. Mails and receipts change the state far more often than these."""

_last: tuple[tuple[object, ...], tuple[Ask, ...]] = ((), ())


def all_asks(m: Mentorship) -> tuple[Ask, ...]:
    """Every ask that is or will be open as things stand, whichever stage it belongs to.

    The last answer is kept and given again while the same facts (by identity: the state is frozen) are asked about.
    """
    global _last
    facts = _FACTS(m)
    known, found = _last
    if known and all(map(is_, known, facts)):
        return found
    found = _all_asks(m)
    _last = (facts, found)
    return found


def _all_asks(m: Mentorship) -> tuple[Ask, ...]:
    if m.stage is Stage.ENDED:
        return ()
    return (
        *intro.asks(m),
        *goal_setting.asks(m),
        *grow_sessions.asks(m),
        *tasks.asks(m),
        *check_ins.asks(m),
        *wrap_up.asks(m),
    )


def settled(m: Mentorship, at: datetime) -> Mentorship:
    """Goes on as far as the state allows: to the next stage, to the wrap-up, to the end."""
    while m.stage is not Stage.ENDED and m.ending is None:
        if wrap_up.wants_extension(m):
            m = _visit(wrap_up.extend(m, at), Stage.GROW_SESSIONS, at, _("both want to go on"))
        elif wrap_up.is_finished(m):
            return decide(m, Outcome.COMPLETED, at)
        elif m.stage in (Stage.GROW_SESSIONS, Stage.CHECK_INS) and check_ins.all_reached(m):
            m = enter_wrap_up(m, at, _("all goals are reached"))
        elif m.stage in STAGES and (follows := STAGES[m.stage](m)) is not None:
            m = _enter(m, follows, at)
        else:
            return m
    return m


def _enter(m: Mentorship, stage: Stage, at: datetime) -> Mentorship:
    if stage is Stage.WRAP_UP:
        return enter_wrap_up(m, at, _("the planned run is over"))
    m = _visit(m, stage, at, "")
    if stage is Stage.GOAL_SETTING:
        return _met(m, at)
    if stage is Stage.GROW_SESSIONS:
        return goal_setting.enter_sessions(m, at)
    return check_ins.enter(m, at) if stage is Stage.CHECK_INS else m


def _met(m: Mentorship, at: datetime) -> Mentorship:
    """Nobody reports the first conversation: once it is behind them and they go on, it took place."""
    first = calendar.session(m, 0)
    if first is None or first.status is not SessionStatus.PLANNED or calendar.ends_at(first) > at:
        return m
    return calendar.with_session(m, first.evolve(status=SessionStatus.HELD))


def _visit(m: Mentorship, stage: Stage, at: datetime, why: str) -> Mentorship:
    return m.evolve(stage=stage, visits=(*m.visits, Visit(stage=stage, at=at, why=why)))


def enter_wrap_up(m: Mentorship, at: datetime, why: str) -> Mentorship:
    """Opens the wrap-up and calls off what is still in the calendar. A session that is over keeps its invitation."""
    for one in calendar.planned(m):
        if one.starts_at > at:
            m = calendar.cancelled(m, one, at, None)
        else:
            m = calendar.with_session(m, one.evolve(status=SessionStatus.UNREPORTED))
    return _visit(m, Stage.WRAP_UP, at, why)


def has_substance(m: Mentorship) -> bool:
    """Whether enough took place to call it completed when it ends at its deadline."""
    return any(one.status is SessionStatus.HELD for one in calendar.grow_sessions(m))
