"""Composing letters: the facts of a mail, from the state as it is at the moment of sending."""

from datetime import datetime, timedelta

from lifecycle import calendar, tasks
from lifecycle.agenda import Planned, planned_mails
from lifecycle.anytime import pause_now
from lifecycle.calendar import session
from lifecycle.cards import (
    ask_card,
    away_until,
    correspondent,
    draft_cards,
    goal_cards,
    program_card,
    reason_line,
    session_card,
    summary,
    task_card,
)
from lifecycle.health import reasons
from lifecycle.intro import proposal
from lifecycle.items import Item
from lifecycle.mail_results import again
from lifecycle.moments import applied, next_moment
from lifecycle.questions import session_questions
from lifecycle.stages import all_asks
from lifecycle.whys import WHY
from models.base import PAIR, Role
from models.mail import Delivery, Letter, LetterItem, MailClass, MailKind
from models.program import AskKind
from models.state import MailLog, Mentorship, Outcome, Stage

KEEP_MAILS = timedelta(days=9)
"""How long a mail is remembered: longer than the week that the budget looks back on."""
CLASS_ORDER = tuple(MailClass[name] for name in ("URGENT", "CLOSING", "ALERT", "DIRECT", "CANCELLATION", "REMINDER"))


def advance(m: Mentorship, now: datetime) -> tuple[Mentorship, Delivery | None]:
    """Does everything that is due by `now`: what the clock brings, then the mails, which count as sent from here on."""
    # A moment may lie before what made it due: a report late in the last stretch, say. Time only goes forward.
    at = max((m.visits[-1].at, *m.last_act.values(), *(log.at for log in m.mails[-1:])))
    while (moment := next_moment(m)) is not None and moment.at <= now:
        at = max(at, moment.at)
        m = applied(m, moment, at)
    letters: list[Letter] = []
    for planned in planned_mails(m, now):
        if planned.at <= now:
            letter = _letter(m, planned, now)
            m = _sent(m, planned, letter)
            letters.append(letter)
    m, repeated = again(m, now)
    letters += repeated
    if not letters:
        return m, None
    return m, Delivery(
        mentorship=m.id,
        program=program_card(m),
        shared=m.shared,
        stage=m.stage.value,
        undo_until=m.ending.effective_at if m.ending is not None and m.stage is not Stage.ENDED else None,
        letters=tuple(letters),
    )


def _letter(m: Mentorship, planned: Planned, now: datetime) -> Letter:
    to = planned.to
    classes = [item.mail_class for item in planned.items]
    return Letter(
        id=f"{m.id}-{m.mail_count + 1:04d}",
        to=correspondent(m, to),
        partner=correspondent(m, to.partner) if to in PAIR else None,
        pair=tuple(correspondent(m, role) for role in PAIR),
        mail_class=next((one for one in CLASS_ORDER if one in classes), MailClass.INITIATED),
        at=now,
        items=tuple(_item(m, item, now) for item in planned.items),
    )


def _sent(m: Mentorship, planned: Planned, letter: Letter) -> Mentorship:
    told = dict(m.told)
    for item in planned.items:
        for key in item.keys:
            told[key] = letter.at
        if item.ask is not None:
            for index, due in enumerate(item.ask.rungs):
                if index > item.rung and due <= letter.at:
                    told[f"{item.ask.id}#{index}"] = letter.at
    gone = {item.notice.key for item in planned.items if item.notice is not None}
    told = {key: at for key, at in told.items() if key not in gone}
    log = MailLog(id=letter.id, to=planned.to, kind=letter.kind, mail_class=letter.mail_class, at=letter.at)
    kept = [one for index, one in enumerate(m.mails) if one.at > letter.at - KEEP_MAILS or index == len(m.mails) - 1]
    return m.evolve(
        told=told,
        notices=tuple(notice for notice in m.notices if notice.key not in gone),
        mails=(*kept, log),
        mail_count=m.mail_count + 1,
    )


def _item(m: Mentorship, item: Item, now: datetime) -> LetterItem:
    base = LetterItem(key=item.keys[0], kind=item.kind, why=WHY[item.kind])
    if item.ask is not None:
        return _ask_item(m, item, base)
    if item.session is not None:
        base = base.evolve(
            session=session_card(m, item.session, item.to),
            calendar=_calendar(item.kind),
            place=item.session.place,
        )
    if item.kind is MailKind.SESSION_REMINDER and item.session is not None:
        base = base.evolve(
            questions=session_questions(item.session.number, item.to is Role.MENTOR) if item.session.number else (),
            tasks=tuple(task_card(task) for task in m.tasks if task.session == item.session.number - 1),
        )
    if item.notice is not None:
        return _notice_item(m, item, base, now)
    return base


