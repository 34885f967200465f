"""Applying what a person did: (state, act, now) -> state and receipt, or a reason why not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from lifecycle import check_ins as check_in_rules
from lifecycle import goal_setting, grow_sessions, intro, tasks, wrap_up
from lifecycle.anytime import ANY_TIME
from lifecycle.asks import ask_id, is_closed
from lifecycle.calendar import session
from lifecycle.commands import command
from lifecycle.links import withdrawn
from lifecycle.moments import alarmed
from lifecycle.notices import is_waiting
from lifecycle.orders import done, heard
from lifecycle.receipts import RESTING, happens_next, recorded
from lifecycle.rejection import Rejected
from lifecycle.stages import all_asks, settled
from models.acts import Coordinate
from models.answers import (
    ActBase,
    AnyAnswer,
    CheckIn,
    ReviewGoals,
)
from models.base import PAIR, Role
from models.mail import MailKind
from models.program import AskKind
from models.state import Answered, Mentorship, Receipt, SessionStatus, Stage

MOST_RECEIPTS = 24
LAST_RECEIPTS = 8
KEEP_RECEIPTS = timedelta(days=14)
"""How far back a renewal carries receipts: a press that is repeated later is answered with the ask's own record."""

BY_STRANGERS = ("not_mine",)
"""Acts that say nothing of the person whose link it was."""

Rule = Callable[[Mentorship, Any, str, datetime], Mentorship]

ANSWERS: dict[AskKind, Rule] = {
    AskKind.ACCEPT: intro.accept,
    AskKind.PROPOSE_TIMES: intro.propose_times,
    AskKind.PICK_TIME: intro.pick_time,
    AskKind.FIT_CHECK: intro.fit_check,
    AskKind.SET_GOALS: goal_setting.set_goals,
    AskKind.REVIEW_GOALS: goal_setting.review_goals,
    AskKind.SIGN_AGREEMENT: goal_setting.sign_agreement,
    AskKind.PREPARE: grow_sessions.prepare,
    AskKind.REPORT: grow_sessions.report,
    AskKind.CONFIRM: grow_sessions.confirm,
    AskKind.FOLLOW_UP: tasks.follow_up,
    AskKind.CHECK_IN: check_in_rules.check_in,
    AskKind.EXTEND: wrap_up.answer_extension,
    AskKind.REFLECT: wrap_up.reflect,
}
"""The rule for the answer to each kind of ask."""


def apply(m: Mentorship, act: ActBase, now: datetime, receipt_id: str) -> tuple[Mentorship, Receipt]:
    """What the state becomes, and what the person gets to read. A receipt id that was used before changes nothing.

    Raises `Rejected` when the act is not possible; then nothing has changed.
    """
    known = next((receipt for receipt in m.receipts if receipt.id == receipt_id), None)
    if known is not None:
        return m, told(m, known, now)
    if act.by not in PAIR and not isinstance(act, Coordinate):
        raise Rejected("not_yours", "Only the mentor and the mentee can do this.", "by")
    if m.stage is Stage.ENDED:
        raise Rejected("ended", "This mentorship has ended, so nothing can be changed any more.")
    if withdrawn(m, act.by, act.link):
        raise Rejected("revoked", "This link was withdrawn. Please use the newest mail, or ask for a fresh link.")
    name = str(getattr(act, "act", ""))
    before = m
    if isinstance(act, Coordinate):
        m = command(m, act.command, now)
    else:
        m = ANY_TIME[name](m, act, now) if name in ANY_TIME else _answered(m, act, AskKind(name), now)
    m = m.evolve(acts=m.acts + 1)
    if name not in BY_STRANGERS:
        m = m.evolve(
            last_act={**m.last_act, act.by: now},
            silences={role: count for role, count in m.silences.items() if role is not act.by},
        )
    m = alarmed(settled(m, now), now)
    owed = (ask.id for ask in all_asks(m) if ask.by is act.by and ask.opened_at <= now)
    leads_on = None if isinstance(act, RESTING) else next(owed, None)
    receipt = Receipt(
        id=receipt_id,
        act=name,
        by=act.by,
        ask=act.ask,
        at=now,
        recorded=done(act.command, before, now) if isinstance(act, Coordinate) else recorded(before, act),
        happens_next=heard(act.command, m)
        if isinstance(act, Coordinate)
        else happens_next(before, m, act, more=leads_on is not None),
        next_ask=leads_on,
        undo_until=m.ending.effective_at if m.ending and m.ending.by is act.by and m.stage is not Stage.ENDED else None,
    )
    m = m.evolve(receipts=(*m.receipts[-(MOST_RECEIPTS - 1) :], receipt))
    return m, told(m, receipt, now)


def told(m: Mentorship, receipt: Receipt, now: datetime) -> Receipt:
    """The receipt with what follows from the state just now, so that whoever shows it need not ask again."""
    given = m.answers.get(receipt.ask)
    leads_on = next((ask for ask in all_asks(m) if ask.id == receipt.next_ask and ask.opened_at <= now), None)
    return receipt.evolve(
        next_title=leads_on.title if leads_on is not None else "",
        changeable=given is not None and given.by is receipt.by and changeable(m, given, now),
    )


