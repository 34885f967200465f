"""A pair that answers by a simple habit, and the mails that a program gives it: the timetable behind `preview`.

It runs the same rules as the workflow, with nothing but a loop in place of Temporal.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from lifecycle import calendar
from lifecycle.acts import apply
from lifecycle.agenda import planned_mails
from lifecycle.asks import Ask
from lifecycle.beginning import begin
from lifecycle.due import next_due
from lifecycle.intro import proposal
from lifecycle.letters import advance
from lifecycle.stages import all_asks
from models.acts import Act
from models.answers import (
    Accept,
    CheckIn,
    Confirm,
    Decision,
    Extend,
    Fit,
    FitCheck,
    FollowUp,
    Goal,
    NewTask,
    PickTime,
    Prepare,
    Progress,
    ProposeTimes,
    Pulse,
    Reflect,
    Report,
    ReviewGoals,
    SetGoals,
    SignAgreement,
)
from models.base import Model, Role
from models.mail import Letter, MailClass, MailKind
from models.people import Start, StartPerson
from models.program import AskKind, Program
from models.state import Mentorship
from models.wall_clock import at_wall_clock, local_day

Habit = Literal["eager", "typical", "silent"]
DELAYS: dict[Habit, timedelta | None] = {
    "eager": timedelta(hours=2),
    "typical": timedelta(days=2, hours=5),
    "silent": None,
}
"""How long after the first mail a pair of this habit answers an ask."""
MOST_STEPS = 5000


class PreviewMail(Model):
    """A mail that a program would send. `local` is the reader's wall clock, with its offset."""

    habit: Habit
    to: Role
    at: datetime
    local: datetime
    kind: MailKind
    mail_class: MailClass
    says: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Lifetime:
    """A whole simulated mentorship."""

    end: Mentorship
    letters: tuple[Letter, ...]
    whys: tuple[str, ...]
    acts: int


def preview(
    program: Program, mentor_zone: str, mentee_zone: str, start: datetime, habit: Habit
) -> tuple[PreviewMail, ...]:
    """Every mail that a pair of this habit gets, in order. `start` is an aware UTC datetime."""
    life = simulate(sample_start(program, mentor_zone, mentee_zone), program, start, habit)
    return tuple(
        PreviewMail(
            habit=habit,
            to=letter.to.role,
            at=letter.at,
            local=letter.at.astimezone(ZoneInfo(letter.to.zone)),
            kind=letter.kind,
            mail_class=letter.mail_class,
            says=tuple(item.kind.value for item in letter.items),
            why=why,
        )
        for letter, why in zip(life.letters, life.whys, strict=True)
    )


def sample_start(program: Program, mentor_zone: str, mentee_zone: str) -> Start:
    """A start request with plainly made-up people."""
    return Start(
        id="preview",
        program=program.name,
        mentor=StartPerson(name="Sample Mentor", email="mentor@example.com", bio="A mentor.", zone=mentor_zone),
        mentee=StartPerson(name="Sample Mentee", email="mentee@example.com", bio="A mentee.", zone=mentee_zone),
    )


def simulate(start: Start, program: Program, now: datetime, habit: Habit) -> Lifetime:
    """Lives a mentorship from `now` to its end. Raises `RuntimeError` if it does not end, which would be a mistake."""
    m = begin(start, program, now)
    letters: list[Letter] = []
    whys: list[str] = []
    answers: dict[str, datetime] = {}
    delay = DELAYS[habit]
    for step in range(MOST_STEPS):
        before = {planned.to: planned.why for planned in planned_mails(m, now)}
        m, delivery = advance(m, now)
        for letter in delivery.letters if delivery is not None else ():
            letters.append(letter)
            whys.append(before.get(letter.to.role, letter.kind.value))
            for item in letter.items:
                if item.ask is not None and delay is not None:
                    answers.setdefault(item.ask.id, _awake(m, letter.to.role, letter.at + delay))
        due = next_due(m, now)
        if due is None:
            return Lifetime(m, tuple(letters), tuple(whys), m.acts)
        ready = [(at, ask) for ask in all_asks(m) if (at := answers.get(ask.id)) is not None]
        if ready and min(ready, key=lambda one: one[0])[0] <= due.at:
            at, ask = min(ready, key=lambda one: (one[0], one[1].id))
            now = max(now, at)
            m, _ = apply(m, answer(m, ask, now), now, f"step-{step}")
            del answers[ask.id]
        else:
            now = due.at
    raise RuntimeError(f"the mentorship did not end in {MOST_STEPS} steps")


