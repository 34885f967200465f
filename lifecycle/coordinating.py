"""What the coordinator sees of a mentorship, and what they can do about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lifecycle.anytime import pause_now
from lifecycle.cards import correspondent, program_card, reason_line
from lifecycle.commands import command
from lifecycle.health import health, reasons
from lifecycle.links import withdrawn
from lifecycle.overview import status, waiting
from lifecycle.rejection import Rejected
from models.base import PAIR, Role
from models.commands import Command, EndCommand, MessageCommand, PatienceCommand, PauseCommand, ResumeCommand
from models.pages import CoordinatorPage, CoordinatorQuery, CoordinatorStatus, Undelivered, WordForCoordinator
from models.state import Mentorship, SessionStatus, Stage


def coordinator(m: Mentorship, query: CoordinatorQuery, now: datetime) -> CoordinatorPage:
    """The coordinator's page. It never changes anything."""
    resting = pause_now(m, now)
    coming = [one for one in m.sessions if one.status is SessionStatus.PLANNED and one.starts_at > now]
    following = min(coming, key=lambda one: one.starts_at, default=None)
    mine = tuple(one for one in m.receipts if one.by is Role.COORDINATOR)
    return CoordinatorPage(
        status=_status(m, query),
        now=now,
        mentorship=m.id,
        program=program_card(m),
        me=correspondent(m, Role.COORDINATOR),
        mentee=correspondent(m, Role.MENTEE).evolve(bio=""),
        mentor=correspondent(m, Role.MENTOR).evolve(bio=""),
        stage=m.stage,
        doing=status(m, now),
        rests_until=resting.end if resting is not None else None,
        outcome=m.outcome,
        ended_at=m.ended_at,
        rematch=m.stage is Stage.ENDED and m.ending is not None and m.ending.rematch,
        verdict=health(m, now).verdict,
        reasons=tuple(reason_line(reason) for reason in reasons(m, now)),
        waiting=waiting(m, now),
        next_session=following.number if following is not None else None,
        next_session_at=following.starts_at if following is not None else None,
        deadline=m.deadline,
        unreachable=m.unreachable,
        undelivered=tuple(Undelivered(to=log.to, kind=log.kind, at=log.at, reason=log.failed) for log in m.undelivered),
        words=tuple(_words(m)),
        done=mine,
        receipt=next((one for one in mine if one.id == query.receipt), None),
        can=possible(m, now),
        longest_pause_days=m.program.pauses.longest_days,
        acts=m.acts,
    )


def possible(m: Mentorship, now: datetime) -> tuple[str, ...]:
    """What the coordinator can do now, by name: what the rules would take."""
    trials: dict[str, Command] = {
        "message": MessageCommand(to="both", text="?"),
        "patience": PatienceCommand(days=1),
        "pause": PauseCommand(until=now.date() + timedelta(days=2)),
        "resume": ResumeCommand(),
        "rematch": EndCommand(rematch=True),
        "end": EndCommand(),
    }
    return tuple(name for name, order in trials.items() if _is_taken(m, order, now))


def _is_taken(m: Mentorship, order: Command, now: datetime) -> bool:
    try:
        command(m, order, now)
    except Rejected:
        return False
    return True


def _status(m: Mentorship, query: CoordinatorQuery) -> CoordinatorStatus:
    if withdrawn(m, Role.COORDINATOR, query.link):
        return "revoked"
    return "ended" if m.stage is Stage.ENDED else "open"


def _words(m: Mentorship) -> Iterator[WordForCoordinator]:
    for one in m.check_ins:
        for role in PAIR:
            said = one.answers.get(role)
            if said is not None and said.note and said.note_private:
                yield WordForCoordinator(by=role, at=said.at, text=said.note)
