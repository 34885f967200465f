"""Random acts and commands that can come at any time, sensible ones and ones that must be refused."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from lifecycle import all_asks
from models.acts import (
    AskHelp,
    AssignTask,
    CancelSession,
    ChangePreferences,
    Coordinate,
    DaysAway,
    ExitRamp,
    FreshLink,
    GiveFeedback,
    MoveSession,
    NotMine,
    Pause,
    Ramp,
    Resume,
    Snooze,
    StopContact,
    Undo,
    Unsubscribe,
)
from models.answers import ActBase, LinkUsed
from models.base import Role
from models.commands import (
    ChangePersonCommand,
    ChangeProgramCommand,
    Command,
    EndCommand,
    ExtendCommand,
    MessageCommand,
    PatienceCommand,
    PauseCommand,
    ResendLinkCommand,
    ResumeCommand,
    RevokeLinksCommand,
)
from models.mail import MailEvent
from models.people import MailChoice
from models.program import AskKind
from models.state import Mentorship, Outcome
from tests.random_pairs import EITHER, a_random_program, random_answer, random_preferences, random_task

MADE_UP = (
    "",
    "accept",
    "accept.mentor",
    "accept.coordinator",
    "propose_times.mentee.1",
    "pick_time.mentor.1",
    "pick_time.mentor.x",
    "fit_check.mentor",
    "fit_check.mentee.1",
    "set_goals.mentee.1",
    "set_goals.mentee.99",
    "review_goals.mentor.1",
    "sign_agreement.mentee.1",
    "report.mentee.1.0",
    "report.mentee.77.0",
    "confirm.mentor.1",
    "follow_up.mentee.1.1",
    "follow_up.mentee.77.1",
    "check_in.mentor.1",
    "extend.mentee.1",
    "reflect.mentor",
    "nonsense.mentee.1",
    "check_in..",
)


def any_time_act(rng: Random, m: Mentorship, now: datetime) -> ActBase:
    """One of the acts that answer no ask, by either of the pair."""
    by: Role = rng.choice(EITHER)
    today = now.astimezone(ZoneInfo(m.person(by).preferences.zone)).date()
    owed = [ask for ask in all_asks(m) if ask.opened_at <= now]
    ask = rng.choice(owed).id if owed else ""
    session = rng.choice(m.sessions).number if m.sessions and rng.random() < 0.95 else 7
    makers: tuple[Callable[[], ActBase], ...] = (
        lambda: Pause(by=by, until=today + timedelta(days=rng.randint(0, 45))),
        lambda: Resume(by=by),
        lambda: _days_away(rng, by, today),
        lambda: ChangePreferences(by=by, preferences=random_preferences(rng)),
        lambda: Snooze(by=by, ask=ask, days=rng.randint(1, 7)),
        lambda: ExitRamp(
            by=by, choice=rng.choice(tuple(Ramp)), until=today + timedelta(days=rng.randint(1, 30)), note="SECRET"
        ),
        lambda: AskHelp(by=by, message="SECRET help"),
        lambda: FreshLink(by=by, ask=rng.choice((ask, ask, rng.choice((*MADE_UP, *(one.id for one in all_asks(m))))))),
        lambda: NotMine(by=by),
        lambda: Unsubscribe(by=by, mail=rng.choice((MailChoice.PARTNER_ONLY, MailChoice.CLOSING_ONLY))),
        lambda: MoveSession(by=by, session=session, starts_at=now + timedelta(hours=rng.randint(0, 24 * 30))),
        lambda: CancelSession(by=by, session=session),
        lambda: AssignTask(by=by, task=random_task(rng, today)),
        lambda: GiveFeedback(by=by, task=rng.randint(1, 6), feedback="Well done"),
        lambda: Undo(by=by),
    )
    if rng.random() < 0.02:
        return StopContact(by=by, message="SECRET reason")
    return rng.choice(makers)()


def _days_away(rng: Random, by: Role, today: date) -> DaysAway:
    first = today + timedelta(days=rng.randint(-2, 20))
    return DaysAway(by=by, first=first, last=first + timedelta(days=rng.randint(0, 14)))


def a_wild_act(rng: Random, m: Mentorship, now: datetime) -> ActBase:
    """An act that fits the models but perhaps not the moment: the partner's ask, a closed one, a made-up one."""
    identities = [*MADE_UP, *m.answers, *m.ran_out, *(ask.id for ask in all_asks(m))]
    identity = rng.choice(identities)
    kind = rng.choice(tuple(AskKind))
    name = identity.split(".")[0]
    if name in tuple(AskKind) and rng.random() < 0.8:
        kind = AskKind(name)
    act: ActBase
    if rng.random() < 0.2:
        act = any_time_act(rng, m, now)
    else:
        by = rng.choice(EITHER)
        if f".{by.partner}" in identity and rng.random() < 0.8:
            by = Role.MENTOR if by is Role.MENTEE else Role.MENTEE
        act = random_answer(rng, m, kind, by, identity, now)
    if rng.random() < 0.1:
        act = act.evolve(by=rng.choice(tuple(Role)))
    if rng.random() < 0.1:
        act = act.evolve(link=LinkUsed(jti="a", issued_at=now - timedelta(days=rng.randint(0, 60))))
    return act


def a_command(rng: Random, m: Mentorship, now: datetime) -> Command:
    """What a platform might want; ending it is rare."""
    if rng.random() < 0.05:
        outcome = rng.choice((Outcome.CANCELLED, Outcome.NOT_A_FIT, Outcome.ENDED_EARLY))
        return EndCommand(reason="SECRET reason", outcome=outcome, rematch=rng.random() < 0.5)
    alone: Literal[Role.MENTEE, Role.MENTOR] = rng.choice(EITHER)
    asks = ("", *(ask.id for ask in all_asks(m)), rng.choice(MADE_UP))
    makers: tuple[Callable[[], Command], ...] = (
        lambda: PauseCommand(until=now.date() + timedelta(days=rng.randint(0, 40))),
        ResumeCommand,
        lambda: ExtendCommand(days=rng.randint(1, 60), sessions=rng.randint(0, 3)),
        lambda: ChangeProgramCommand(program=a_random_program(rng)),
        lambda: ChangePersonCommand(role=rng.choice(EITHER), email=f"new{rng.randint(1, 3)}@example.com"),
        lambda: ResendLinkCommand(role=rng.choice(EITHER)),
        lambda: RevokeLinksCommand(role=rng.choice(tuple(Role))),
        lambda: MessageCommand(to="both", text="A word to both"),
        lambda: MessageCommand(to=alone, text=f"A word for the {alone} alone"),
        lambda: PatienceCommand(days=rng.choice((1, 3, 7, 14, 30)), ask=rng.choice(asks)),
    )
    return rng.choice(makers)()


def coordinated(rng: Random, m: Mentorship, now: datetime) -> Coordinate:
    """The same as an act of the coordinator."""
    return Coordinate(command=a_command(rng, m, now))


def a_mail_event(rng: Random) -> MailEvent:
    """What a mail provider might report, mostly harmless."""
    event = rng.choice(("delivered", "delivered", "blocked", "bounced", "complained", "unsubscribed"))
    return MailEvent.model_validate(
        {"letter": f"pair-{rng.randint(1, 40):04d}", "to": rng.choice(EITHER), "event": event}
    )
