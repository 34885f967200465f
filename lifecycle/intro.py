"""Stage intro: both accept, a first conversation, and a private word on whether it fits."""

from datetime import datetime

from lifecycle import calendar
from lifecycle.asks import Ask, ask_id, is_closed, opened
from lifecycle.ending import decide
from lifecycle.notices import notify
from lifecycle.rejection import Rejected
from models.answers import (
    Accept,
    Decision,
    Fit,
    FitCheck,
    PickTime,
    ProposeTimes,
)
from models.base import PAIR, Role
from models.mail import MailKind
from models.people import Preferences
from models.program import AskKind
from models.state import Mentorship, Outcome, Session, SessionStatus, Stage

ROUNDS = 3
"""How often times are proposed before the pair is left to arrange a conversation themselves."""


def asks(m: Mentorship) -> tuple[Ask, ...]:
    """What is open around the introduction, and the fit checks that come back later."""
    if m.stage is not Stage.INTRO:
        return _second_fit_checks(m)
    found: list[Ask] = []
    for role in PAIR:
        found += opened(m, AskKind.ACCEPT, role, at=m.started_at, direct=False)
    accepted = accepted_at(m)
    if accepted is None:
        return tuple(found)
    found += _meeting(m, accepted)
    if m.program.has(AskKind.FIT_CHECK):
        since = conversation_over(m, accepted)
        if since is not None:
            for role in PAIR:
                found += opened(m, AskKind.FIT_CHECK, role, 1, at=since, direct=False)
    return tuple(found)


def accepted_at(m: Mentorship) -> datetime | None:
    """When the second of both said yes."""
    said = [m.answers.get(ask_id(AskKind.ACCEPT, role)) for role in PAIR]
    if any(one is None or not isinstance(one.act, Accept) or one.act.decision is not Decision.YES for one in said):
        return None
    return max(one.at for one in said if one is not None)


def _proposer(number: int) -> Role:
    """The mentee proposes first; whoever finds that nothing suits proposes next."""
    return Role.MENTEE if number % 2 else Role.MENTOR


def _meeting(m: Mentorship, accepted: datetime) -> tuple[Ask, ...]:
    if not m.program.has(AskKind.PROPOSE_TIMES) or calendar.session(m, 0) is not None:
        return ()
    at = accepted
    for number in range(1, ROUNDS + 1):
        proposer = _proposer(number)
        proposing = ask_id(AskKind.PROPOSE_TIMES, proposer, number)
        if proposing in m.ran_out:
            return ()
        proposed = m.answers.get(proposing)
        if proposed is None:
            return opened(m, AskKind.PROPOSE_TIMES, proposer, number, at=at, direct=True)
        picking = ask_id(AskKind.PICK_TIME, proposer.partner, number)
        picked = m.answers.get(picking)
        if picked is None:
            return opened(m, AskKind.PICK_TIME, proposer.partner, number, at=proposed.at, direct=True)
        at = picked.at
    return ()


def _meeting_given_up(m: Mentorship, accepted: datetime) -> datetime | None:
    """When the pair was left to arrange the conversation themselves, if it was."""
    if not m.program.has(AskKind.PROPOSE_TIMES):
        return accepted
    if calendar.session(m, 0) is not None or _meeting(m, accepted):
        return None
    ends = [at for identity, at in m.ran_out.items() if identity.startswith((AskKind.PROPOSE_TIMES, AskKind.PICK_TIME))]
    ends += [one.at for identity, one in m.answers.items() if identity.startswith(AskKind.PICK_TIME)]
    return max(ends, default=accepted)


def conversation_over(m: Mentorship, accepted: datetime) -> datetime | None:
    first = calendar.session(m, 0)
    if first is None:
        return _meeting_given_up(m, accepted)
    if first.status is SessionStatus.CANCELLED:
        return first.planned_at
    return calendar.ends_at(first)


