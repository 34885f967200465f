"""Which mentorships a command is about: filters by what all of them are, and Temporal's own for everything else."""

from enum import StrEnum
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from cli.terminal import WRONG_INPUT, Status, Verdict, fail
from models.base import Slug
from models.state import Outcome, Stage
from workflows import search_attributes


class WaitedOn(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"
    BOTH = "both"
    NOBODY = "nobody"


StageOption = Annotated[Stage | None, typer.Option("--stage", help="Only those in this stage.")]
StatusOption = Annotated[Status | None, typer.Option("--status", help="Only those with this status.")]
HealthOption = Annotated[Verdict | None, typer.Option("--health", help="Only those whose health is this.")]
ProgramOption = Annotated[
    str | None, typer.Option("--program", metavar="NAME", help="Only those of this program, for example career.")
]
OutcomeOption = Annotated[Outcome | None, typer.Option("--outcome", help="Only those that ended like this.")]
WaitingOption = Annotated[
    WaitedOn | None, typer.Option("--waiting-on", help="Only those where this one was nudged and has not answered.")
]
QueryOption = Annotated[
    str,
    typer.Option(
        "--query",
        metavar="FILTER",
        help="Only those that Temporal finds by this list filter, for example \"TrellisHealth = 'at_risk'\".",
    ),
]


def wanted(
    stage: Stage | None = None,
    status: Status | None = None,
    health: Verdict | None = None,
    program: str | None = None,
    outcome: Outcome | None = None,
    waiting_on: WaitedOn | None = None,
    query: str = "",
) -> str:
    """All that was asked for as one Temporal list filter; empty for all mentorships."""
    if program is not None:
        try:
            TypeAdapter(Slug).validate_python(program)
        except ValidationError:
            fail(f"--program: {program!r} is no program's name", WRONG_INPUT)
    given = (
        (search_attributes.STAGE, stage),
        (search_attributes.STATUS, status),
        (search_attributes.HEALTH, health),
        (search_attributes.PROGRAM, program),
        (search_attributes.OUTCOME, outcome),
        (search_attributes.WAITING_ON, waiting_on),
    )
    return both(*(f"{key.name} = '{value}'" for key, value in given if value is not None), query)


def both(*filters: str) -> str:
    """A filter for what all of these find."""
    some = [one for one in filters if one]
    return some[0] if len(some) == 1 else " AND ".join(f"({one})" if " OR " in one.upper() else one for one in some)
