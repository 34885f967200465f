"""Mentorships in the middle of their lives, on a real server: stories that were told up to now, and are carried on."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from tests.builders import Story, a_program, a_start
from tests.recorded_mail import RecordedMail
from workflows import fingerprints, search_attributes
from workflows.begin import workflow_id
from workflows.client import Mentorships
from workflows.mentorship import MentorshipWorkflow

NAMES = ("Mara", "Theo", "example.com")
"""What is personal about each pair."""


def told(id: str, program: str, days_ago: float) -> Story:
    """A story that began so many days ago, in a program of its own name, and in which nothing has been told yet."""
    began = datetime.now(UTC) - timedelta(days=days_ago)
    return Story(a_program(name=program), a_start("UTC", "UTC", id=id, program=program), began)


async def carry_on(client: Client, story: Story, task_queue: str = RecordedMail.TASK_QUEUE) -> None:
    """The workflow takes the story over where it stands."""
    story.until(datetime.now(UTC))
    m = story.m
    await client.start_workflow(
        MentorshipWorkflow.run,
        m,
        id=workflow_id(m.id),
        task_queue=task_queue,
        search_attributes=search_attributes.at_start(m.program),
        memo={fingerprints.STARTED_AT: m.started_at},
    )


async def listed(client: Client, filter: str, number: int) -> None:
    """Waits until the server's list knows of so many."""
    for _ in range(300):
        if await Mentorships(client).count(filter) == number:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{number} are not listed by {filter}")
