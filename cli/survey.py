"""What a report says about many mentorships: some of it is counted for all, some is measured in a sample.

Temporal counts what the search attributes tell, however many there are. Times and mails are known to each mentorship
alone, so a number of them, drawn by a seed, are asked.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime

import programs
from cli.filters import both
from cli.many import AT_ONCE, each
from models.base import PAIR, Instant, Model, Role
from models.measures import Measures
from models.program import AskKind
from models.state import Outcome, Stage
from settings import settings
from workflows.client import ActRejected, EngineUnreachable, Mentorships, NoSuchMentorship
from workflows.search_attributes import HEALTH, OUTCOME, PROGRAM, STAGE, STATUS, WAITING_ON, Key

STAGES = (Stage.INTRO, Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS, Stage.WRAP_UP)
VERDICTS = ("on_track", "too_early", "needs_attention", "at_risk")
STATUSES = ("active", "paused", "held")
WAITED_ON = ("mentor", "mentee", "both")
OPEN = "ExecutionStatus = 'Running' AND TrellisStage != 'ended'"
ENDED = f"{STAGE.name} = 'ended'"


class Spread(Model):
    """How numbers spread: a quarter of them are at most `low`, half at most `middle`, three quarters at most `high`."""

    count: int
    low: float
    middle: float
    high: float
    most: float


class AnswerSpread(Model):
    """The hours that one of the two took for answers to one kind of ask."""

    kind: AskKind
    by: Role
    hours: Spread


class Counted(Model):
    """What is known of all."""

    in_all: int
    open: int
    ended: int
    by_stage: dict[str, dict[str, int]]
    """The open ones by stage, and in each by health."""
    by_status: dict[str, int]
    nudged: dict[str, int]
    """The open ones in which this person was nudged and has not answered."""
    by_outcome: dict[str, int]
    by_program: dict[str, int]


class Sampled(Model):
    """What was measured in some of them."""

    asked: int
    answered: int
    seed: int
    reached: dict[str, int]
    """How many of them have been in a stage, and how many were completed."""
    stage_days: dict[str, Spread]
    """Of stays that are over."""
    answer_hours: tuple[AnswerSpread, ...]
    ran_out: int
    answers: int
    mails: Spread | None
    """To all three, since the beginning, for each mentorship."""
    mails_last_week: dict[str, dict[int, int]]
    """For mentors and mentees of open mentorships: how many people got how many mails."""


class Survey(Model):
    """A whole report."""

    at: Instant
    filter: str
    counted: Counted
    sampled: Sampled


async def survey(mentorships: Mentorships, filter: str, size: int, seed: int, tick: Callable[[int], None]) -> Survey:
    """Counts and asks. `tick` hears of each that was asked, and of how many there are to ask."""
    counted = await _counted(mentorships, filter)
    ids = sorted([one.id async for one in mentorships.list(filter)]) if size else []
    drawn = random.Random(seed).sample(ids, min(size, len(ids)))  # noqa: S311 - a sample, not a secret  # nosec B311
    measured: list[Measures] = []
    asked = 0
    answers = each(drawn, lambda id: _measured(mentorships, id))
    async with aclosing(answers):
        async for _, one in answers:
            tick(len(drawn))
            asked += 1
            if one is not None:
                measured.append(one)
            elif asked >= AT_ONCE and not measured:
                break  # no worker: each of the others would take its ten seconds to say so
    return Survey(at=datetime.now(UTC), filter=filter, counted=counted, sampled=sampled(measured, asked, seed))


def sampled(measured: Iterable[Measures], asked: int, seed: int) -> Sampled:
    """What a sample tells."""
    some = list(measured)
    days = {
        stage: [stay.days for one in some for stay in one.stays if stay.stage is stage and stay.over]
        for stage in STAGES
    }
    hours: dict[tuple[AskKind, Role], list[float]] = {}
    for one in some:
        for answer in one.answers:
            hours.setdefault((answer.kind, answer.by), []).append(answer.hours)
    reached = Counter(stage.value for one in some for stage in dict.fromkeys(stay.stage for stay in one.stays))
    reached["completed"] = sum(one.outcome is Outcome.COMPLETED for one in some)
    open_ones = [one for one in some if one.outcome is None]
    return Sampled(
        asked=asked,
        answered=len(some),
        seed=seed,
        reached={name: reached[name] for name in (*(stage.value for stage in STAGES), "completed")},
        stage_days={stage.value: told for stage, values in days.items() if (told := spread(values)) is not None},
        answer_hours=tuple(
            AnswerSpread(kind=kind, by=by, hours=told)
            for kind in AskKind
            for by in PAIR
            if (told := spread(hours.get((kind, by), ()))) is not None
        ),
        ran_out=sum(one.ran_out for one in some),
        answers=sum(len(one.answers) for one in some),
        mails=spread([one.mails for one in some]),
        mails_last_week={
            role.value: dict(sorted(Counter(one.mails_last_week[role] for one in open_ones).items())) for role in PAIR
        },
    )


def sample_told(found: Survey) -> str:
    """What was measured, and in how many."""
    told, in_all = found.sampled, found.counted.in_all
    silent = told.asked - told.answered
    which = "all" if told.asked >= in_all else f"a sample of {told.asked:,} of {in_all:,} (seed {told.seed})"
    return f"Measured in {which}" + (f"; {silent:,} did not answer" if silent else "")


def spread(values: Iterable[float]) -> Spread | None:
    """How these spread; None without any."""
    ordered = sorted(values)
    if not ordered:
        return None

    def at(share: float) -> float:
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    return Spread(count=len(ordered), low=at(0.25), middle=at(0.5), high=at(0.75), most=ordered[-1])


async def _counted(mentorships: Mentorships, filter: str) -> Counted:
    turn = asyncio.Semaphore(AT_ONCE)

    async def count(*filters: str) -> int:
        async with turn:
            return await mentorships.count(both(*filters, filter))

    async def by(key: Key, values: Iterable[str], *filters: str) -> dict[str, int]:
        names = list(values)
        found = await asyncio.gather(*(count(f"{key.name} = '{name}'", *filters) for name in names))
        return dict(zip(names, found, strict=True))

    in_all, open_ones, ended = await asyncio.gather(count(), count(OPEN), count(ENDED))
    by_status, nudged, by_outcome, by_program, *stages = await asyncio.gather(
        by(STATUS, STATUSES, OPEN),
        by(WAITING_ON, WAITED_ON, OPEN),
        by(OUTCOME, Outcome),
        by(PROGRAM, programs.names(settings().programs_dir)),
        *(by(HEALTH, VERDICTS, OPEN, f"{STAGE.name} = '{stage}'") for stage in STAGES),
    )
    others = in_all - sum(by_program.values())
    return Counted(
        in_all=in_all,
        open=open_ones,
        ended=ended,
        by_stage=dict(zip((stage.value for stage in STAGES), stages, strict=True)),
        by_status=by_status,
        nudged=nudged,
        by_outcome=by_outcome,
        by_program={name: number for name, number in (*by_program.items(), ("others", others)) if number > 0},
    )


async def _measured(mentorships: Mentorships, id: str) -> Measures | None:
    try:
        return await mentorships.measures(id)
    except (ActRejected, EngineUnreachable, NoSuchMentorship):
        return None
