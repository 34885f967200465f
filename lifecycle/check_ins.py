"""Stage check_ins: a lower beat of progress and pulse, and the way back when something must change."""

from datetime import datetime, timedelta

from lifecycle import calendar
from lifecycle.asks import Ask, both_closed, opened
from lifecycle.notices import notify, notify_both
from lifecycle.rejection import Rejected
from models.answers import CheckIn, Progress
from models.base import PAIR, Role
from models.mail import MailClass, MailKind
from models.phrases import to_translate as _
from models.program import AskKind
from models.state import CheckInAnswer, CheckInState, GoalState, Mentorship, SessionStatus, Stage, Visit


def asks(m: Mentorship) -> tuple[Ask, ...]:
    """Each check-in asks both, from its day on. A refocus by one does not take the question from the other."""
    if m.stage not in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS):
        return ()
    found: list[Ask] = []
    for one in m.check_ins:
        for role in PAIR:
            found += opened(m, AskKind.CHECK_IN, role, one.number, at=one.due_at, direct=False)
    return tuple(found)


def is_over(m: Mentorship, one: CheckInState) -> bool:
    """Whether both have answered, or were given up on."""
    return both_closed(m, AskKind.CHECK_IN, one.number)


def next_stage(m: Mentorship) -> Stage | None:
    """The wrap-up is next when no check-in is to come."""
    return Stage.WRAP_UP if all(is_over(m, one) for one in m.check_ins) else None


def _added(m: Mentorship, due: datetime, *, midway: bool = False) -> Mentorship:
    number = max((one.number for one in m.check_ins), default=0) + 1
    return m.evolve(check_ins=(*m.check_ins, CheckInState(number=number, due_at=due, midway=midway)))


def enter(m: Mentorship, at: datetime) -> Mentorship:
    """Plans those that the program has and that have not been planned yet."""
    plan = m.program.check_ins
    done = sum(not one.midway for one in m.check_ins)
    for index in range(plan.count - done):
        m = _added(m, at + timedelta(weeks=plan.every_weeks * (index + 1)))
    return m


def plan_midway(m: Mentorship, at: datetime) -> Mentorship:
    """A check-in the day after the session in the middle of the run, where the program wants one."""
    if not m.program.check_ins.midway or any(one.midway for one in m.check_ins):
        return m
    over = sum(one.status is not SessionStatus.PLANNED for one in calendar.grow_sessions(m))
    return _added(m, at + timedelta(days=1), midway=True) if over * 2 >= m.program.sessions.count else m


def of_ask(m: Mentorship, ask: str) -> CheckInState:
    """The check-in that an ask is about."""
    return next(one for one in m.check_ins if one.number == int(ask.split(".")[2]))


def check_in(m: Mentorship, act: CheckIn, ask: str, at: datetime) -> Mentorship:
    """Progress, pulse and a word; a refocus takes effect at once."""
    one = of_ask(m, ask)
    if act.by is Role.MENTEE:
        m = _with_progress(m, act.progress, one.answers.get(Role.MENTEE), at)
    elif act.progress:
        raise Rejected("not_yours", "Progress is told by the mentee.", "progress")
    answer = CheckInAnswer(at=at, progress=act.progress, pulse=act.pulse, note=act.note, note_private=act.note_private)
    changed = one.evolve(answers={**one.answers, act.by: answer})
    m = m.evolve(check_ins=tuple(changed if other.number == one.number else other for other in m.check_ins))
    if act.note and act.note_private:
        m = notify(
            m, Role.COORDINATOR, MailKind.HELP_ASKED, at, ask, mail_class=MailClass.ALERT, by=act.by, note=act.note
        )
    elif act.note or act.progress:
        m = notify(m, act.by.partner, MailKind.CHECK_IN_SHARED, at, ask, by=act.by, note=act.note)
    return refocus(m, act.refocus, act.by, at) if act.refocus != "none" else m


def _with_progress(m: Mentorship, told: tuple[Progress, ...], before: CheckInAnswer | None, at: datetime) -> Mentorship:
    """The goals with this report in place of the one that is changed. A goal that gets there is a milestone."""
    states = list(m.goal_states)
    if before is not None:
        for index, state in enumerate(states):
            history = tuple(entry for entry in state.history if entry[0] != before.at)
            percent = history[-1][1] if history else 0
            reached = state.reached_at if state.reached_at != before.at else None
            states[index] = state.evolve(history=history, percent=percent, reached_at=reached)
    numbers = [progress.goal for progress in told]
    for index, progress in enumerate(told):
        if progress.goal > len(states):
            raise Rejected("invalid", "There is no such goal.", f"progress.{index}.goal")
        if numbers.count(progress.goal) > 1:
            raise Rejected("invalid", "This goal is named twice.", f"progress.{index}.goal")
        states[progress.goal - 1] = _progressed(states[progress.goal - 1], progress, at)
    milestones = [index for index, state in enumerate(states) if state.reached_at == at]
    m = m.evolve(goal_states=tuple(states))
    for index in milestones:
        m = notify_both(m, MailKind.MILESTONE, at, str(index + 1), by=Role.MENTEE, note=m.goals[index].title)
    return m


def _progressed(state: GoalState, progress: Progress, at: datetime) -> GoalState:
    return state.evolve(
        percent=progress.percent,
        note=progress.note,
        history=(*state.history, (at, progress.percent)),
        reached_at=state.reached_at or (at if progress.percent == 100 else None),
    )


def all_reached(m: Mentorship) -> bool:
    """Whether every goal is at its target."""
    return bool(m.goal_states) and all(state.reached_at is not None for state in m.goal_states)


REFOCUSED = {"goals": _("back to the goals"), "session": _("one more session")}


def refocus(m: Mentorship, what: str, by: Role, at: datetime) -> Mentorship:
    """Back to the goals, or one more session. How often is the program's to say."""
    if m.refocused >= m.program.check_ins.refocus_most:
        raise Rejected(
            "too_late", "The program's room for changing course is used up. The coordinator can help.", "refocus"
        )
    stage = Stage.GOAL_SETTING if what == "goals" else Stage.GROW_SESSIONS
    m = m.evolve(
        refocused=m.refocused + 1,
        stage=stage,
        visits=(*m.visits, Visit(stage=stage, at=at, why=REFOCUSED[what])),
        extra_sessions=m.extra_sessions + 1,
    )
    if what == "session":
        m = calendar.add_sessions(m, 1, at)
    return notify(m, by.partner, MailKind.REFOCUSED, at, by=by, note=what)
