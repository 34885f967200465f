"""What people see of their mentorship: the page behind a link, and the journey page."""

from datetime import datetime

from lifecycle import calendar, tasks
from lifecycle.acts import changeable, told
from lifecycle.agenda import planned_mails
from lifecycle.anytime import pause_now
from lifecycle.asks import Ask
from lifecycle.cards import (
    ask_card,
    away_until,
    correspondent,
    goal_cards,
    masked,
    program_card,
    session_card,
    summary,
    task_card,
)
from lifecycle.course import course
from lifecycle.goal_history import goal_paths, goal_rounds
from lifecycle.intro import proposal
from lifecycle.links import withdrawn
from lifecycle.questions import FOR_GOALS, FOR_LOOKING_BACK, session_questions
from lifecycle.slots import offer
from lifecycle.stages import all_asks
from models.answers import Terms
from models.base import PAIR, Role
from models.journeys import Journey
from models.mail import AskCard
from models.pages import Differing, Page, PageQuery, Status
from models.phrases import NOTHING
from models.program import AskKind
from models.state import Mentorship, SessionStatus, Stage, TaskStatus


def page(m: Mentorship, query: PageQuery, now: datetime) -> Page:
    """What a link leads to. It never changes anything; what can't be answered any more says why."""
    if query.role not in PAIR:
        raise ValueError("only the mentor and the mentee have pages")
    given = m.answers.get(query.ask)
    ask = next((ask for ask in all_asks(m) if ask.id == query.ask), None)
    resting = pause_now(m, now)
    receipts = [
        one
        for one in m.receipts
        if one.by is query.role and (one.id == query.receipt if query.receipt else one.ask == query.ask != "")
    ]
    mine = given is not None and given.by is query.role
    base = Page(
        status=_status(m, query, ask, now),
        now=now,
        mentorship=m.id,
        stage=m.stage,
        paused_until=resting.end if resting is not None else None,
        outcome=m.outcome,
        me=correspondent(m, query.role),
        partner=correspondent(m, query.role.partner),
        mailed_to=masked(m.person(query.role).email),
        program=program_card(m),
        shared=m.shared,
        preferences=m.person(query.role).preferences,
        revision=(given.revision if given is not None else 0) if query.ask else m.acts,
        acts=m.acts,
        ask=ask_card(ask) if ask is not None and ask.by is query.role else None,
        answer=given.act if given is not None and mine else None,
        answered_at=given.at if given is not None and mine else None,
        recorded=given.recorded if given is not None and mine else NOTHING,
        receipt=told(m, receipts[-1], now) if receipts else None,
        undo_until=m.ending.effective_at
        if m.ending is not None and m.ending.by is query.role and m.stage is not Stage.ENDED
        else None,
        tasks=tuple(task_card(task) for task in m.tasks),
        goals=goal_cards(m),
        goals_most=m.program.goals.most,
        tasks_most=m.program.sessions.tasks_most,
        minutes=m.program.sessions.minutes,
    )
    if query.move is not None and (moved := calendar.session(m, query.move)) is not None:
        base = base.evolve(offer=offer(m, query.role, moved.minutes, now))
    if base.status not in ("open", "changeable") or not query.ask:
        return base
    return _with_question(m, base, query, now)


def _status(m: Mentorship, query: PageQuery, ask: Ask | None, now: datetime) -> Status:
    if withdrawn(m, query.role, query.link):
        return "revoked"
    given = m.answers.get(query.ask)
    if given is not None and given.by is query.role:
        return "changeable" if changeable(m, given, now) else "ended" if m.stage is Stage.ENDED else "answered"
    if m.stage is Stage.ENDED:
        return "ended"
    if not query.ask:
        return "open"
    if ask is not None and ask.by is query.role:
        return "open" if ask.opened_at <= now else "early"
    if query.ask in m.ran_out:
        return "expired"
    kind, _, rest = query.ask.partition(".")
    return "superseded" if kind in set(AskKind) and rest.startswith(query.role.value) else "unknown"