def _calendar(kind: MailKind) -> str:
    if kind in (MailKind.SESSION_INVITE, MailKind.SESSION_MOVED):
        return "request"
    return "cancel" if kind is MailKind.SESSION_CANCELLED else "none"


def _ask_item(m: Mentorship, item: Item, base: LetterItem) -> LetterItem:
    ask = item.ask
    assert ask is not None
    base = base.evolve(ask=ask_card(ask, item.rung))
    match ask.kind:
        case AskKind.PICK_TIME:
            proposed = proposal(m, ask.id)
            return base.evolve(
                times=proposed.times if proposed is not None else (), place=proposed.place if proposed else ""
            )
        case AskKind.SET_GOALS if m.goal_versions and m.goal_versions[-1].verdict == "change":
            return base.evolve(note=m.goal_versions[-1].comment)
        case AskKind.PREPARE | AskKind.REPORT | AskKind.CONFIRM:
            one = session(m, ask.number)
            assert one is not None
            asks_prepare = ask.kind is AskKind.PREPARE
            return base.evolve(
                session=session_card(m, one, item.to),
                questions=session_questions(one.number, False) if asks_prepare else (),
                tasks=tuple(task_card(task) for task in m.tasks if task.session == one.number),
            )
        case AskKind.FOLLOW_UP:
            task = tasks.task(m, ask.number)
            return base.evolve(tasks=(task_card(task),) if task is not None else ())
        case AskKind.REVIEW_GOALS:
            return base.evolve(goals=draft_cards(m))
        case AskKind.CHECK_IN | AskKind.EXTEND | AskKind.REFLECT:
            return base.evolve(goals=goal_cards(m), summary=summary(m, item.to))
    return base


def _notice_item(m: Mentorship, item: Item, base: LetterItem, now: datetime) -> LetterItem:
    notice = item.notice
    assert notice is not None
    base = base.evolve(note=notice.note, by=notice.by)
    if notice.task is not None:
        task = tasks.task(m, notice.task)
        base = base.evolve(tasks=(task_card(task),) if task is not None else ())
    match notice.kind:
        case MailKind.GOALS_APPROVED | MailKind.MILESTONE | MailKind.CHECK_IN_SHARED:
            return base.evolve(goals=goal_cards(m))
        case MailKind.SESSION_CONFIRMED:
            return base.evolve(
                tasks=tuple(task_card(task) for task in m.tasks if task.session == notice.session and item.session)
            )
        case MailKind.AGREEMENT_SIGNED | MailKind.SLOWER | MailKind.EXTENDED:
            coming = tuple(one.starts_at for one in calendar.planned(m))
            return base.evolve(times=coming)
        case MailKind.PAUSED:
            resting = pause_now(m, now)
            return base.evolve(until=resting.end if resting is not None else None)
        case MailKind.PARTNER_AWAY if item.to in PAIR:
            return base.evolve(until=away_until(m, item.to.partner, now))
        case MailKind.FRESH_LINK:
            owed = (ask for ask in all_asks(m) if ask.by is item.to and ask.opened_at <= now)
            ask = next((ask for ask in owed if ask.id == notice.note), None)
            return base.evolve(ask=ask_card(ask) if ask is not None else None, note="")
        case MailKind.CLOSING:
            # Who declined is plain to both. Of every other end, nobody learns from us whose word it was.
            declined = m.outcome is Outcome.DECLINED and m.ending is not None
            return base.evolve(
                outcome=m.outcome.value if m.outcome else "",
                summary=summary(m, item.to),
                rematch=m.ending is not None and m.ending.rematch,
                successor=m.ending.successor if m.ending is not None and item.to is Role.MENTEE else "",
                note="",
                by=m.ending.by if declined and m.ending is not None else None,
            )
        case MailKind.COORDINATOR_CLOSING:
            return base.evolve(
                outcome=m.outcome.value if m.outcome else "",
                # What the goals are is between the pair.
                summary=summary(m).evolve(goals=(), milestones=()),
                rematch=m.ending is not None and m.ending.rematch,
                successor=m.ending.successor if m.ending is not None else "",
                note=m.ending.note if m.ending else "",
            )
        case MailKind.ATTENTION | MailKind.STOP_ASKED | MailKind.HELP_ASKED:
            return base.evolve(reasons=tuple(reason_line(reason) for reason in reasons(m, now)))
    return base
