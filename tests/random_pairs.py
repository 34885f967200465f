"""Random programs, pairs and answers for the laws: all that the models allow, drawn from one source of chance."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

from lifecycle import calendar
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
from models.base import Role
from models.people import Coordinator, Preferences, Start, StartPerson
from models.program import (
    OPTIONAL_ASKS,
    AskKind,
    CheckIns,
    Goals,
    Manners,
    Nudges,
    Pauses,
    Program,
    Sessions,
    WrapUp,
)
from models.state import Mentorship

EITHER: tuple[Literal[Role.MENTEE, Role.MENTOR], ...] = (Role.MENTEE, Role.MENTOR)
COORDINATORS = ("cora", "cora", "cora", "dora")
ZONES = (
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "UTC",
)
CLOCK_CHANGES = tuple(
    datetime.fromisoformat(day).replace(tzinfo=UTC)
    for day in (
        *("2026-03-08", "2026-03-29", "2026-04-05", "2026-04-24", "2026-10-04", "2026-10-25", "2026-10-30"),
        *("2026-11-01", "2027-03-14", "2027-03-28", "2027-04-04", "2027-10-03", "2027-10-31", "2027-11-07"),
    )
)


def a_random_program(rng: Random) -> Program:
    """Any program that the models allow, of a size that people could live through."""
    ladder = tuple(sorted(rng.sample(range(1, 15), rng.randint(0, 4))))
    coordinator_day = (ladder[-1] if ladder else 0) + rng.randint(1, 5)
    patience = coordinator_day + rng.randint(3, 8)
    weeks = rng.randint(1, 16)
    per_day = rng.randint(1, 3)
    waking_from, waking_to = time(rng.randint(5, 9)), time(rng.randint(19, 23))
    return Program(
        name="random",
        title="A random program",
        summary="For the laws.",
        weeks=weeks,
        longest_days=max(14, weeks * 7 + 2 * patience + rng.randint(0, 120)),
        coordinator=Coordinator(
            name="Cora", email=f"{rng.choice(COORDINATORS)}@example.com", preferences=random_preferences(rng)
        ),
        sessions=Sessions(
            count=rng.randint(1, 6),
            every_weeks=rng.randint(1, 4),
            minutes=rng.choice((15, 60, 240)),
            prepare_days_before=rng.randint(1, 7),
            tasks_most=rng.randint(1, 4),
        ),
        check_ins=CheckIns(
            count=rng.randint(0, 3),
            every_weeks=rng.randint(1, 3),
            midway=rng.random() < 0.5,
            refocus_most=rng.randint(0, 2),
        ),
        goals=Goals(most=rng.randint(1, 3), rounds=rng.randint(1, 3)),
        wrap_up=WrapUp(extension_sessions=rng.choice((0, 0, 1, 3)), certificate=rng.random() < 0.5),
        nudges=Nudges(
            ladder_days=ladder,
            coordinator_day=coordinator_day,
            patience_days=patience,
            silences_to_lapse=rng.randint(1, 5),
        ),
        manners=Manners(
            waking_from=waking_from,
            waking_to=waking_to,
            per_day=per_day,
            per_week=rng.randint(max(per_day, 2), 7),
            undo_minutes=rng.choice((0, 15, 15, 1440)),
        ),
        pauses=Pauses(longest_days=rng.randint(3, 42), total_days=rng.randint(3, 84)),
        without=tuple(kind for kind in OPTIONAL_ASKS if rng.random() < 0.25),
    )


def random_preferences(rng: Random) -> Preferences:
    """Any zone, hours of two hours or more, and up to six days off."""
    hours_from = rng.choice((0, 120, 180, 420, 480, 540, 570, 840, 1200, 1260))
    hours_to = min(hours_from + rng.choice((120, 240, 540, 900)), 1439)
    return Preferences(
        zone=rng.choice(ZONES),
        hours_from=time(hours_from // 60, hours_from % 60),
        hours_to=time(hours_to // 60, hours_to % 60),
        days_off=tuple(sorted(rng.sample(range(7), rng.choice((0, 1, 2, 2, 2, 4, 6))))),
    )


def a_random_start(rng: Random) -> Start:
    """Two people anywhere, some of them with hours of their own."""
    return Start(
        id="pair",
        program="random",
        mentor=_person(rng, "Mara Mentor", "mara@example.com"),
        mentee=_person(rng, "Theo Mentee", "theo@example.com"),
    )


def _person(rng: Random, name: str, email: str) -> StartPerson:
    likes = random_preferences(rng)
    own: dict[str, Any] = {}
    if rng.random() < 0.6:
        own = {"hours_from": likes.hours_from, "hours_to": likes.hours_to, "days_off": likes.days_off}
    return StartPerson(name=name, email=email, bio="A person.", zone=likes.zone, **own)


def a_random_time(rng: Random) -> datetime:
    """A beginning some weeks before a clock change of 2026 or 2027."""
    return rng.choice(CLOCK_CHANGES) - timedelta(minutes=rng.randint(0, 60 * 24 * 60))


def random_answer(rng: Random, m: Mentorship, kind: AskKind, by: Role, identity: str, now: datetime) -> Act:
    """An answer to an ask: mostly willing, sometimes a no, sometimes what the rules refuse."""
    today = now.astimezone(ZoneInfo(m.person(by).preferences.zone)).date()
    far = rng.random()
    match kind:
        case AskKind.ACCEPT:
            likes = random_preferences(rng)
            own: dict[str, Any] = {"zone": likes.zone, "hours_to": likes.hours_to} if far < 0.1 else {}
            decision = Decision.NO if far > 0.95 else Decision.YES
            return Accept(by=by, ask=identity, decision=decision, reason="Because.", **own)
        case AskKind.PROPOSE_TIMES:
            times = tuple(now + timedelta(minutes=rng.randint(30, 30 * 24 * 60)) for _ in range(rng.randint(1, 3)))
            return ProposeTimes(by=by, ask=identity, times=times, place="Room 1")
        case AskKind.PICK_TIME:
            offered = m.answers.get(identity.replace(f"pick_time.{by}", f"propose_times.{by.partner}"))
            if far < 0.3 or offered is None or not isinstance(offered.act, ProposeTimes):
                return PickTime(by=by, ask=identity, none_suits=True)
            return PickTime(by=by, ask=identity, time=rng.choice(offered.act.times))
        case AskKind.FIT_CHECK:
            fit = Fit.GOOD if far < 0.7 else Fit.NOT_SURE if far < 0.96 else Fit.NOT_A_FIT
            return FitCheck(by=by, ask=identity, fit=fit, note="SECRET doubt")
        case AskKind.SET_GOALS:
            return SetGoals(by=by, ask=identity, goals=tuple(_goal(rng, today) for _ in range(rng.randint(1, 3))))
        case AskKind.REVIEW_GOALS:
            verdict = rng.choice(("approve", "approve", "change"))
            return ReviewGoals.model_validate({"by": by, "ask": identity, "verdict": verdict, "comment": "Smaller."})
        case AskKind.SIGN_AGREEMENT:
            terms = m.terms_offered.get(by.partner) or calendar.default_terms(m, now)
            if far < 0.3:
                zone = rng.choice(ZONES)
                hour = time(rng.randint(0, 23), rng.choice((0, 30)))
                terms = terms.evolve(every_weeks=rng.randint(1, 8), weekday=rng.randint(0, 6), time=hour, zone=zone)
            return SignAgreement(by=by, ask=identity, terms=terms)
        case AskKind.PREPARE:
            return Prepare(by=by, ask=identity, topics="A topic")
        case AskKind.REPORT:
            return _report(rng, by, identity, now, far)
        case AskKind.CONFIRM:
            return Confirm(by=by, ask=identity, verdict="right", rating=rng.randint(1, 5), feedback="Well done")
        case AskKind.FOLLOW_UP:
            status = rng.choice(("done", "done", "on_track", "blocked", "more_time"))
            due = today + timedelta(days=rng.randint(0, 30))
            return FollowUp.model_validate({"by": by, "ask": identity, "status": status, "new_due": due})
        case AskKind.CHECK_IN:
            return _check_in(rng, m, by, identity)
        case AskKind.EXTEND:
            return Extend(by=by, ask=identity, decision=Decision.YES if far < 0.6 else Decision.NO)
        case AskKind.REFLECT:
            return Reflect(by=by, ask=identity, then_and_now="Further on", learnt="Much", thanks="Thank you")


def _goal(rng: Random, today: date) -> Goal:
    return Goal(
        title=f"Goal {rng.randint(1, 4)}",
        measure="Count",
        baseline="0",
        target="1",
        why="It matters",
        by_when=today + timedelta(days=rng.randint(1, 90)),
    )


def random_task(rng: Random, today: date) -> NewTask:
    """A commitment of either, due soon or later."""
    return NewTask(
        title="Do it", due=today + timedelta(days=rng.randint(1, 40)), owner=rng.choice(EITHER), plan="A plan"
    )


def _report(rng: Random, by: Role, identity: str, now: datetime, far: float) -> Report:
    if far < 0.25:
        new_time = now + timedelta(hours=rng.randint(0, 400)) if far < 0.1 else None
        return Report(by=by, ask=identity, happened=Decision.NO, reason="Ill", new_time=new_time)
    return Report(
        by=by,
        ask=identity,
        happened=Decision.YES,
        goal="G",
        reality="R",
        options=("O1", "O2"),
        will="W",
        tasks=tuple(random_task(rng, now.date()) for _ in range(rng.randint(0, 3))),
        rating=rng.randint(1, 5),
    )


def _check_in(rng: Random, m: Mentorship, by: Role, identity: str) -> CheckIn:
    progress = tuple(
        Progress(goal=index + 1, percent=rng.choice((10, 50, 90, 100)))
        for index in range(len(m.goals))
        if by is Role.MENTEE and rng.random() < 0.8
    )
    scores = {name: rng.choice((1, 3, 4, 5, 5)) for name in Pulse.model_fields}
    private = rng.random() < 0.3
    return CheckIn.model_validate(
        {
            "by": by,
            "ask": identity,
            "progress": [one.model_dump() for one in progress],
            "pulse": scores,
            "note": "SECRET trouble" if private else rng.choice(("", "A note")),
            "note_private": private,
            "refocus": rng.choice(("none", "none", "none", "none", "goals", "session")),
        }
    )
