"""What a mentorship's first run is given. Later runs are given the state itself, a `Mentorship`."""

import operator
from datetime import timedelta

from pydantic import Field, model_validator

from models.answers import Goal
from models.base import Model
from models.people import Start
from models.program import Program

TASK_TIMEOUT = timedelta(seconds=5)
"""How long a worker may take for one step of a workflow. Steps take milliseconds; but a worker that stops or dies may
take one along, and only after this time does another worker get it. Whoever pressed meanwhile is still waiting then:
half of Temporal's default, and of the patience of `workflows.client`."""


class Begin(Model):
    """The pair as the platform hands it over, and the program it will keep.

    `webhooks`: whether the platform wants to hear of it. A workflow can't read settings, so whoever starts it says so.
    `goals`: what the mentee brings along from a mentorship with another mentor.
    """

    start: Start
    program: Program
    webhooks: bool = Field(default=False, exclude_if=operator.not_)
    goals: tuple[Goal, ...] = Field(default=(), exclude_if=operator.not_)

    @model_validator(mode="after")
    def _belong_together(self) -> "Begin":
        if self.start.program != self.program.name:
            raise ValueError(f"the start names program {self.start.program!r}, but this is {self.program.name!r}")
        return self


def workflow_id(mentorship: str) -> str:
    """The workflow that carries the mentorship with this id of the platform's."""
    return f"mentorship/{mentorship}"