def _awake(m: Mentorship, role: Role, at: datetime) -> datetime:
    """People answer by day: between nine in the morning and nine in the evening of their own time."""
    zone = ZoneInfo(m.person(role).preferences.zone)
    day = local_day(at, zone)
    opens, closes = at_wall_clock(day, time(9), zone), at_wall_clock(day, time(21), zone)
    if at < opens:
        return opens
    return at if at < closes else at_wall_clock(day + timedelta(days=1), time(9), zone)


def answer(m: Mentorship, ask: Ask, now: datetime) -> Act:
    """A plain, willing answer to an ask."""
    by, identity = ask.by, ask.id
    today = local_day(now, ZoneInfo(m.person(by).preferences.zone))
    match ask.kind:
        case AskKind.ACCEPT:
            return Accept(by=by, ask=identity, decision=Decision.YES)
        case AskKind.PROPOSE_TIMES:
            return ProposeTimes(by=by, ask=identity, times=_times(m, now))
        case AskKind.PICK_TIME:
            proposed = proposal(m, identity)
            ahead = [at for at in proposed.times if at > now] if proposed is not None else []
            return PickTime(by=by, ask=identity, time=ahead[0] if ahead else None, none_suits=not ahead)
        case AskKind.FIT_CHECK:
            return FitCheck(by=by, ask=identity, fit=Fit.GOOD)
        case AskKind.SET_GOALS:
            return SetGoals(by=by, ask=identity, goals=(_goal(today),))
        case AskKind.REVIEW_GOALS:
            return ReviewGoals(by=by, ask=identity, verdict="approve")
        case AskKind.SIGN_AGREEMENT:
            offered = m.terms_offered.get(by.partner) or calendar.default_terms(m, now)
            return SignAgreement(by=by, ask=identity, terms=offered)
        case AskKind.PREPARE:
            return Prepare(by=by, ask=identity, topics="What to do next")
        case AskKind.REPORT:
            return _report(by, identity, today)
        case AskKind.CONFIRM:
            return Confirm(by=by, ask=identity, verdict="right", rating=5)
        case AskKind.FOLLOW_UP:
            return FollowUp(by=by, ask=identity, status="done" if now >= ask.due_at else "on_track")
        case AskKind.CHECK_IN:
            return _check_in(m, by, identity)
        case AskKind.EXTEND:
            return Extend(by=by, ask=identity, decision=Decision.NO)
        case AskKind.REFLECT:
            return Reflect(by=by, ask=identity, then_and_now="Further on.", learnt="To ask.", thanks="Thank you!")


def _times(m: Mentorship, now: datetime) -> tuple[datetime, ...]:
    noon = calendar.common_hour(m, now + timedelta(days=2))
    return tuple(noon + timedelta(days=days) for days in (0, 1, 7))


def _goal(today: date) -> Goal:
    return Goal(
        title="Lead a project",
        measure="Projects led",
        baseline="0",
        target="1",
        why="To grow into the role",
        by_when=today + timedelta(days=80),
    )


def _report(by: Role, ask: str, today: date) -> Report:
    return Report(
        by=by,
        ask=ask,
        happened=Decision.YES,
        goal="A plan",
        reality="No plan yet",
        options=("Ask around", "Write it down"),
        will="Write it down",
        tasks=(NewTask(title="Write the plan", due=today + timedelta(days=9)),),
        rating=5,
    )


def _check_in(m: Mentorship, by: Role, ask: str) -> CheckIn:
    steps = tuple(
        Progress(goal=index + 1, percent=min(state.percent + 30, 90)) for index, state in enumerate(m.goal_states)
    )
    pulse = Pulse(respect=5, give_and_take=4, expectations=4, values=4, connection=5)
    return CheckIn(by=by, ask=ask, progress=steps if by is Role.MENTEE else (), pulse=pulse)
