"""How a mentorship begins: from what the platform hands over to the first state."""

from datetime import datetime, timedelta

from pydantic import ValidationError

from models.answers import Goal
from models.base import Misfit, Role
from models.people import Person, Preferences, Start, StartPerson
from models.phrases import to_translate as _
from models.program import Program
from models.state import Mentorship, Stage, Visit


def begin(
    start: Start, program: Program, now: datetime, webhooks: bool = False, goals: tuple[Goal, ...] = ()
) -> Mentorship:
    """The state at the very beginning. Hours and days that nobody named are the program's.

    `goals` are those that the mentee brings along from a mentorship with another mentor.

    Raises ValueError for another program's start, and Misfit where the hours named do not go with the program's.
    """
    if start.program != program.name:
        raise ValueError(f"the start names program '{start.program}', but this is '{program.name}'")
    return Mentorship(
        id=start.id,
        program=program,
        mentor=_person(Role.MENTOR, start.mentor, program),
        mentee=_person(Role.MENTEE, start.mentee, program),
        shared=start.shared,
        started_at=now,
        deadline=now + timedelta(days=program.longest_days),
        visits=(Visit(stage=Stage.INTRO, at=now, why=_("started")),),
        webhooks=webhooks,
        brought_goals=goals,
    )


def _person(role: Role, person: StartPerson, program: Program) -> Person:
    manners = program.manners
    try:
        preferences = Preferences(
            zone=person.zone,
            language=person.language,
            hours_from=person.hours_from or manners.hours_from,
            hours_to=person.hours_to or manners.hours_to,
            days_off=manners.days_off if person.days_off is None else person.days_off,
        )
    except ValidationError as error:
        problem = error.errors()[0].get("ctx", {}).get("error")
        if not isinstance(problem, Misfit):
            raise
        raise Misfit(f"{role}.{problem.field}", problem.advice) from None
    return Person(name=person.name, email=person.email, bio=person.bio, preferences=preferences)
