"""The same mentorship, had one of the two said other things in private: what the partner sees must not differ."""

from models.answers import Accept, Fit, FitCheck, Pulse
from models.base import Role
from models.people import Preferences
from models.phrases import say
from models.state import Answered, CheckInState, Mentorship, Record, Session

OTHER = "OTHER PRIVATE WORDS"
LOW = Pulse(respect=1, give_and_take=1, expectations=1, values=1, connection=1)


def said_otherwise(m: Mentorship, by: Role) -> Mentorship:
    """The state with other words in all that `by` said to the program alone."""
    own = m.person(by)
    reflection = m.reflections.get(by)
    otherwise = {} if reflection is None else {by: reflection.evolve(then_and_now=OTHER, learnt=OTHER, next=OTHER)}
    return m.evolve(
        **{by.value: own.evolve(email="other@example.org")},
        answers={identity: _answer(one) if one.by is by else one for identity, one in m.answers.items()},
        sessions=tuple(_session(one, by) for one in m.sessions),
        check_ins=tuple(_check_in(one, by) for one in m.check_ins),
        reflections={**m.reflections, **otherwise},
        notices=tuple(
            one.evolve(note=OTHER) if one.by is by and one.to is Role.COORDINATOR else one for one in m.notices
        ),
        ending=m.ending.evolve(note=OTHER) if m.ending is not None and m.ending.by is by else m.ending,
    )


def lives_otherwise(m: Mentorship, by: Role) -> Mentorship:
    """The same, and their zone, hours, days away and fit checks were others, too."""
    m = said_otherwise(m, by)
    own = m.person(by).evolve(preferences=Preferences(zone="Asia/Tokyo", days_off=(0, 1)), away=())
    answers = {
        identity: one.evolve(act=one.act.evolve(fit=Fit.NOT_A_FIT))
        if one.by is by and isinstance(one.act, FitCheck)
        else one
        for identity, one in m.answers.items()
    }
    return m.evolve(**{by.value: own}, answers=answers, mails=tuple(one for one in m.mails if one.to is not by))


def _answer(given: Answered) -> Answered:
    if isinstance(given.act, FitCheck):
        return given.evolve(act=given.act.evolve(note=OTHER), recorded=say(OTHER))
    if isinstance(given.act, Accept):
        return given.evolve(act=given.act.evolve(reason=OTHER))
    return given.evolve(recorded=say(OTHER))


def _session(one: Session, by: Role) -> Session:
    record: Record | None = one.record
    if record is None:
        return one
    rated = record.evolve(mentee_rating=1) if by is Role.MENTEE else record.evolve(mentor_rating=1)
    return one.evolve(record=rated)


def _check_in(one: CheckInState, by: Role) -> CheckInState:
    given = one.answers.get(by)
    if given is None:
        return one
    other = given.evolve(pulse=LOW, note=OTHER if given.note_private else given.note)
    return one.evolve(answers={**one.answers, by: other})
