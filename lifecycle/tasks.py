"""Commitments: following them up half-way, on the day and when they are overdue."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lifecycle.asks import Ask, opened
from lifecycle.notices import dropped, is_waiting, notify
from lifecycle.rejection import Rejected
from models.acts import AssignTask, GiveFeedback
from models.answers import FollowUp, NewTask
from models.base import Role
from models.mail import MailKind
from models.phrases import say
from models.program import AskKind
from models.state import Mentorship, Stage, Task, TaskStatus
from models.wall_clock import at_wall_clock, local_day

HALFWAY_FROM = timedelta(days=6)
"""A task that is due sooner is not followed up half-way: that would be nagging."""
AFTER_BLOCKED = timedelta(days=4)
MOST_OPEN = 12
MOST_MOVES = 5
FURTHEST = timedelta(days=180)
OPEN = (TaskStatus.OPEN, TaskStatus.BLOCKED)


def asks(m: Mentorship) -> tuple[Ask, ...]:
    """A follow-up for each open task, while there is someone to build on it."""
    if m.stage not in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS):
        return ()
    found: list[Ask] = []
    for task in m.tasks:
        if task.status in OPEN:
            found += opened(
                m,
                AskKind.FOLLOW_UP,
                task.owner,
                task.id,
                task.round,
                at=task.follow_from,
                direct=False,
                ladder_from=max(task.due_at, task.follow_from),
                due=task.due_at,
            )
    return tuple(found)


def task(m: Mentorship, identity: int) -> Task | None:
    """The task of this id."""
    return next((one for one in m.tasks if one.id == identity), None)


def of_ask(m: Mentorship, ask: str) -> Task:
    """The task that a follow-up is about."""
    found = task(m, int(ask.split(".")[2]))
    assert found is not None
    return found


def _with(m: Mentorship, changed: Task) -> Mentorship:
    return m.evolve(tasks=tuple(changed if one.id == changed.id else one for one in m.tasks))


def due_instant(m: Mentorship, owner: Role, day: date) -> datetime:
    """A task is due when its owner's welcome hours begin on the day, so that the mail of that day still helps."""
    preferences = m.person(owner).preferences
    return at_wall_clock(day, preferences.hours_from, ZoneInfo(preferences.zone))


def _check_day(m: Mentorship, owner: Role, day: date, at: datetime, field: str) -> None:
    today = local_day(at, ZoneInfo(m.person(owner).preferences.zone))
    if day <= today:
        raise Rejected("invalid", "Please choose a date from tomorrow on.", field)
    if day > today + FURTHEST:
        raise Rejected("invalid", "Please choose a date within the next six months.", field)


def _follow_from(at: datetime, due: datetime) -> datetime:
    return at + (due - at) / 2 if due - at >= HALFWAY_FROM else due


def added(m: Mentorship, new: NewTask, by: Role, at: datetime, field: str, session: int | None = None) -> Mentorship:
    """One more task, followed up from half-way on."""
    _check_day(m, new.owner, new.due, at, f"{field}.due")
    if sum(one.status in OPEN for one in m.tasks) >= MOST_OPEN:
        raise Rejected(
            "invalid",
            say("There are {count} open tasks already. Please finish or drop one first.", count=MOST_OPEN),
            f"{field}.title",
        )
    due = due_instant(m, new.owner, new.due)
    one = Task(
        id=max((other.id for other in m.tasks), default=0) + 1,
        title=new.title,
        owner=new.owner,
        assigned_by=by,
        session=session,
        created_at=at,
        due_at=due,
        follow_from=_follow_from(at, due),
        obstacle=new.obstacle,
        plan=new.plan,
        confidence=new.confidence,
    )
    return m.evolve(tasks=(*m.tasks, one))


def without_session(m: Mentorship, session: int) -> Mentorship:
    """Drops the tasks of a report that is written anew. Those that were answered already stay."""
    return m.evolve(
        tasks=tuple(one for one in m.tasks if not (one.session == session and one.round == 1 and one.status in OPEN))
    )


def follow_up(m: Mentorship, act: FollowUp, ask: str, at: datetime) -> Mentorship:
    """Done, on track, blocked or more time. What was still to be told of this task is replaced by the news."""
    one = of_ask(m, ask)
    m = dropped(m, task=one.id)
    partner = one.owner.partner
    step = {"note": act.note, "round": one.round + 1}
    match act.status:
        case "done":
            m = _with(m, one.evolve(**step, status=TaskStatus.DONE, settled_at=at))
            return notify(m, partner, MailKind.TASK_DONE, at, str(one.id), task=one.id, by=act.by, note=act.note)
        case "blocked":
            again = at + AFTER_BLOCKED
            m = _with(m, one.evolve(**step, status=TaskStatus.BLOCKED, follow_from=again))
            return notify(m, partner, MailKind.TASK_BLOCKED, at, str(one.id), task=one.id, by=act.by, note=act.note)
        case "more_time":
            assert act.new_due is not None
            if one.moved >= MOST_MOVES:
                raise Rejected(
                    "invalid", "This task was moved five times. Please finish it, or let it go by saying so.", "status"
                )
            _check_day(m, one.owner, act.new_due, at, "new_due")
            due = due_instant(m, one.owner, act.new_due)
            m = _with(
                m,
                one.evolve(
                    **step,
                    status=TaskStatus.OPEN,
                    due_at=due,
                    follow_from=_follow_from(at, due),
                    moved=one.moved + 1,
                ),
            )
            return notify(m, partner, MailKind.TASK_MOVED, at, str(one.id), task=one.id, by=act.by, note=act.note)
        case "on_track":
            again = one.due_at if one.due_at > at + timedelta(days=1) else at + AFTER_BLOCKED
            return _with(m, one.evolve(**step, status=TaskStatus.OPEN, follow_from=again))


def follow_up_ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    """A task that nobody speaks of is let go of."""
    return _with(m, of_ask(m, ask.id).evolve(status=TaskStatus.LET_GO, settled_at=at))


def assign_task(m: Mentorship, act: AssignTask, at: datetime) -> Mentorship:
    """A task between sessions. Whoever owes it hears of it, unless they set it themselves."""
    if m.stage not in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS):
        raise Rejected("not_open", "Tasks can be set once the goals are being written, and until the wrap-up.")
    m = added(m, act.task, act.by, at, "task")
    if act.task.owner is not act.by:
        new = m.tasks[-1]
        m = notify(m, act.task.owner, MailKind.TASK_ASSIGNED, at, str(new.id), task=new.id, by=act.by)
    return m


def give_feedback(m: Mentorship, act: GiveFeedback, at: datetime) -> Mentorship:
    """A word on a task that is done; the last one counts until it is mailed."""
    one = task(m, act.task)
    if one is None:
        raise Rejected("invalid", "There is no such task.", "task")
    if one.status is not TaskStatus.DONE:
        raise Rejected("not_open", "Feedback can be given once the task is done.", "task")
    if one.owner is act.by:
        raise Rejected("not_yours", "Feedback is for a task of your partner's.", "task")
    if one.feedback and not is_waiting(m, MailKind.TASK_FEEDBACK, one.owner, str(one.id)):
        raise Rejected("superseded", "You have given feedback on this task already, and it was delivered.", "task")
    m = _with(m, one.evolve(feedback=act.feedback))
    return notify(m, one.owner, MailKind.TASK_FEEDBACK, at, str(one.id), task=one.id, by=act.by)
