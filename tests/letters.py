"""Letters for tests: one for each kind of mail and reader, with the facts that the rules put into it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import programs
from lifecycle.asks import ASKS as ASK_RULES
from lifecycle.whys import WHY
from models.answers import Goal
from models.base import Role
from models.mail import (
    AskCard,
    Correspondent,
    Delivery,
    GoalCard,
    Letter,
    LetterItem,
    MailClass,
    MailKind,
    ProgramCard,
    ReasonLine,
    SessionCard,
    Summary,
    TaskCard,
)
from models.people import Language
from models.phrases import say
from models.program import AskKind, Branding

AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
ID = "career-amara-ben"
OUTCOMES = ("completed", "not_a_fit", "declined", "ended_early", "lapsed", "cancelled")

AMARA = Correspondent(
    role=Role.MENTEE,
    name="Amara Okafor",
    email="amara@example.com",
    zone="Europe/Berlin",
    bio="Backend developer for three years. I would like to lead a design without hiding behind the loudest voice.",
)
BEN = Correspondent(
    role=Role.MENTOR,
    name="Ben Sørensen",
    email="ben@example.com",
    zone="America/New_York",
    bio="Staff engineer, twenty years in payments.\nI like long walks and short documents.",
)
CLARA = Correspondent(role=Role.COORDINATOR, name="Clara Nunes", email="clara@example.com", zone="Europe/Lisbon")
PAIR = (AMARA, BEN)

PROGRAM = ProgramCard(
    name="career",
    title="Career Mentoring",
    summary="Twelve weeks with someone who has gone the way before you: one or two goals, six sessions, small steps.",
    weeks=12,
    icebreakers=(
        "What did you want to be when you were ten?",
        "Which piece of work are you quietly proud of?",
        "What would make these twelve weeks worth your time?",
    ),
    branding=Branding(name="Trellis Mentoring", address="Trellis, 1 Garden Lane, Exampletown"),
    coordinator_name=CLARA.name,
    coordinator_email=CLARA.email,
)

WITH_LOGO = PROGRAM.evolve(branding=programs.load("career").branding)

GOALS = (
    GoalCard(
        number=1,
        goal=Goal(
            title="Lead a design review on my own",
            measure="Reviews I have led from invitation to decision",
            baseline="none",
            target="two",
            within_reach="My team has one every second week.",
            why="I want my ideas to be judged by what they are, and not by who is loudest.",
            by_when=date(2027, 2, 26),
            obstacle="I lose my nerve when seniors disagree",
            plan="If someone senior disagrees, then I ask for their example first",
        ),
        percent=40,
        note="The first one is booked.",
    ),
    GoalCard(
        number=2,
        goal=Goal(
            title="Write things down before I build them",
            measure="Design notes read by at least one other person",
            baseline="0",
            target="4",
            why="It saves me from building the wrong thing twice.",
            by_when=date(2027, 1, 29),
        ),
        percent=100,
        reached=True,
    ),
)

TASKS = (
    TaskCard(
        id=2,
        title="Ask Priya to be the first reader of my design note",
        owner=Role.MENTEE,
        due_at=AT + timedelta(days=3),
        status="open",
        obstacle="Priya is busy with the release",
        plan="If she has no time this week, then I ask Tomasz",
        confidence=7,
    ),
    TaskCard(id=3, title="Send the review checklist", owner=Role.MENTOR, due_at=AT - timedelta(days=2), status="done"),
)

SESSION = SessionCard(
    number=3,
    of=6,
    starts_at=datetime(2026, 12, 8, 16, 0, tzinfo=UTC),
    minutes=60,
    place="https://meet.example.com/amara-ben",
    uid="career-amara-ben-session-3",
    sequence=2,
    status="planned",
    topics="How to open a review without apologising\nThe disagreement of last Thursday",
    questions="How do you prepare for people who always disagree?",
    goal="Be ready for the review on Friday",
    reality="The note is half written; two readers have promised to look.",
    options=("Ask Tomasz to co-lead", "Start with the open questions", "Postpone by a week"),
    will="Finish the note by Wednesday and open with the questions",
    feedback="You named the hard part first. That is what reviews are for.",
    correction="",
    mentor_rating=5,
    mentee_rating=4,
    confirmed=True,
)

SUMMARY = Summary(
    started_at=AT - timedelta(weeks=12),
    ended_at=AT,
    sessions_held=6,
    tasks_done=9,
    tasks_total=11,
    check_ins=2,
    goals=GOALS,
    milestones=("Write things down before I build them: reached on 20 November",),
    thanks="Thank you for never giving me the answer.\nI found it sooner because of you.",
    certificate=True,
)

REASONS = (
    ReasonLine(
        text=say(
            "{who} has not answered “{ask}” for {count} day",
            "{who} has not answered “{ask}” for {count} days",
            count=11,
            terms={"who": "the mentor", "ask": "confirm session {n}"},
            n=3,
        ),
        severity="needs_attention",
        since=AT - timedelta(days=11),
        remedy=say("Write to them yourself, pause it, or end it. Without any of this, the ask ends by its own rule."),
    ),
    ReasonLine(
        text=say(
            "{who}: the pulse on {quality} fell from {was} to {value}",
            was=4,
            value=2,
            terms={"who": "the mentee", "quality": "clear expectations"},
        ),
        severity="at_risk",
        since=AT - timedelta(days=1),
        remedy=say("Talk to them alone first."),
    ),
)

COORDINATOR_KINDS = (MailKind.ATTENTION, MailKind.HELP_ASKED, MailKind.STOP_ASKED, MailKind.COORDINATOR_CLOSING)
ASKS = tuple(MailKind(kind.value) for kind in AskKind)
PAIR_KINDS = tuple(kind for kind in MailKind if kind not in COORDINATOR_KINDS)
EVERY_LETTER = [(kind, role) for kind in PAIR_KINDS for role in (Role.MENTEE, Role.MENTOR)] + [
    (kind, Role.COORDINATOR) for kind in COORDINATOR_KINDS
]

_WITH_SESSION = {
    MailKind.PREPARE, MailKind.REPORT, MailKind.CONFIRM, MailKind.SESSION_INVITE, MailKind.SESSION_MOVED,
    MailKind.SESSION_CANCELLED, MailKind.SESSION_REMINDER, MailKind.SESSION_CONFIRMED,
}  # fmt: skip
_WITH_TASKS = {
    MailKind.PREPARE, MailKind.CONFIRM, MailKind.FOLLOW_UP, MailKind.SESSION_REMINDER, MailKind.TASK_ASSIGNED,
    MailKind.TASK_DONE, MailKind.TASK_BLOCKED, MailKind.TASK_MOVED, MailKind.TASK_FEEDBACK, MailKind.SESSION_CONFIRMED,
}  # fmt: skip
_WITH_GOALS = {
    MailKind.REVIEW_GOALS, MailKind.CHECK_IN, MailKind.GOALS_APPROVED, MailKind.MILESTONE, MailKind.CHECK_IN_SHARED,
    MailKind.REFOCUSED, MailKind.EXTEND,
}  # fmt: skip
_WITH_TIMES = {MailKind.PICK_TIME, MailKind.AGREEMENT_SIGNED, MailKind.EXTENDED, MailKind.SLOWER}
_NOTES = {
    MailKind.MILESTONE: GOALS[1].goal.title,
    MailKind.REFOCUSED: "session",
    MailKind.TASK_BLOCKED: "Priya is out all week and I do not dare to ask Tomasz.",
    MailKind.TASK_DONE: "She said yes before I had finished the sentence!",
    MailKind.TASK_FEEDBACK: "You asked for help early. Next time, say what kind of help.",
    MailKind.SESSION_MOVED: "A release got in the way, sorry!",
    MailKind.SESSION_CANCELLED: "I have caught a cold.",
    MailKind.GOALS_APPROVED: "I like that the second one is small.",
    MailKind.CHECK_IN_SHARED: "Going well; I would like to talk about saying no.",
    MailKind.COORDINATOR_MESSAGE: "How are the two of you doing?\nI have time for a call on Thursday.",
    MailKind.HELP_ASKED: "I am not sure that Ben has time for me.\nCould you talk to me first?",
    MailKind.STOP_ASKED: "Please stop this.",
}
_CLASSES = {
    MailKind.SESSION_REMINDER: MailClass.REMINDER,
    MailKind.SESSION_CANCELLED: MailClass.CANCELLATION,
    MailKind.CLOSING: MailClass.CLOSING,
    MailKind.ATTENTION: MailClass.ALERT,
    MailKind.HELP_ASKED: MailClass.ALERT,
    MailKind.COORDINATOR_CLOSING: MailClass.ALERT,
    MailKind.STOP_ASKED: MailClass.URGENT,
}


def item(kind: MailKind, to: Role, *, rung: int = 0, **changes: Any) -> LetterItem:
    """What the rules say for this kind to this reader; `changes` replaces facts."""
    partner = to if to is Role.COORDINATOR else to.partner
    asks = kind in ASKS or kind is MailKind.FRESH_LINK
    facts: dict[str, Any] = {
        "key": f"{kind.value}:{to.value}",
        "kind": kind,
        "why": WHY[kind],
        "ask": ask(kind, to, rung) if asks else None,
        "session": SESSION if kind in _WITH_SESSION else None,
        "calendar": {"session_invite": "request", "session_moved": "request", "session_cancelled": "cancel"}.get(
            kind.value, "none"
        ),
        "tasks": TASKS if kind in _WITH_TASKS else (),
        "goals": GOALS if kind in _WITH_GOALS else (),
        "times": (AT + timedelta(days=3), AT + timedelta(days=4, hours=6)) if kind in _WITH_TIMES else (),
        "questions": (
            ("What would make today worth it?", "What have you tried, and what came of it?")
            if kind in (MailKind.PREPARE, MailKind.SESSION_REMINDER)
            else ()
        ),
        "reasons": REASONS if kind in (MailKind.ATTENTION, MailKind.COORDINATOR_CLOSING) else (),
        "note": _NOTES.get(kind, ""),
        "until": AT + timedelta(days=14) if kind in (MailKind.PAUSED, MailKind.PARTNER_AWAY) else None,
        "by": Role.MENTEE if to is Role.COORDINATOR else None if asks or kind is MailKind.CLOSING else partner,
        "outcome": "completed" if kind in (MailKind.CLOSING, MailKind.COORDINATOR_CLOSING) else "",
        "summary": SUMMARY if kind in (MailKind.CLOSING, MailKind.COORDINATOR_CLOSING, MailKind.REFLECT) else None,
    }
    return LetterItem(**(facts | changes))


def ask(kind: MailKind, to: Role, rung: int = 0) -> AskCard:
    """An ask that is due in four days and ends in sixteen."""
    ask_kind = AskKind(kind.value) if kind in ASKS else AskKind.SET_GOALS
    return AskCard(
        id=f"{ask_kind.value}.{to.value}.1",
        kind=ask_kind,
        by=to,
        title=ASK_RULES[ask_kind].title.format(n=SESSION.number),
        due_at=AT + timedelta(days=4),
        ends_at=AT + timedelta(days=16),
        if_left=ASK_RULES[ask_kind].if_left,
        rung=rung,
    )


def letter(kind: MailKind, to: Role, *, rung: int = 0, number: int = 7, **changes: Any) -> Letter:
    """A letter with this one thing to say."""
    return letter_of(item(kind, to, rung=rung, **changes), to=to, number=number)


def letter_of(*items: LetterItem, to: Role, number: int = 7) -> Letter:
    """A letter with these things to say, the first on top."""
    reader = {Role.MENTEE: AMARA, Role.MENTOR: BEN, Role.COORDINATOR: CLARA}[to]
    partner = {Role.MENTEE: BEN, Role.MENTOR: AMARA, Role.COORDINATOR: None}[to]
    lead = items[0]
    usual = MailClass.INITIATED if lead.ask else MailClass.DIRECT
    return Letter(
        id=f"{ID}-{number:04}",
        to=reader,
        partner=partner,
        pair=PAIR,
        mail_class=_CLASSES.get(lead.kind, usual),
        at=AT,
        items=items,
    )


def delivery(*letters: Letter, program: ProgramCard = PROGRAM, undo_until: datetime | None = None) -> Delivery:
    """What the workflow hands over."""
    return Delivery(
        mentorship=ID,
        program=program,
        shared=("payments", "running", "Danish"),
        stage="grow_sessions",
        undo_until=undo_until,
        letters=letters,
    )


def in_language(one: Letter, language: Language) -> Letter:
    """The letter for a reader of this language."""
    return one.evolve(to=one.to.evolve(language=language))
