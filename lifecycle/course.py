"""The course of a mentorship: the stages, sessions, check-ins and milestones that were, and those the plan expects.

What is expected is a plain estimate from the program's rhythm. Nothing is decided by it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lifecycle import calendar, check_ins
from lifecycle.anytime import pause_now
from models.base import Role, Span
from models.journeys import Course, Mark, Stay
from models.state import CheckInState, Mentorship, Session, SessionStatus, Stage

ORDER = (Stage.INTRO, Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS, Stage.WRAP_UP)
USUAL = timedelta(days=7)
"""How long getting to know each other, setting goals and looking back usually take, each."""
SETTLING = timedelta(days=2)
"""How long after the last session or check-in its stage is usually over."""


def course(m: Mentorship, role: Role, now: datetime) -> Course:
    """From the beginning to the end, or to the expected end. What was planned for later than the end is left out.

    An end that can still be taken back shows only to whoever chose it.
    """
    past, marks = _past(m, now), _marks(m, now)
    if m.ended_at is not None:
        return _drawn_up(m, past, marks, m.ended_at)
    if m.ending is not None and m.ending.by is role:
        end = max(m.ending.effective_at, now)
        return _drawn_up(m, (*past[:-1], past[-1].evolve(end=end)), marks, end)
    stays, expected = _expected(m, past[-1], now)
    end = max(stays[-1].end, *(one.at for one in marks), now)
    stays = (*stays[:-1], stays[-1].evolve(end=end))
    return _drawn_up(m, (*past[:-1], *stays), (*marks, *expected), end)


def _drawn_up(m: Mentorship, stays: tuple[Stay, ...], marks: tuple[Mark, ...], end: datetime) -> Course:
    rests = (Span(start=max(one.start, m.started_at), end=min(one.end, end)) for one in m.pauses)
    return Course(
        start=m.started_at,
        end=end,
        over=m.ended_at is not None,
        stays=stays,
        marks=tuple(sorted((one for one in marks if one.at <= end), key=lambda one: one.at)),
        rests=tuple(span for span in rests if span.start < span.end),
    )


def _past(m: Mentorship, now: datetime) -> tuple[Stay, ...]:
    """The stays so far. The last one lasts until now, unless it has ended."""
    visits = [one for one in m.visits if one.stage is not Stage.ENDED]
    ends = [*(one.at for one in visits[1:]), m.ended_at or max(now, visits[-1].at)]
    return tuple(
        Stay(
            stage=visit.stage,
            start=visit.at,
            end=end,
            state="now" if index == len(visits) - 1 and m.ended_at is None else "past",
            why=visit.why,
        )
        for index, (visit, end) in enumerate(zip(visits, ends, strict=True))
    )


def _marks(m: Mentorship, now: datetime) -> tuple[Mark, ...]:
    milestones = (
        Mark(kind="milestone", number=index + 1, at=state.reached_at, state="reached", title=goal.title)
        for index, (goal, state) in enumerate(zip(m.goals, m.goal_states, strict=True))
        if state.reached_at is not None
    )
    return (
        *(_session_mark(one, now) for one in m.sessions),
        *(_check_in_mark(m, one, now) for one in m.check_ins if not _was_overtaken(m, one)),
        *milestones,
    )


def _session_mark(one: Session, now: datetime) -> Mark:
    mark = Mark(kind="session", number=one.number, at=one.starts_at, state="planned", put_off=one.missed)
    match one.status:
        case SessionStatus.HELD:
            return mark.evolve(state="held")
        case SessionStatus.UNREPORTED:
            return mark.evolve(state="unreported")
        case SessionStatus.CANCELLED:
            return mark.evolve(state="cancelled")
        case SessionStatus.PLANNED:
            return mark.evolve(state="open") if calendar.ends_at(one) <= now else mark


def _check_in_mark(m: Mentorship, one: CheckInState, now: datetime) -> Mark:
    mark = Mark(kind="check_in", number=one.number, at=one.due_at, state="planned", midway=one.midway)
    if one.answers:
        return mark.evolve(state="answered")
    if one.due_at > now:
        return mark
    asked = m.stage in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS) and not check_ins.is_over(m, one)
    return mark.evolve(state="open" if asked else "unanswered")


def _was_overtaken(m: Mentorship, one: CheckInState) -> bool:
    """Whether the wrap-up came before the day of this check-in."""
    left = m.visits[-1].at if m.stage is Stage.WRAP_UP else m.ended_at
    return left is not None and one.due_at > left and not one.answers


def _expected(m: Mentorship, lasting: Stay, now: datetime) -> tuple[tuple[Stay, ...], tuple[Mark, ...]]:
    """The stay that lasts with its expected end, those after it, and what has no day of its own yet."""
    resting = pause_now(m, now)
    ready = max(now, resting.end) if resting is not None else now
    last = max(m.deadline, ready)
    stays: list[Stay] = []
    marks: list[Mark] = []
    at = lasting.start
    for stage in ORDER[ORDER.index(lasting.stage) :]:
        new = [one for one in _still_to_plan(m, stage, max(at, ready)) if one.at < last]
        dates = [one.at for one in new] + [one for one in _dates(m, stage) if one > at]
        if stage is Stage.CHECK_INS and not dates and lasting.stage is not stage:
            continue
        usual = max(dates) + SETTLING if dates else at + USUAL
        end = min(max(usual, ready), last)
        stays.append(Stay(stage=stage, start=at, end=end, state="coming") if stays else lasting.evolve(end=end))
        marks += new
        at = end
    return tuple(stays), tuple(marks)


def _dates(m: Mentorship, stage: Stage) -> Iterator[datetime]:
    """What stands in the calendar already and keeps the pair in a stage."""
    if stage is Stage.INTRO:
        first = calendar.session(m, 0)
        if first is not None and first.status is SessionStatus.PLANNED:
            yield calendar.ends_at(first)
    elif stage is Stage.GROW_SESSIONS:
        yield from (calendar.ends_at(one) for one in calendar.planned(m))
        yield from (one.due_at for one in m.check_ins if one.midway and not check_ins.is_over(m, one))
    elif stage is Stage.CHECK_INS:
        yield from (one.due_at for one in m.check_ins if not one.midway and not check_ins.is_over(m, one))


def _still_to_plan(m: Mentorship, stage: Stage, at: datetime) -> Iterator[Mark]:
    """Sessions and check-ins that the program has and that have no day yet."""
    if stage is Stage.GROW_SESSIONS:
        sessions = tuple(_sessions_to_plan(m, at))
        yield from sessions
        yield from _midway_to_plan(m, sessions)
    elif stage is Stage.CHECK_INS:
        plan = m.program.check_ins
        number = max((one.number for one in m.check_ins), default=0) + _lacks_midway(m)
        for index in range(plan.count - sum(not one.midway for one in m.check_ins)):
            due = at + timedelta(weeks=plan.every_weeks * (index + 1))
            yield Mark(kind="check_in", number=number + index + 1, at=due, state="expected")


def _sessions_to_plan(m: Mentorship, at: datetime) -> Iterator[Mark]:
    laid_out = calendar.grow_sessions(m)
    if m.stage not in (Stage.INTRO, Stage.GOAL_SETTING) or calendar.planned(m):
        return
    # A refocus of the goals goes on with one session; see `goal_setting.enter_sessions`.
    count = 1 if laid_out else m.program.sessions.count
    days = calendar.slots(m.terms or calendar.default_terms(m, at), at + calendar.lead_time(m), count)
    for index, starts_at in enumerate(days):
        yield Mark(kind="session", number=len(laid_out) + index + 1, at=starts_at, state="expected")


def _lacks_midway(m: Mentorship) -> bool:
    return m.program.check_ins.midway and not any(one.midway for one in m.check_ins)


def _midway_to_plan(m: Mentorship, sessions: tuple[Mark, ...]) -> Iterator[Mark]:
    """The check-in the day after the middle of the run; see `check_ins.plan_midway`."""
    middle = (m.program.sessions.count + 1) // 2 - 1
    days = sorted([*(one.starts_at for one in calendar.grow_sessions(m)), *(one.at for one in sessions)])
    if _lacks_midway(m) and middle < len(days):
        number = max((one.number for one in m.check_ins), default=0) + 1
        at = days[middle] + timedelta(days=1)
        yield Mark(kind="check_in", number=number, at=at, state="expected", midway=True)