def _answered(m: Mentorship, act: ActBase, kind: AskKind, now: datetime) -> Mentorship:
    earlier = m.answers.get(act.ask)
    if not act.ask.startswith(f"{kind}."):
        raise Rejected("invalid", "This answer does not go with what was asked.", "ask")
    if earlier is None:
        _refuse_unless_asked(m, act, now)
    elif earlier.by is not act.by:
        raise Rejected("not_yours", "This was asked of your partner.", "ask")
    elif not changeable(m, earlier, now):
        raise Rejected("superseded", "You have answered this already, and we have gone on from your answer.", "ask")
    elif m.ending is not None and m.ending.ask == act.ask:
        m = m.evolve(ending=None)
    answer = Answered(
        ask=act.ask,
        by=act.by,
        at=now,
        revision=earlier.revision + 1 if earlier else 1,
        recorded=recorded(m, act),
        act=cast(AnyAnswer, act),
    )
    m = m.evolve(answers={**m.answers, act.ask: answer})
    return ANSWERS[kind](m, act, act.ask, now)


def _refuse_unless_asked(m: Mentorship, act: ActBase, now: datetime) -> None:
    for ask in all_asks(m):
        if ask.id != act.ask:
            continue
        if ask.by is not act.by:
            raise Rejected("not_yours", "This was asked of your partner.", "ask")
        if ask.opened_at > now:
            raise Rejected("not_open", "It is too early for this. We will write when it is time.", "ask")
        return
    if act.ask in m.ran_out:
        raise Rejected("expired", "We went on without an answer, so this can't be answered any more.", "ask")
    raise Rejected("not_open", "Things have moved on, so this is not asked any more.", "ask")


def changeable(m: Mentorship, given: Answered, now: datetime) -> bool:
    """Whether an answer can still be changed: until the engine, or the partner, has built on it."""
    if m.stage is Stage.ENDED:
        return False
    if m.ending is not None and m.ending.ask == given.ask:
        return True
    kind, role, *numbers = given.ask.split(".")
    partner = Role(role).partner
    match AskKind(kind):
        case AskKind.ACCEPT:
            return ask_id(AskKind.ACCEPT, partner) not in m.answers
        case AskKind.PROPOSE_TIMES:
            return not is_closed(m, ask_id(AskKind.PICK_TIME, partner, int(numbers[0]))) and m.stage is Stage.INTRO
        case AskKind.FIT_CHECK:
            return m.stage is Stage.INTRO and numbers[0] == "1"
        case AskKind.SET_GOALS:
            return m.stage is Stage.GOAL_SETTING and m.goal_versions[-1].verdict == "open"
        case AskKind.REVIEW_GOALS:
            return (
                m.stage is Stage.GOAL_SETTING
                and m.goal_versions[-1].number == int(numbers[0])
                and not m.terms_offered
                and (not isinstance(given.act, ReviewGoals) or is_waiting(m, MailKind.GOALS_APPROVED, Role.MENTEE))
            )
        case AskKind.SIGN_AGREEMENT:
            mine = given.at
            theirs = [one.at for one in m.answers.values() if one.by is partner and one.ask.startswith(f"{kind}.")]
            return (
                m.stage is Stage.GOAL_SETTING
                and m.terms is None
                and all(at < mine for at in theirs)
                and len(m.terms_offered) == 1
            )
        case AskKind.PREPARE:
            one = session(m, int(numbers[0]))
            return one is not None and one.status is SessionStatus.PLANNED and now < one.starts_at
        case AskKind.REPORT:
            one = session(m, int(numbers[0]))
            return (
                m.stage is not Stage.WRAP_UP
                and one is not None
                and one.record is not None
                and one.record.confirmed_at is None
            )
        case AskKind.CONFIRM:
            return is_waiting(m, MailKind.SESSION_CONFIRMED, Role.MENTEE, numbers[0])
        case AskKind.CHECK_IN:
            number = int(numbers[0])
            return (
                m.stage in (Stage.GROW_SESSIONS, Stage.CHECK_INS)
                and not is_closed(m, ask_id(AskKind.CHECK_IN, partner, number))
                and isinstance(given.act, CheckIn)
                and given.act.refocus == "none"
            )
        case AskKind.EXTEND:
            return m.stage is Stage.WRAP_UP and not is_closed(m, ask_id(AskKind.EXTEND, partner, int(numbers[0])))
        case AskKind.REFLECT:
            return m.stage is Stage.WRAP_UP
        case AskKind.PICK_TIME | AskKind.FOLLOW_UP:
            return False


NEEDED_LATER = (AskKind.ACCEPT, AskKind.PROPOSE_TIMES, AskKind.PICK_TIME, AskKind.FIT_CHECK, AskKind.EXTEND)
"""Asks whose answers later rules look at."""


def compacted(m: Mentorship, now: datetime) -> Mentorship:
    """The state to carry on: without the wording of answers that stand for good, and without what can't come back."""
    answers = {
        identity: given
        if identity.split(".")[0] in NEEDED_LATER or changeable(m, given, now)
        else given.evolve(act=None)
        for identity, given in m.answers.items()
    }
    asks = {ask.id for ask in all_asks(m)}
    if m.ending is not None:
        asks.add(m.ending.ask)  # an undo asks it again, and must not mail it again
    return m.evolve(
        answers=answers,
        told={key: at for key, at in m.told.items() if "#" not in key or key.split("#")[0] in asks},
        snoozes={identity: spans for identity, spans in m.snoozes.items() if identity in asks},
        patience={identity: spans for identity, spans in m.patience.items() if identity in asks},
        receipts=tuple(
            one
            for index, one in enumerate(m.receipts)
            if index >= len(m.receipts) - LAST_RECEIPTS or one.at > now - KEEP_RECEIPTS
        ),
    )
