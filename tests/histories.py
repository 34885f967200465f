"""Reading a workflow's event history as a test wants to speak of it."""

from collections import Counter

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from workflows.begin import workflow_id


async def history(client: Client, id: str, run: str | None = None) -> WorkflowHistory:
    """The history of one run, the latest unless told."""
    return await client.get_workflow_handle(workflow_id(id), run_id=run).fetch_history()


async def events(client: Client, id: str, run: str | None = None) -> Counter[str]:
    """How many events of each type a run has, by names such as `TIMER_STARTED`."""
    found = (await history(client, id, run)).events
    return Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in found)


async def run_id(client: Client, id: str) -> str:
    """The latest run."""
    return (await client.get_workflow_handle(workflow_id(id)).describe()).run_id
