"""Another mentor for a mentee: a mentorship ends, and another begins in which the mentee goes on.

Two mentorships and not one, since what the first two wrote to each other stays between them: nothing of it is in the
state that the new mentor's pages are made from. The mentee, their preferences and their goals come along.
"""

import uuid
from collections.abc import Callable
from typing import Protocol

from pydantic import Field

from models.acts import Coordinate
from models.answers import ActBase, Goal
from models.base import Line, Model, Note, Role, Slug
from models.commands import EndCommand
from models.export import Export
from models.pages import Overview, PageQuery
from models.people import Person, Start, StartPerson
from models.program import Program
from models.state import Receipt
from workflows.begin import workflow_id
from workflows.client import ENDED, ActRejected, Started


class Replacement(Model):
    """Who comes, and the id of the mentorship in which the mentee goes on. `reason` is for the record, not mailed."""

    id: Slug
    mentor: StartPerson
    shared: tuple[Line, ...] = Field(default=(), max_length=10)
    reason: Note = ""


class Replaceable(Protocol):
    """What is needed of `Mentorships`."""

    async def overview(self, id: str) -> Overview: ...
    async def export(self, id: str, query: PageQuery) -> Export: ...
    async def start(self, start: Start, program: Program, *, goals: tuple[Goal, ...] = ()) -> Started: ...
    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt: ...


async def replace_mentor(
    mentorships: Replaceable, id: str, wanted: Replacement, program: Callable[[str], Program]
) -> Started:
    """Begins the new mentorship, then ends the old one; both people of the old one get a kind closing mail.

    The same again changes nothing and answers the same, so whoever lost the answer sends it again. `program` gives a
    program by its name: the new mentorship runs by the same one. Raises what `Mentorships.start` and `act` raise, and
    ActRejected where the mentorship has ended otherwise.
    """
    overview = await mentorships.overview(id)
    if wanted.id == id:
        raise ActRejected("invalid", "The new mentorship needs an id of its own.", "id")
    if overview.successor == wanted.id:
        return Started(id=wanted.id, workflow_id=workflow_id(wanted.id), already_running=True)
    if overview.outcome is not None:
        raise ActRejected(ENDED, "This mentorship has ended. Start another for the mentee.")
    kept = await mentorships.export(id, PageQuery(role=Role.MENTEE))
    start = Start(
        id=wanted.id, program=overview.program, mentor=wanted.mentor, mentee=_as_started(kept.me), shared=wanted.shared
    )
    started = await mentorships.start(start, program(overview.program), goals=_goals(kept))
    order = EndCommand(reason=wanted.reason, successor=wanted.id)
    once = uuid.uuid5(uuid.NAMESPACE_OID, f"{id}\x1f{wanted.id}").hex
    try:
        await mentorships.act(id, Coordinate(command=order), update_id=once)
    except ActRejected as rejected:
        # It came to its own end a moment ago: the mentee goes on all the same.
        if rejected.code != ENDED:
            raise
    return started


def _as_started(person: Person) -> StartPerson:
    own = person.preferences
    return StartPerson(
        name=person.name,
        email=person.email,
        bio=person.bio,
        zone=own.zone,
        language=own.language,
        hours_from=own.hours_from,
        hours_to=own.hours_to,
        days_off=own.days_off,
    )


def _goals(kept: Export) -> tuple[Goal, ...]:
    """Those that stand, else the newest draft, but not what is reached."""
    if kept.goals:
        return tuple(one.goal for one in kept.goals if one.reached_at is None)
    drafts = kept.goal_rounds[-1].changes if kept.goal_rounds else ()
    return tuple(one.after for one in drafts if one.after is not None)
