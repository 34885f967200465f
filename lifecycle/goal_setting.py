"""Stage goal_setting: SMART goals in rounds, then the agreement that lays out the sessions."""

from datetime import datetime
from zoneinfo import ZoneInfo

from lifecycle import calendar
from lifecycle.asks import Ask, ask_id, is_closed, opened
from lifecycle.notices import notify, notify_both
from lifecycle.rejection import Rejected
from models.answers import (
    ReviewGoals,
    SetGoals,
    SignAgreement,
    Terms,
)
from models.base import PAIR, Role
from models.mail import MailKind
from models.phrases import say
from models.program import AskKind
from models.state import GoalState, GoalVersion, Mentorship, Stage
from models.wall_clock import local_day

AGREEMENT_ROUNDS = 4
"""How often the offers go back and forth before the newest one counts."""


def asks(m: Mentorship) -> tuple[Ask, ...]:
    """What is open: the goals of the current round, their review, and the agreement once the goals stand."""
    if m.stage is not Stage.GOAL_SETTING:
        return ()
    current = current_version(m)
    if current is None or current.verdict == "change":
        number = current.number + 1 if current else len(m.goal_versions) + 1
        at = current.reviewed_at if current and current.reviewed_at else m.visits[-1].at
        return opened(m, AskKind.SET_GOALS, Role.MENTEE, number, at=at, direct=True)
    if current.verdict == "open":
        return opened(m, AskKind.REVIEW_GOALS, Role.MENTOR, current.number, at=current.at, direct=True)
    return _agreement(m, current.reviewed_at or current.at)


def current_version(m: Mentorship) -> GoalVersion | None:
    """The goals as written since this stage was entered; a refocus begins anew."""
    if m.goal_versions and m.goal_versions[-1].at >= m.visits[-1].at:
        return m.goal_versions[-1]
    return None


def _needs_agreement(m: Mentorship) -> bool:
    return m.program.has(AskKind.SIGN_AGREEMENT) and m.terms is None


def _agreement(m: Mentorship, approved: datetime) -> tuple[Ask, ...]:
    """First both offer. While the offers differ, whoever spoke longer ago is asked, and sees the differences."""
    if not _needs_agreement(m):
        return ()
    if len(m.terms_offered) < len(PAIR):
        found: list[Ask] = []
        for role in PAIR:
            found += opened(m, AskKind.SIGN_AGREEMENT, role, 1, at=approved, direct=True)
        return tuple(found)
    by, at = _whose_turn(m)
    return opened(m, AskKind.SIGN_AGREEMENT, by, m.terms_round, at=at, direct=True)


def _last_said(m: Mentorship, role: Role) -> datetime:
    """When someone last offered terms."""
    identities = (ask_id(AskKind.SIGN_AGREEMENT, role, number) for number in range(1, m.terms_round + 1))
    return max(m.answers[one].at for one in identities if one in m.answers)


def _whose_turn(m: Mentorship) -> tuple[Role, datetime]:
    mentee, mentor = (_last_said(m, role) for role in PAIR)
    return (Role.MENTEE, mentor) if mentee <= mentor else (Role.MENTOR, mentee)


def next_stage(m: Mentorship) -> Stage | None:
    """Sessions are next once goals stand and the agreement is signed (where the program has one)."""
    current = current_version(m)
    if current is None or current.verdict not in ("approved", "assumed") or _needs_agreement(m):
        return None
    return Stage.GROW_SESSIONS


def enter_sessions(m: Mentorship, at: datetime) -> Mentorship:
    """Lays out the calendar the first time; after a refocus adds one session, unless some are still to come."""
    if m.terms is None:
        m = m.evolve(terms=calendar.default_terms(m, at))
    if not calendar.grow_sessions(m):
        return calendar.add_sessions(m, m.program.sessions.count, at)
    return m if calendar.planned(m) else calendar.add_sessions(m, 1, at)