def _second_fit_checks(m: Mentorship) -> tuple[Ask, ...]:
    """Whoever was not sure is asked again after the first session that took place."""
    if m.stage not in (Stage.GROW_SESSIONS, Stage.CHECK_INS):
        return ()
    held = next((one.record for one in m.sessions if one.number > 0 and one.record is not None), None)
    if held is None:
        return ()
    found: list[Ask] = []
    for role in PAIR:
        said = m.answers.get(ask_id(AskKind.FIT_CHECK, role, 1))
        if said is not None and isinstance(said.act, FitCheck) and said.act.fit is Fit.NOT_SURE:
            found += opened(m, AskKind.FIT_CHECK, role, 2, at=held.at, direct=False)
    return tuple(found)


def next_stage(m: Mentorship) -> Stage | None:
    """Goals are next once both accepted, the conversation is arranged or given up, and both said whether it fits."""
    accepted = accepted_at(m)
    if accepted is None or _meeting(m, accepted):
        return None
    if m.program.has(AskKind.FIT_CHECK) and not all(is_closed(m, ask_id(AskKind.FIT_CHECK, role, 1)) for role in PAIR):
        return None
    return Stage.GOAL_SETTING


def accept(m: Mentorship, act: Accept, ask: str, at: datetime) -> Mentorship:
    """Takes over how someone likes to be written to; a no ends it, kindly and after the undo time."""
    person = m.person(act.by)
    if act.decision is Decision.NO:
        return decide(m, Outcome.DECLINED, at, act.by, ask=ask, note=act.reason, undoable=True)
    before = person.preferences
    try:
        preferences = Preferences(
            zone=act.zone or before.zone,
            hours_from=act.hours_from or before.hours_from,
            hours_to=act.hours_to or before.hours_to,
            days_off=before.days_off if act.days_off is None else act.days_off,
            mail=before.mail,
            language=before.language,
        )
    except ValueError:
        raise Rejected(
            "invalid", "Please leave at least two hours on at least one day of the week for mail.", "hours_to"
        ) from None
    m = m.evolve(**{act.by.value: person.evolve(preferences=preferences)})
    partner_said = m.answers.get(ask_id(AskKind.ACCEPT, act.by.partner))
    if partner_said is not None:
        m = notify(m, act.by.partner, MailKind.PARTNER_ACCEPTED, at, by=act.by)
    return m


def propose_times(m: Mentorship, act: ProposeTimes, ask: str, at: datetime) -> Mentorship:
    """The times are kept with the answer; here they are only checked."""
    for index, starts_at in enumerate(act.times):
        calendar.check_time(starts_at, at, f"times.{index}")
    if len(set(act.times)) < len(act.times):
        raise Rejected("invalid", "Two of the times are the same. Please propose different ones.", "times.0")
    return m


def proposal(m: Mentorship, picking: str) -> ProposeTimes | None:
    """The proposal that a `pick_time` ask is about."""
    _, role, number = picking.split(".")
    said = m.answers.get(ask_id(AskKind.PROPOSE_TIMES, Role(role).partner, int(number)))
    return said.act if said is not None and isinstance(said.act, ProposeTimes) else None


def pick_time(m: Mentorship, act: PickTime, ask: str, at: datetime) -> Mentorship:
    """Puts the first conversation into the calendar."""
    proposed = proposal(m, ask)
    assert proposed is not None
    if act.none_suits:
        return m
    assert act.time is not None
    if act.time not in proposed.times:
        raise Rejected("invalid", "Please choose one of the proposed times.", "time")
    if act.time <= at:
        raise Rejected("invalid", "That time has passed. Please choose another, or say that none suits.", "time")
    return _meet(m, act.time, proposed.place, at)


def _meet(m: Mentorship, starts_at: datetime, place: str, at: datetime) -> Mentorship:
    return calendar.with_session(m, Session(number=0, starts_at=starts_at, minutes=45, place=place, planned_at=at))


def pick_time_ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    """Silence takes the first proposed time that is still ahead."""
    proposed = proposal(m, ask.id)
    ahead = [time for time in proposed.times if time > at] if proposed is not None else []
    return _meet(m, ahead[0], proposed.place, at) if proposed is not None and ahead else m


def fit_check(m: Mentorship, act: FitCheck, ask: str, at: datetime) -> Mentorship:
    """A "not a fit" ends it after the undo time. Nobody learns whose word it was."""
    if act.fit is Fit.NOT_A_FIT:
        return decide(m, Outcome.NOT_A_FIT, at, act.by, ask=ask, note=act.note, undoable=True)
    return m
