"""Cards: the same facts in the same words for mails, pages and ops."""

from datetime import datetime

from lifecycle import calendar
from lifecycle.asks import Ask
from models.base import PAIR, Role
from models.mail import (
    AskCard,
    Correspondent,
    GoalCard,
    ProgramCard,
    ReasonLine,
    SessionCard,
    Summary,
    TaskCard,
)
from models.state import Mentorship, Reason, Session, SessionStatus, Stage, Task, TaskStatus


def correspondent(m: Mentorship, role: Role) -> Correspondent:
    """Someone as a reader, or as the partner of one."""
    if role is Role.COORDINATOR:
        human = m.program.coordinator
        wishes = human.preferences
        return Correspondent(role=role, name=human.name, email=human.email, zone=wishes.zone, language=wishes.language)
    person = m.person(role)
    wishes = person.preferences
    return Correspondent(
        role=role, name=person.name, email=person.email, zone=wishes.zone, language=wishes.language, bio=person.bio
    )


def masked(address: str) -> str:
    """An address as someone knows it who has it, and nobody else: i•••@example.com."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}•••@{domain}"


def program_card(m: Mentorship) -> ProgramCard:
    """What mails and pages need of the program."""
    program = m.program
    return ProgramCard(
        name=program.name,
        title=program.title,
        summary=program.summary,
        weeks=program.weeks,
        icebreakers=program.icebreakers,
        branding=program.branding,
        coordinator_name=program.coordinator.name,
        coordinator_email=program.coordinator.email,
        wording=program.wording,
    )


def ask_card(ask: Ask, rung: int = 0) -> AskCard:
    """An ask, at this rung of its ladder."""
    return AskCard(
        id=ask.id,
        kind=ask.kind,
        by=ask.by,
        title=ask.title,
        due_at=ask.due_at,
        ends_at=ask.ends_at,
        if_left=ask.rule.if_left,
        rung=rung,
    )


def session_card(m: Mentorship, one: Session, reader: Role | None = None) -> SessionCard:
    """A session. Ratings are shown to whoever gave them only, and to ops when `reader` is None."""
    record = one.record
    total = max(m.program.sessions.count, sum(1 for other in m.sessions if other.number > 0))
    card = SessionCard(
        number=one.number,
        of=total,
        starts_at=one.starts_at,
        minutes=one.minutes,
        place=one.place,
        uid=f"{m.id}-session-{one.number}",
        sequence=one.sequence,
        status=one.status.value,
        topics=one.topics,
        questions=one.questions,
    )
    if record is None:
        return card
    return card.evolve(
        goal=record.goal,
        reality=record.reality,
        options=record.options,
        will=record.will,
        feedback=record.feedback,
        correction=record.correction,
        mentee_rating=record.mentee_rating if reader in (None, Role.MENTEE) else None,
        mentor_rating=record.mentor_rating if reader in (None, Role.MENTOR) else None,
        confirmed=record.confirmed_at is not None,
    )


def task_card(task: Task) -> TaskCard:
    """A commitment."""
    return TaskCard(
        id=task.id,
        title=task.title,
        owner=task.owner,
        due_at=task.due_at,
        status=task.status.value,
        note=task.note,
        obstacle=task.obstacle,
        plan=task.plan,
        feedback=task.feedback,
        confidence=task.confidence,
    )


def goal_cards(m: Mentorship) -> tuple[GoalCard, ...]:
    """The agreed goals with their progress, in their order."""
    return tuple(
        GoalCard(
            number=index + 1, goal=goal, percent=state.percent, note=state.note, reached=state.reached_at is not None
        )
        for index, (goal, state) in enumerate(zip(m.goals, m.goal_states, strict=True))
    )


def draft_cards(m: Mentorship) -> tuple[GoalCard, ...]:
    """The newest version of the goals, agreed or not."""
    drafts = m.goal_versions[-1].goals if m.goal_versions else ()
    return tuple(GoalCard(number=index + 1, goal=goal, percent=0) for index, goal in enumerate(drafts))


def summary(m: Mentorship, reader: Role | None = None) -> Summary:
    """The journey in figures. The partner's thanks are in it once it has ended."""
    said = m.reflections.get(reader.partner) if reader in PAIR and m.stage is Stage.ENDED else None
    return Summary(
        started_at=m.started_at,
        ended_at=m.ended_at,
        sessions_held=sum(one.status is SessionStatus.HELD for one in calendar.grow_sessions(m)),
        tasks_done=sum(task.status is TaskStatus.DONE for task in m.tasks),
        tasks_total=len(m.tasks),
        check_ins=sum(bool(one.answers) for one in m.check_ins),
        goals=goal_cards(m),
        milestones=tuple(
            goal.title for goal, state in zip(m.goals, m.goal_states, strict=True) if state.reached_at is not None
        ),
        thanks=said.thanks if said is not None else "",
        certificate=reader is Role.MENTEE
        and m.program.wrap_up.certificate
        and m.outcome is not None
        and m.outcome.value == "completed",
    )


def reason_line(reason: Reason) -> ReasonLine:
    """A reason as the coordinator reads it."""
    return ReasonLine(text=reason.text, severity=reason.severity, since=reason.since, remedy=reason.remedy)


def away_until(m: Mentorship, role: Role, now: datetime) -> datetime | None:
    """When someone is back, if they are away now or will be."""
    return max((span.end for span in m.person(role).away if span.end > now), default=None)
