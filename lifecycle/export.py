"""A person's own data: what a mentorship keeps of one of the two, for them to read, keep or take elsewhere.

In it is everything of oneself: person and preferences, one's answers and what one did, one's pulse, ratings, fit check
and reflection, messages to the coordinator that are still on their way, and which mails one got, when. And everything
that both see on their journey pages anyway: stages, goals with all versions, comments and progress, the agreement,
sessions with their records, tasks. After the end, the partner's thanks.

Not in it is what is the partner's: their address, preferences and days away, their answers, fit check, pulse, ratings
and check-in notes, their reflection beyond the thanks, why they left or stopped contact, and what they offered before
the agreement was signed. Nor what the program concludes for itself (health, silences), nor the identities of links,
which are keys.
"""

from datetime import datetime

from lifecycle.cards import session_card, summary, task_card
from lifecycle.goal_history import goal_rounds
from models.answers import Reflect
from models.base import PAIR, Role, Span
from models.export import Export, GoalExport, MailExport, OwnAct, OwnAnswer, OwnCheckIn, Partner
from models.mail import MailKind
from models.state import Answered, Mentorship


def export(m: Mentorship, role: Role, now: datetime) -> Export:
    """The data of the mentor or of the mentee. Raises ValueError for anyone else."""
    if role not in PAIR:
        raise ValueError("only the mentor and the mentee have data of their own here")
    partner = m.person(role.partner)
    return Export(
        made_at=now,
        mentorship=m.id,
        program=m.program.title,
        role=role,
        started_at=m.started_at,
        stage=m.stage,
        outcome=m.outcome,
        ended_at=m.ended_at,
        me=m.person(role),
        partner=Partner(role=role.partner, name=partner.name, bio=partner.bio),
        visits=m.visits,
        pauses=tuple(Span(start=one.start, end=one.end) for one in m.pauses if one.by is role or not one.held),
        answers=tuple(_answer(given) for given in m.answers.values() if given.by is role),
        acts=tuple(OwnAct(act=one.act, at=one.at, recorded=str(one.recorded)) for one in m.receipts if one.by is role),
        goals=tuple(
            GoalExport(
                goal=goal,
                percent=state.percent,
                note=state.note,
                reported=state.history,
                reached_at=state.reached_at,
            )
            for goal, state in zip(m.goals, m.goal_states, strict=True)
        ),
        goal_rounds=goal_rounds(m),
        terms_offered=m.terms_offered.get(role),
        terms=m.terms,
        sessions=tuple(session_card(m, one, role) for one in m.sessions),
        tasks=tuple(task_card(task) for task in m.tasks),
        check_ins=tuple(
            OwnCheckIn(number=one.number, answer=one.answers[role]) for one in m.check_ins if role in one.answers
        ),
        reflection=_reflection(m, role),
        thanks_received=summary(m, role).thanks,
        messages_to_the_coordinator=tuple(
            one.note
            for one in m.notices
            if one.by is role and one.kind in (MailKind.HELP_ASKED, MailKind.STOP_ASKED) and one.note
        ),
        reason_for_ending=m.ending.note if m.ending is not None and m.ending.by is role else "",
        mails=tuple(MailExport(kind=one.kind, at=one.at, failed=one.failed) for one in m.mails if one.to is role),
        mail_trouble=m.unreachable.get(role, ""),
    )


def _answer(given: Answered) -> OwnAnswer:
    act = given.act.evolve(link=None) if given.act is not None else None
    return OwnAnswer(ask=given.ask, at=given.at, times_given=given.revision, recorded=str(given.recorded), answer=act)


def _reflection(m: Mentorship, role: Role) -> Reflect | None:
    said = m.reflections.get(role)
    return said.evolve(link=None) if said is not None else None
