"""Asks: what one person owes. Open asks follow from the state; the stages say which, this module gives them a clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from lifecycle.rests import after, rests_of
from models.base import PAIR, Role
from models.program import AskKind
from models.state import Mentorship


class AtEnd(StrEnum):
    """What happens when patience runs out."""

    LAPSE = "lapse"
    SKIP = "skip"
    ASSUME = "assume"


@dataclass(frozen=True, slots=True)
class AskRule:
    """What is true of every ask of one kind. `counts`: whether leaving it open counts as silence of its person."""

    title: str
    at_end: AtEnd
    counts: bool
    if_left: str


ASKS: dict[AskKind, AskRule] = {
    AskKind.ACCEPT: AskRule(
        "accept the mentorship", AtEnd.LAPSE, True, "Without an answer from you, the mentorship does not begin."
    ),
    AskKind.PROPOSE_TIMES: AskRule(
        "propose times for the first conversation",
        AtEnd.SKIP,
        True,
        "Without a time, we go on to the goals and you find a first conversation yourselves.",
    ),
    AskKind.PICK_TIME: AskRule(
        "pick a time for the first conversation",
        AtEnd.ASSUME,
        True,
        "If we hear nothing, the first time that is still ahead is taken.",
    ),
    AskKind.FIT_CHECK: AskRule(
        "say privately whether it fits", AtEnd.SKIP, True, "If you leave it, we go on and ask you again later."
    ),
    AskKind.SET_GOALS: AskRule(
        "write the goals", AtEnd.LAPSE, True, "Without goals, the mentorship ends after a while, and nobody is blamed."
    ),
    AskKind.REVIEW_GOALS: AskRule(
        "look at the goals", AtEnd.ASSUME, True, "If you leave it, the goals stand as they are."
    ),
    AskKind.SIGN_AGREEMENT: AskRule(
        "sign the agreement", AtEnd.ASSUME, True, "If you leave it, your partner's wishes (or our usual ones) count."
    ),
    AskKind.PREPARE: AskRule(
        "prepare session {n}", AtEnd.SKIP, False, "If you leave it, you simply choose the topic when you meet."
    ),
    AskKind.REPORT: AskRule(
        "report session {n}", AtEnd.SKIP, True, "If you leave it, the session stays without a record."
    ),
    AskKind.CONFIRM: AskRule("confirm session {n}", AtEnd.ASSUME, True, "If you leave it, the record counts as right."),
    AskKind.FOLLOW_UP: AskRule(
        "say how the task stands", AtEnd.SKIP, True, "If you leave it, the task is let go of in the end."
    ),
    AskKind.CHECK_IN: AskRule("answer check-in {n}", AtEnd.SKIP, True, "If you leave it, this check-in is skipped."),
    AskKind.EXTEND: AskRule("say whether to go on", AtEnd.ASSUME, False, "If you leave it, you finish as planned."),
    AskKind.REFLECT: AskRule(
        "look back and say thanks",
        AtEnd.SKIP,
        False,
        "If you leave it, it is completed without your words.",
    ),
}


class Ask(NamedTuple):
    """One thing that `by` owes. `rungs` are when it is mailed: the first mail, then the nudges. All instants UTC.

    `keys` are what is marked as told for each rung. `direct` says that a person's act opened it. `number` is the
    session, the task or the check-in it is about.
    """

    id: str
    kind: AskKind
    by: Role
    opened_at: datetime
    due_at: datetime
    ends_at: datetime
    coordinator_at: datetime | None
    rungs: tuple[datetime, ...]
    keys: tuple[str, ...]
    direct: bool
    number: int = 0

    @property
    def rule(self) -> AskRule:
        return ASKS[self.kind]

    @property
    def title(self) -> str:
        """What is asked, as a verb phrase: "confirm session 3"."""
        return self.rule.title.format(n=self.number)


def ask_id(kind: AskKind, by: Role, *numbers: int) -> str:
    """The identity of an ask: it never comes back once it was answered or ran out."""
    return ".".join((kind, by, *map(str, numbers)))


def is_closed(m: Mentorship, identity: str) -> bool:
    """Whether the ask was answered, or ended by its own rule."""
    return identity in m.answers or identity in m.ran_out


def opened(
    m: Mentorship,
    kind: AskKind,
    by: Role,
    *numbers: int,
    at: datetime,
    direct: bool,
    ladder_from: datetime | None = None,
    due: datetime | None = None,
    ends: datetime | None = None,
) -> tuple[Ask, ...]:
    """The ask, if nobody has closed it. `ladder_from` is where the nudges count from, by default the opening.

    With `ends`, the ask has an end of its own (a session begins) and the coordinator is not troubled. Where the
    coordinator's patience outlasts the ladder, one more nudge comes when it is over.
    """
    identity = ask_id(kind, by, *numbers)
    if is_closed(m, identity):
        return ()
    nudges = m.program.nudges
    granted = m.patience.get(identity, ())
    rests = rests_of(m, by, (*m.snoozes.get(identity, ()), *granted))
    base = ladder_from or at
    rungs = [after(at, 0, rests) if rests else at]
    if ladder_from is not None and ladder_from > at:
        rungs.append(after(ladder_from, 0, rests))
    rungs += [after(base, days, rests) for days in nudges.ladder_days]
    for over in (after(span.end, 0, rests) for span in granted):
        if over > rungs[-1]:
            rungs.append(over)
    end = ends if ends is not None else after(base, nudges.patience_days, rests)
    steps = tuple(rung for rung in rungs if rung < end)
    return (
        Ask(
            id=identity,
            kind=kind,
            by=by,
            opened_at=at,
            due_at=due or after(base, nudges.ladder_days[0] if nudges.ladder_days else 2, rests),
            ends_at=end,
            coordinator_at=None if ends is not None else after(base, nudges.coordinator_day, rests),
            rungs=steps,
            keys=tuple(f"{identity}#{index}" for index in range(len(steps))),
            direct=direct,
            number=numbers[0] if numbers else 0,
        ),
    )


def both_closed(m: Mentorship, kind: AskKind, *numbers: int) -> bool:
    """Whether neither of the pair owes this any more."""
    return all(is_closed(m, ask_id(kind, role, *numbers)) for role in PAIR)