def set_goals(m: Mentorship, act: SetGoals, ask: str, at: datetime) -> Mentorship:
    """A new round of goals, or a change to the one that the mentor has not looked at yet."""
    if len(act.goals) > m.program.goals.most:
        most = m.program.goals.most
        raise Rejected(
            "invalid",
            say("Please keep to {count} goal.", "Please keep to {count} goals at the most.", count=most),
            "goals",
        )
    today = local_day(at, ZoneInfo(m.mentee.preferences.zone))
    for index, goal in enumerate(act.goals):
        if goal.by_when <= today:
            raise Rejected("invalid", "Please choose a date that lies ahead.", f"goals.{index}.by_when")
    number = int(ask.split(".")[2])
    kept = tuple(version for version in m.goal_versions if version.number != number)
    m = m.evolve(goal_versions=(*kept, GoalVersion(number=number, at=at, goals=act.goals)))
    if not m.program.has(AskKind.REVIEW_GOALS):
        return _approved(m, "approved", "", at)
    return m


def review_goals(m: Mentorship, act: ReviewGoals, ask: str, at: datetime) -> Mentorship:
    """Approves, or asks for a change; after the program's last round the goals stand."""
    if act.verdict == "approve":
        return _approved(m, "approved", act.comment, at)
    rounds = sum(version.at >= m.visits[-1].at for version in m.goal_versions)
    if rounds >= m.program.goals.rounds:
        raise Rejected(
            "too_late", "The goals have gone back and forth enough: please approve them and talk about it.", "verdict"
        )
    return _reviewed(m, "change", act.comment, at)


def review_goals_ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    """Silence lets the goals stand."""
    return _approved(m, "assumed", "", at)


def _reviewed(m: Mentorship, verdict: str, comment: str, at: datetime) -> Mentorship:
    version = m.goal_versions[-1].evolve(verdict=verdict, comment=comment, reviewed_at=at)
    told = tuple(one for one in m.notices if one.kind is not MailKind.GOALS_APPROVED)
    return m.evolve(goal_versions=(*m.goal_versions[:-1], version), notices=told)


def _approved(m: Mentorship, verdict: str, comment: str, at: datetime) -> Mentorship:
    m = _reviewed(m, verdict, comment, at)
    goals = m.goal_versions[-1].goals
    before = dict(zip((goal.title for goal in m.goals), m.goal_states, strict=True))
    states = tuple(before.get(goal.title, GoalState()) for goal in goals)
    m = m.evolve(goals=goals, goal_states=states)
    if m.program.has(AskKind.REVIEW_GOALS):
        m = notify(m, Role.MENTEE, MailKind.GOALS_APPROVED, at, by=Role.MENTOR, note=comment[:1000])
    return m


def sign_agreement(m: Mentorship, act: SignAgreement, ask: str, at: datetime) -> Mentorship:
    """An offer. It is signed when both offers are the same, or when they went back and forth long enough."""
    offered = {**m.terms_offered, act.by: act.terms}
    m = m.evolve(terms_offered=offered)
    other = offered.get(act.by.partner)
    if other is None:
        return m
    if other == act.terms or m.terms_round >= AGREEMENT_ROUNDS:
        return _signed(m, act.terms, at)
    return m.evolve(terms_round=m.terms_round + 1)


def sign_agreement_ran_out(m: Mentorship, ask: Ask, at: datetime) -> Mentorship:
    """Silence takes the partner's wishes, else the usual terms."""
    if m.terms is not None:
        return m
    terms = m.terms_offered.get(ask.by.partner)
    if terms is None:
        if not is_closed(m, ask_id(AskKind.SIGN_AGREEMENT, ask.by.partner, 1)):
            return m
        terms = calendar.default_terms(m, at)
    return _signed(m, terms, at)


def _signed(m: Mentorship, terms: Terms, at: datetime) -> Mentorship:
    return notify_both(m.evolve(terms=terms), MailKind.AGREEMENT_SIGNED, at)
