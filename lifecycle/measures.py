"""A mentorship in numbers, for reports about many: how long its stages and answers took, and how much was mailed.

When an answered ask was opened is not kept: it follows from what else is known, by a rule for each kind of ask.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from lifecycle import calendar, intro
from lifecycle.asks import ask_id
from models.base import PAIR, Role
from models.measures import AnswerHours, Measures, StageDays
from models.program import AskKind
from models.state import Answered, Mentorship, Stage

WEEK = timedelta(days=7)


def measures(m: Mentorship, now: datetime) -> Measures:
    """The numbers as they are at `now`."""
    lately = [log.to for log in m.mails if log.at > now - WEEK]
    return Measures(
        program=m.program.name,
        stage=m.stage,
        outcome=m.outcome,
        stays=tuple(_stays(m, now)),
        answers=tuple(_answers(m)),
        ran_out=len(m.ran_out),
        mails=m.mail_count,
        mails_last_week={role: lately.count(role) for role in PAIR},
    )


def opened_at(m: Mentorship, given: Answered) -> datetime | None:
    """When what was answered had been asked, or None where the state does not tell."""
    kind, role, *numbers = given.ask.split(".")
    rule = OPENED.get(AskKind(kind))
    at = rule(m, given, Role(role), int(numbers[0]) if numbers else 0) if rule is not None else None
    return at if at is not None and at <= given.at else None


def _stays(m: Mentorship, now: datetime) -> Iterator[StageDays]:
    visits = [one for one in m.visits if one.stage is not Stage.ENDED]
    ends = [*(one.at for one in visits[1:]), m.ended_at or max(now, visits[-1].at)]
    for number, (visit, end) in enumerate(zip(visits, ends, strict=True), start=1):
        over = number < len(visits) or m.ended_at is not None
        yield StageDays(stage=visit.stage, days=round((end - visit.at) / timedelta(days=1), 2), over=over)


def _answers(m: Mentorship) -> Iterator[AnswerHours]:
    for given in m.answers.values():
        at = opened_at(m, given)
        if at is not None:
            hours = round((given.at - at) / timedelta(hours=1), 2)
            yield AnswerHours(kind=AskKind(given.ask.split(".")[0]), by=given.by, hours=hours)


def _answered_at(m: Mentorship, *identities: str) -> datetime | None:
    """The latest of these answers."""
    return max((m.answers[one].at for one in identities if one in m.answers), default=None)


def _accept(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    return m.started_at


def _propose_times(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    if number == 1:
        return intro.accepted_at(m)
    return _answered_at(m, ask_id(AskKind.PICK_TIME, role, number - 1))


def _pick_time(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    return _answered_at(m, ask_id(AskKind.PROPOSE_TIMES, role.partner, number))


def _fit_check(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    if number > 1:
        return next((one.record.at for one in m.sessions if one.number > 0 and one.record is not None), None)
    accepted = intro.accepted_at(m)
    return intro.conversation_over(m, accepted) if accepted is not None else None


def _set_goals(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    entered = max((one.at for one in m.visits if one.stage is Stage.GOAL_SETTING and one.at <= given.at), default=None)
    before = next((one.reviewed_at for one in m.goal_versions if one.number == number - 1), None)
    return before if before is not None and (entered is None or before > entered) else entered


def _review_goals(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    return next((one.at for one in m.goal_versions if one.number == number), None)


def _sign_agreement(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    """First both are asked once the goals stand; then whoever spoke longer ago, since the other one did."""
    if number > 1:
        signed = (one.at for one in m.answers.values() if one.by is not role and one.ask.startswith("sign_agreement."))
        return max((at for at in signed if at <= given.at), default=None)
    stood = (one.reviewed_at or one.at for one in m.goal_versions if one.verdict in ("approved", "assumed"))
    return max((at for at in stood if at <= given.at), default=None)


def _report(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    """A session that was moved keeps no trace of when it was to be."""
    one = calendar.session(m, number)
    told = one is not None and given.ask == ask_id(AskKind.REPORT, role, number, one.missed)
    return calendar.ends_at(one) if one is not None and told else None


def _confirm(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    one = calendar.session(m, number)
    return one.record.at if one is not None and one.record is not None else None


def _check_in(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    return next((one.due_at for one in m.check_ins if one.number == number), None)


def _extend(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    return max((one.at for one in m.visits if one.stage is Stage.WRAP_UP and one.at <= given.at), default=None)


def _reflect(m: Mentorship, given: Answered, role: Role, number: int) -> datetime | None:
    """After the extension was decided, where there was one to decide."""
    entered = _extend(m, given, role, number)
    if entered is None:
        return None
    decided = [one.at for one in m.answers.values() if one.ask.startswith(f"{AskKind.EXTEND}.")]
    decided += [at for identity, at in m.ran_out.items() if identity.startswith(f"{AskKind.EXTEND}.")]
    return max([entered, *(at for at in decided if entered <= at <= given.at)])


OPENED: dict[AskKind, Callable[[Mentorship, Answered, Role, int], datetime | None]] = {
    AskKind.ACCEPT: _accept,
    AskKind.PROPOSE_TIMES: _propose_times,
    AskKind.PICK_TIME: _pick_time,
    AskKind.FIT_CHECK: _fit_check,
    AskKind.SET_GOALS: _set_goals,
    AskKind.REVIEW_GOALS: _review_goals,
    AskKind.SIGN_AGREEMENT: _sign_agreement,
    AskKind.REPORT: _report,
    AskKind.CONFIRM: _confirm,
    AskKind.CHECK_IN: _check_in,
    AskKind.EXTEND: _extend,
    AskKind.REFLECT: _reflect,
}
"""When an ask was opened, by its kind. Of preparations and follow-ups the state does not tell: their days move."""
