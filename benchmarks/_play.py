"""Playing a pair's acts against a workflow on a real server, with nothing around it but a list for the mail."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from benchmarks._pair import BEGINS, Script
from models.mail import Delivery, Letter, SendResult
from models.pages import Ended
from worker import runner
from workflows import search_attributes
from workflows.begin import Begin, workflow_id
from workflows.client import Mentorships
from workflows.time_skipping import MARGIN, current_time, idle, skip_by

TASK_QUEUE = "benchmark"
LONGER_THAN_ANY_REST = timedelta(days=400)


class Letters:
    """In place of the mail activity: keeps letters as they are, unrendered. Only the engine is measured."""

    def __init__(self) -> None:
        self.got: list[Letter] = []

    @activity.defn(name="deliver")
    async def deliver(self, delivery: Delivery) -> list[SendResult]:
        """Takes all letters of one wake."""
        self.got += delivery.letters
        return [SendResult(letter=letter.id, result="sent") for letter in delivery.letters]


async def play(client: Client, workflow: type[Any], script: Script) -> WorkflowHandle[Any, Any]:
    """One mentorship from start to end. Raises RuntimeError if its mails or its end are not those of the script.

    Nothing but a start, updates and the skipping of time reaches the server: no query, no signal.
    """
    letters = Letters()
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[workflow],
        activities=[letters.deliver],
        workflow_runner=runner(),
    )
    async with worker:
        await client.start_workflow(
            workflow.run,
            Begin(start=script.start, program=script.program),
            id=workflow_id(script.start.id),
            task_queue=TASK_QUEUE,
            search_attributes=search_attributes.at_start(script.program),
            start_delay=BEGINS - datetime.now(UTC),
        )
        mentorships = Mentorships(client)
        for deed in script.deeds:
            await _wait_until(client, script.start.id, deed.at)
            await mentorships.act(script.start.id, deed.act, update_id=deed.id)
        # A clock can't be moved while the workflow is about to end: wait until it rests, or has ended.
        while await idle(client, script.start.id) is not None:
            await skip_by(client, script.start.id, LONGER_THAN_ANY_REST)
        handle = client.get_workflow_handle(workflow_id(script.start.id), result_type=Ended)
        ended: Ended = await handle.result()
    _compare(script, letters.got, ended)
    return handle


async def _wait_until(client: Client, id: str, at: datetime) -> None:
    await skip_by(client, id, at + MARGIN - await current_time(client, id))


def _compare(script: Script, got: list[Letter], ended: Ended) -> None:
    """A benchmark of something that does not work would be worthless."""
    expected, found = Counter(map(_told, script.letters)), Counter(map(_told, got))
    if expected != found or ended.outcome != script.outcome:
        raise RuntimeError(
            f"Ended as {ended.outcome} instead of {script.outcome}; "
            f"mails missing: {dict(expected - found)}, mails too many: {dict(found - expected)}"
        )


def _told(letter: Letter) -> tuple[str, ...]:
    return letter.to.role, *(item.key for item in letter.items)