def _with_question(m: Mentorship, base: Page, query: PageQuery, now: datetime) -> Page:
    kind, _, *numbers = query.ask.split(".")
    number = int(numbers[0]) if numbers else 0
    match AskKind(kind):
        case AskKind.PROPOSE_TIMES:
            return base.evolve(minutes=45, offer=offer(m, query.role, 45, now))
        case AskKind.PICK_TIME:
            proposed = proposal(m, query.ask)
            if proposed is None:
                return base
            return base.evolve(times=tuple(at for at in proposed.times if at > now), place=proposed.place, minutes=45)
        case AskKind.SET_GOALS:
            versions = m.goal_versions
            return base.evolve(
                questions=FOR_GOALS,
                draft_goals=versions[-1].goals if versions else m.brought_goals,
                comment=versions[-1].comment if versions and versions[-1].verdict == "change" else "",
            )
        case AskKind.REVIEW_GOALS:
            return base.evolve(questions=FOR_GOALS, draft_goals=m.goal_versions[-1].goals)
        case AskKind.SIGN_AGREEMENT:
            return _with_terms(m, base, query.role, now)
        case AskKind.PREPARE | AskKind.REPORT | AskKind.CONFIRM:
            one = calendar.session(m, number)
            assert one is not None
            return base.evolve(
                offer=offer(m, query.role, one.minutes, now) if kind == AskKind.REPORT else None,
                session=session_card(m, one, query.role),
                questions=session_questions(number, query.role is Role.MENTOR),
                tasks=tuple(task_card(task) for task in m.tasks if task.session in (number, number - 1)),
            )
        case AskKind.FOLLOW_UP:
            task = tasks.task(m, number)
            return base.evolve(task=task_card(task) if task is not None else None)
        case AskKind.CHECK_IN | AskKind.REFLECT:
            return base.evolve(questions=FOR_LOOKING_BACK)
        case _:
            return base


def _with_terms(m: Mentorship, base: Page, role: Role, now: datetime) -> Page:
    mine = m.terms_offered.get(role)
    theirs = m.terms_offered.get(role.partner)
    return base.evolve(
        terms=mine or theirs or calendar.default_terms(m, now),
        partner_terms=theirs,
        differing=_differing(mine, theirs) if mine is not None and theirs is not None else (),
    )


def _differing(mine: Terms, theirs: Terms) -> tuple[Differing, ...]:
    return tuple(
        Differing(field=name, mine=str(getattr(mine, name)), theirs=str(getattr(theirs, name)))
        for name in Terms.model_fields
        if getattr(mine, name) != getattr(theirs, name)
    )


def journey(m: Mentorship, query: PageQuery, now: datetime) -> Journey:
    """Where we are, what each owes, what is next, what was achieved: for one of the two."""
    m = _as_known_to(m, query.role)
    base = page(m, query.model_copy(update={"ask": ""}), now)
    role = query.role
    coming = [one for one in m.sessions if one.status is SessionStatus.PLANNED and calendar.ends_at(one) > now]
    soonest = min(coming, key=lambda one: one.starts_at, default=None)
    return Journey(
        page=base,
        course=course(m, role, now),
        i_owe=open_cards(m, role, now),
        partner_owes=tuple(card for card in open_cards(m, role.partner, now) if not _is_telling(card)),
        next_session=session_card(m, soonest, role) if soonest is not None else None,
        next_mail_at=next((mail.at for mail in planned_mails(m, now) if mail.to is role), None),
        sessions=tuple(session_card(m, one, role) for one in m.sessions),
        tasks=tuple(task_card(task) for task in m.tasks),
        goals=goal_cards(m),
        paths=goal_paths(m),
        rounds=goal_rounds(m),
        terms=m.terms,
        summary=summary(m, role),
        away=tuple(span for span in m.person(role).away if span.end > now),
        partner_away_until=away_until(m, role.partner, now),
        can=possible(m, role, now),
    )


def _as_known_to(m: Mentorship, role: Role) -> Mentorship:
    """Without the partner's ending, as long as they can take it back: it must not be noticed by what is missing."""
    secret = m.ending is not None and m.ending.by is role.partner and m.stage is not Stage.ENDED
    return m.evolve(ending=None) if secret else m


def open_cards(m: Mentorship, role: Role, now: datetime) -> tuple[AskCard, ...]:
    """What someone owes now, the oldest first."""
    found = sorted((ask for ask in all_asks(m) if ask.by is role and ask.opened_at <= now), key=lambda a: a.opened_at)
    return tuple(ask_card(ask) for ask in found)


def _is_telling(card: AskCard) -> bool:
    """Whether being asked says something private: a second fit check is only for who was not sure at the first."""
    return card.kind is AskKind.FIT_CHECK and not card.id.endswith(".1")


def possible(m: Mentorship, role: Role, now: datetime) -> tuple[str, ...]:
    """The acts that someone can do now, by name, for the journey page."""
    if m.stage is Stage.ENDED:
        return ()
    found = ["change_preferences", "days_away", "ask_help", "stop_contact", "unsubscribe"]
    resting = pause_now(m, now)
    if m.ending is not None:
        return ("undo", *found) if m.ending.by is role else tuple(found)
    found.append("exit_ramp")
    if resting is None:
        found.insert(0, "pause")
    elif not resting.held:
        found.insert(0, "resume")
    if any(one.status is SessionStatus.PLANNED and calendar.ends_at(one) > now for one in m.sessions):
        found += ["move_session", "cancel_session"]
    if m.stage in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS):
        found.append("assign_task")
    if any(task.status is TaskStatus.DONE and task.owner is not role and not task.feedback for task in m.tasks):
        found.append("give_feedback")
    return tuple(found)
